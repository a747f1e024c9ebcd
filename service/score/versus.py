"""Two candidates' scores on the same prompts, figure by figure: quality, facets, answers given, times, memory, disk."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from service.domain.comparisons import Compared, Terms, Verdict
from service.domain.estimates import Estimate, undefined
from service.domain.measurements import CandidateScores
from service.domain.units import Unit
from service.score.combined import combined_difference
from service.score.effects import compared, logarithm, raised, unknown
from service.score.intervals import share_estimate
from service.score.paired import paired_difference
from service.score.samples import mean, present, prompt_means
from service.score.summary import quality_of

ANSWERED_MARGIN: Final = 0.05
MEMORY_MARGIN: Final = 0.1
"""Least margin of memory: a process that does the same twice does not weigh the same twice."""


def versus(
    *, candidate: CandidateScores, against: CandidateScores, terms: Terms, unlike: str | None = None
) -> tuple[Compared, ...]:
    """Compare two candidates figure by figure, each for itself.

    Parameters
    ----------
    unlike
        Why scores of the two sides do not mean the same (another judge): they are then left undefined.

    Returns
    -------
    tuple of Compared
        Quality over the facets that decide on both sides, each facet, answers given, latency and rates as ratios, memory
        and disk. A figure that is missing on one side is ``inconclusive`` with the reason.

    Raises
    ------
    ValueError
        If the two were not asked the same prompts.

    Notes
    -----
    Points: paired t interval of the differences per prompt. Times and rates: the same on logarithms, so that the result
    does not depend on which side is the reference. p95 and the share answered: the two sides' own intervals combined.
    Memory and disk: ranges over loads, which are no confidence intervals and take no part in Holm.
    """
    if candidate.prompts != against.prompts:
        msg = "a comparison needs the same prompts on both sides"
        raise ValueError(msg)
    return (
        *_scores(candidate, against, terms, unlike),
        _answered(candidate, against, terms),
        _sampled("latency", "seconds", candidate, against, terms, lambda one: one.latency_by_prompt),
        _tail(candidate, against, terms),
        _sampled("first_token", "seconds", candidate, against, terms, lambda one: one.first_token_by_prompt),
        _sampled("throughput", "rate", candidate, against, terms, lambda one: one.end_to_end_rate_by_prompt),
        _weighed("memory", candidate.memory, against.memory, max(terms.tolerance, MEMORY_MARGIN)),
        _weighed("disk", candidate.disk, against.disk, terms.tolerance),
    )


def _scores(
    candidate: CandidateScores, against: CandidateScores, terms: Terms, unlike: str | None
) -> Iterator[Compared]:
    others = {facet.facet: facet for facet in against.facets}
    both = [(facet, others[facet.facet]) for facet in candidate.facets if facet.facet in others]
    counted = [(a, b) for a, b in both if a.weight > 0]
    deciding = [(a, b) for a, b in counted if a.decides and b.decides]
    left_out = [a.facet for a, b in counted if (a, b) not in deciding]
    reason = unlike or (None if deciding else "no facet may decide on both sides")
    first, second = ([pair[side] for pair in deciding] for side in (0, 1))
    note = f"without {', '.join(left_out)}: the judge is barred" if left_out else None
    ours, theirs = (quality_of(side, candidate.prompts) for side in (first, second))
    yield _points("quality", ours, theirs, terms, reason, note)
    for a, b in both:
        barred = a.note if not a.decides else b.note
        yield _points(f"facet:{a.facet}", a.by_prompt, b.by_prompt, terms, unlike or barred, None)


def _points(
    figure: str,
    a: Sequence[float | None],
    b: Sequence[float | None],
    terms: Terms,
    reason: str | None,
    note: str | None,
) -> Compared:
    shown = (_mean(a), _mean(b))
    if reason is not None:
        return unknown(figure, "points", shown, "difference", terms.margin, reason)
    found = paired_difference(a=a, b=b, epsilon=terms.margin, confidence=terms.confidence, power=terms.power)
    return compared(figure, "points", shown, "difference", terms.margin, found.difference, found, note)


def _answered(candidate: CandidateScores, against: CandidateScores, terms: Terms) -> Compared:
    shares = [
        share_estimate(successes=side.answered, n=side.expected, confidence=terms.confidence)
        if side.expected
        else undefined("nothing was asked")
        for side in (candidate, against)
    ]
    found = combined_difference(a=shares[0], b=shares[1], confidence=terms.confidence, power=terms.power)
    shown = (shares[0].value, shares[1].value)
    return compared("answered", "share", shown, "difference", ANSWERED_MARGIN, found.difference, found, None)


def _sampled(
    figure: str,
    unit: Unit,
    candidate: CandidateScores,
    against: CandidateScores,
    terms: Terms,
    samples: Callable[[CandidateScores], Sequence[Sequence[float]]],
) -> Compared:
    """Compare geometric means prompt by prompt, turned so that more is better."""
    a, b = (
        prompt_means(samples=[[math.log(value) for value in group] for group in samples(side)])
        for side in (candidate, against)
    )
    shown = (raised(_mean(a)), raised(_mean(b)))
    if len(a) != len(b):
        return unknown(figure, unit, shown, "ratio", terms.tolerance, "it was measured on one side only")
    first, second = (a, b) if unit == "rate" else (b, a)
    found = paired_difference(
        a=first,
        b=second,
        epsilon=math.log1p(terms.tolerance),
        confidence=terms.confidence,
        power=terms.power,
        step=0.0,
    )
    return compared(figure, unit, shown, "ratio", terms.tolerance, found.difference, found, None)


def _tail(candidate: CandidateScores, against: CandidateScores, terms: Terms) -> Compared:
    sides = (candidate.latency.p95, against.latency.p95)
    a, b = (logarithm(side) for side in sides)
    found = combined_difference(a=b, b=a, confidence=terms.confidence, power=terms.power)
    shown = (sides[0].value, sides[1].value)
    return compared("latency_p95", "seconds", shown, "ratio", terms.tolerance, found.difference, found, None)


def _weighed(figure: str, a: Estimate, b: Estimate, margin: float) -> Compared:
    """Compare worst loads; the verdict needs every load of one side beyond every load of the other."""
    shown = (a.value, b.value)
    if not a.value or not b.value:
        return unknown(figure, "bytes", shown, "ratio", margin, a.reason or b.reason or "it was not measured")
    low = (a.low or a.value) / (b.high or b.value)
    high = (a.high or a.value) / (b.low or b.value)
    several = a.low is not None and b.low is not None
    effect = Estimate(
        value=a.value / b.value,
        low=low if several else None,
        high=high if several else None,
        n=min(a.n, b.n),
        reason=None if several else "one load has no interval",
    )
    if low > 1 + margin:
        verdict: Verdict = "worse"
    elif high < 1 / (1 + margin):
        verdict = "better"
    else:
        verdict = "equivalent" if low >= 1 / (1 + margin) and high <= 1 + margin else "inconclusive"
    note = "range over loads, no confidence interval" if figure == "memory" else None
    return Compared(
        figure=figure,
        unit="bytes",
        candidate=a.value,
        against=b.value,
        kind="ratio",
        effect=effect,
        margin=margin,
        verdict=verdict,
        note=note,
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = present(values=values, name="values")
    return mean(known) if known else None
