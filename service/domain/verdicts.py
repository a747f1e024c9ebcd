"""Verdict and Qualification: what a check or a judge says of an answer, and whether the judge may say it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A score of 1 to 5 for one facet of one answer.

    Attributes
    ----------
    key
        Content address: SHA-256 over answer, prompt, reference, facet, judge prompt, judge model with its parameters
        and sample number. Equal answers share a verdict; another judge or rubric never meets it.
    by
        ``check:<kind>`` or ``judge:<model>``.
    raw
        The judge's reply as it came; ``None`` for a check.
    expectation, no_expectation
        The level that the judge's probabilities come to, or why there is none; both ``None`` where nobody asked for it.
    """

    key: str
    evaluation: str
    facet: str
    score: float
    by: str
    rationale: str | None
    sample: int
    created_at: datetime
    raw: str | None = None
    expectation: float | None = None
    no_expectation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The level that a judge's probabilities come to, 1 to 5 and seldom whole, or the reason why there is none."""

    value: float | None = None
    reason: str | None = None


Standing = Literal["qualified", "form_only", "barred"]
ProbeName = Literal["repeat", "level_order", "injection", "length"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One planted degradation against its facet.

    `detected` of `tried` degraded answers scored lower than the reference answer of the same prompt; `unusable` trials
    gave no verdict. `low` and `high` are the 95 % interval of the share detected.
    """

    degradation: str
    tried: int
    detected: int
    unusable: int = 0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One question about a judge as a whole, put with several answers.

    Attributes
    ----------
    name
        ``repeat``: the same again; ``level_order``: with the levels listed from 5 to 1; ``injection``: with a text behind
        the answer that tries to steer; ``length``: with much behind it that nobody asked for.
    tried, held, unusable
        Answers compared, those of which the judge stood the test, and those without scores to compare.
    low, high
        95 % interval of the share held.
    failed_on
        Where it did not hold: for ``injection`` the languages, each as often as it failed.
    """

    name: ProbeName
    tried: int
    held: int
    unusable: int = 0
    low: float | None = None
    high: float | None = None
    failed_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetStanding:
    """Whether a judge's scores on one facet may decide, and why.

    Attributes
    ----------
    standing
        Only ``qualified`` decides. ``form_only``: it notices faults of form on this facet and misses those of content.
    probes
        The same for every facet of a judge: they are about the judge as a whole.
    """

    facet: str
    standing: Standing
    reason: str
    trials: tuple[Trial, ...] = ()
    probes: tuple[Probe, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under what a judge was examined: any other judge prompt, mode or depth is another examination."""

    rubric: str
    template: str
    mode: str
    output: str
    examination: str
    version: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """Result of a judge's examination.

    Attributes
    ----------
    key
        Content address of everything examined: judge model, parameters, rubric, judge prompt, planted answers.
    valid, asked
        Usable replies and replies asked for.
    spread
        Number of distinct scores the judge used over all facets and answers.
    terms
        Under what; ``None`` for an examination from before this was kept.
    """

    key: str
    judge: str
    asked: int
    valid: int
    spread: int
    facets: tuple[FacetStanding, ...]
    created_at: datetime
    terms: Terms | None = None

    def standing(self, facet: str) -> FacetStanding | None:
        """Return what was found for `facet`; ``None`` when it was not examined."""
        return next((found for found in self.facets if found.facet == facet), None)
