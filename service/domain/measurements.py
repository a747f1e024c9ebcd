"""What step 3 hands to step 4: each candidate's measurements, summarised, with the samples the draws need."""

from dataclasses import dataclass

from service.domain.estimates import Estimate
from service.domain.selection import LicenceTerms

UNMEASURED = Estimate(value=None, low=None, high=None, n=0, reason="nothing was measured")


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetScore:
    """One facet of one candidate.

    Attributes
    ----------
    by_prompt
        Mean score per prompt in the order of `CandidateScores.prompts`; ``None`` where nothing was scored.
    scored, expected
        Answers with a verdict and answers that should have one. Unscored is neither 0 nor dropped: it is shown.
    decides
        Whether the facet counts in quality; ``False`` when the judge is barred from it (`note` says why).
    disagreement
        Mean distance of the highest from the lowest vote, in levels, over answers that several judges graded; ``None``
        where none were.
    unscored
        Prompts whose answers are not scored on the facet, since they name others: nothing is missing there.
    """

    facet: str
    weight: float
    estimate: Estimate
    by_prompt: tuple[float | None, ...]
    scored: int
    expected: int
    decides: bool
    note: str | None = None
    disagreement: float | None = None
    unscored: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencySummary:
    """Latency of one candidate in seconds, over all timed answers.

    `effective_n` is the sample size after the design effect of repeated prompts; `provisional` marks a p95 that rests
    on fewer than 59 effective samples.
    """

    mean: Estimate
    p50: Estimate
    p95: Estimate
    p99: Estimate
    minimum: float | None
    maximum: float | None
    n: int
    effective_n: float | None
    provisional: bool
    outliers: int = 0
    drift: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateScores:
    """All that is known of one candidate; the unit of replication is the prompt.

    Attributes
    ----------
    prompts
        Prompt ids, in the order of every ``…by_prompt`` tuple; the same for all candidates of an evaluation.
    quality_by_prompt
        Weighted mean of the deciding facets, 1 to 5; ``None`` where a deciding facet is missing.
    latency_by_prompt
        Timed latencies in seconds, per prompt, in order of measurement.
    memory, memory_peak, disk
        Bytes; over several loads the highest.
    first_visible
        Median time to the first text that is not reasoning.
    server_reported
        Median of each figure that the server sent along with its answers, under its own name and in its own unit.
    spared
        Prompts not judged since that could not have changed the choice: a fair sample was, so nothing is missing.
    """

    candidate: str
    model: str
    prompts: tuple[str, ...]
    facets: tuple[FacetScore, ...]
    quality: Estimate
    quality_by_prompt: tuple[float | None, ...]
    latency: LatencySummary
    latency_by_prompt: tuple[tuple[float, ...], ...]
    first_token: Estimate
    decode_rate: Estimate
    end_to_end_rate: Estimate
    workshop_rate: Estimate
    memory: Estimate
    memory_peak: Estimate
    disk: Estimate
    licence: LicenceTerms
    context: int | None
    answered: int
    failed: int
    expected: int
    loads: int
    load_seconds: Estimate
    cold_first_token: Estimate
    first_token_by_prompt: tuple[tuple[float, ...], ...] = ()
    end_to_end_rate_by_prompt: tuple[tuple[float, ...], ...] = ()
    truncated: int = 0
    first_visible: Estimate = UNMEASURED
    server_reported: tuple[tuple[str, Estimate], ...] = ()
    spared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How much the quality of one candidate rests on, and what could have been seen.

    Attributes
    ----------
    scored, prompts
        Prompts that have a quality score, of all that were to be judged.
    worst, best
        The quality if every missing score were the lowest, and the highest, of the scale.
    against
        The candidate that comes first, which the next two are about; ``None`` for the first itself.
    difference
        Quality minus that of `against`, paired over the prompts that both have.
    minimum_detectable
        The smallest true difference, in points, that these prompts would show four times in five.
    """

    candidate: str
    scored: int
    prompts: int
    worst: Estimate
    best: Estimate
    against: str | None = None
    difference: Estimate | None = None
    minimum_detectable: float | None = None
