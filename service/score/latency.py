"""Latency of one candidate: mean, median, p95 and p99 with intervals, flags, and the ratio of two candidates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from service.domain.comparisons import Verdict
from service.domain.estimates import Estimate, undefined
from service.domain.measurements import LatencySummary
from service.score.flags import drift, outlier_flags, warm_up
from service.score.intervals import mean_estimate
from service.score.paired import paired_difference
from service.score.quantiles import Percentile, minimum_n, percentile
from service.score.samples import present, prompt_means

SHOWN_FROM: Final = {0.95: 20, 0.99: 300}
"""Samples below which a percentile is not shown at all: a p95 of ten is the slowest answer under another name."""


def summarise(
    *,
    samples: Sequence[Sequence[float]],
    order: Sequence[Sequence[int]] | None = None,
    confidence: float = 0.95,
) -> LatencySummary:
    """Summarise the timed answers of one candidate.

    Parameters
    ----------
    samples
        Per prompt its latencies in seconds, in order of measurement; a prompt without any is an empty tuple. Warm-up
        requests are not among them.
    order
        Position of each sample in the whole run, in the same shape, where it is known; without it there is no test for
        warm-up, because places within a prompt do not tell which prompt came first.

    Returns
    -------
    LatencySummary
        In seconds. `mean` is over prompts with a t interval (its `n` counts prompts); percentiles are over all samples
        (their `n` counts samples), with an interval at the effective sample size. A p95 is undefined below 20 samples
        and a p99 below 300: the reason then reads ``insufficient: n of m``. Without data everything is undefined. With
        all samples equal the intervals have width 0. The order of prompts changes nothing.

    Raises
    ------
    ValueError
        If a latency is not a finite number above 0, or `order` has another shape.

    Notes
    -----
    Outliers are counted on the logarithms and stay in every figure. `drift` is a sentence on what was found.

    Examples
    --------
    >>> summary = summarise(samples=[(1.0 + i / 100, 1.1 + i / 100, 1.05 + i / 100) for i in range(100)])
    >>> round(summary.p95.value, 2), summary.provisional, summary.p99.value is not None
    (2.0, False, True)
    >>> summarise(samples=[(1.0, 1.2), (1.5, 1.4)]).p95.reason
    'insufficient: 4 of 20'
    """
    groups = [present(values=group, name="samples") for group in samples]
    values = sorted(value for group in groups for value in group)
    if values and values[0] <= 0:
        msg = f"a latency is above 0 s, and {values[0]} is not; a missing one is left out"
        raise ValueError(msg)
    p50, p95, p99 = (_shown(samples=groups, p=p, confidence=confidence) for p in (0.5, 0.95, 0.99))
    effective = p95.effective_n
    return LatencySummary(
        mean=mean_estimate(by_prompt=prompt_means(samples=groups), confidence=confidence),
        p50=p50.estimate,
        p95=p95.estimate,
        p99=p99.estimate,
        minimum=values[0] if values else None,
        maximum=values[-1] if values else None,
        n=len(values),
        effective_n=effective,
        provisional=p95.estimate.value is not None
        and effective is not None
        and effective < minimum_n(p=0.95, confidence=confidence),
        outliers=sum(outlier_flags(values=[math.log(value) for value in values])),
        drift=_changed(samples=groups, order=order),
    )


def _shown(*, samples: Sequence[Sequence[float]], p: float, confidence: float) -> Percentile:
    found = percentile(samples=samples, p=p, confidence=confidence)
    n, need = sum(len(group) for group in samples), SHOWN_FROM.get(p, 1)
    if n >= need:
        return found
    reason = f"insufficient: {n} of {need}" if n else "no data"
    return Percentile(
        estimate=undefined(reason, n=n), design_effect=found.design_effect, effective_n=found.effective_n
    )


def _changed(*, samples: Sequence[Sequence[float]], order: Sequence[Sequence[int]] | None) -> str | None:
    found = []
    trend = drift(samples=samples)
    if trend.flagged and trend.size is not None and trend.p_value is not None:
        direction = "rose" if trend.size > 0 else "fell"
        found.append(f"latency {direction} during the run (tau {trend.size:+.2f}, p {trend.p_value:.1g})")
    if order is None:
        return "; ".join(found) or None
    start = warm_up(values=_in_order(samples=samples, order=order))
    if start.flagged and start.size is not None and start.p_value is not None:
        found.append(f"the first third took {start.size:.2f} times the last third (p {start.p_value:.1g})")
    return "; ".join(found) or None


def _in_order(*, samples: Sequence[Sequence[float]], order: Sequence[Sequence[int]]) -> list[float]:
    """Put the samples in the order of the run, each relative to its prompt where that was measured repeatedly."""
    if [len(group) for group in order] != [len(group) for group in samples]:
        msg = "order must name one position for every sample"
        raise ValueError(msg)
    repeated = all(len(group) != 1 for group in samples)
    middles = [median(group) if repeated and group else 1.0 for group in samples]
    relative = [
        (place, value / middle)
        for group, where, middle in zip(samples, order, middles, strict=True)
        for place, value in zip(where, group, strict=True)
    ]
    return [value for _, value in sorted(relative, key=lambda pair: pair[0])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """One candidate's latency over another's.

    Attributes
    ----------
    ratio
        Geometric mean over the common prompts with its interval; .8 is a fifth faster.
    verdict
        On the first candidate, faster being better.
    """

    ratio: Estimate
    verdict: Verdict
    p_value: float | None


def latency_ratio(
    *,
    a: Sequence[Sequence[float]],
    b: Sequence[Sequence[float]],
    tolerance: float = 0.05,
    confidence: float = 0.95,
) -> Ratio:
    """Compare two candidates' latencies prompt by prompt, as a ratio.

    Parameters
    ----------
    a, b
        Per prompt the samples in seconds, prompts in the same order. A prompt without samples on either side is left
        out. For rates, where more is better, give them the other way round.
    tolerance
        A ratio between ``1 / (1 + tolerance)`` and ``1 + tolerance`` does not matter.

    Returns
    -------
    Ratio
        Undefined without a common prompt, without interval for one. The result does not depend on which candidate is
        taken as the reference: swapped, it is the reciprocal.

    Raises
    ------
    ValueError
        If the numbers of prompts differ, a latency is not above 0, or the tolerance is negative.

    Notes
    -----
    Paired t interval on the logarithms of the prompts' geometric means.

    References
    ----------
    .. [1] Fleming and Wallace (1986), Communications of the ACM 29, 218-221: normalised results need the geometric mean.

    Examples
    --------
    >>> found = latency_ratio(a=[(1.0,), (2.0,), (4.1,)], b=[(2.0,), (4.0,), (8.0,)])
    >>> found.verdict, round(found.ratio.value, 2)
    ('better', 0.5)
    """
    if tolerance < 0:
        msg = f"a tolerance is at least 0, not {tolerance}"
        raise ValueError(msg)
    if any(value <= 0 for side in (a, b) for group in side for value in group):
        msg = "a ratio of latencies needs every one to be above 0 s"
        raise ValueError(msg)
    first, second = (
        prompt_means(samples=[[math.log(value) for value in group] for group in side]) for side in (a, b)
    )
    # b minus a: a higher difference is a faster first candidate
    found = paired_difference(
        a=second, b=first, epsilon=math.log1p(tolerance), confidence=confidence, step=0.0
    )
    logs = found.difference
    ratio = Estimate(
        value=None if logs.value is None else math.exp(-logs.value),
        low=None if logs.high is None else math.exp(-logs.high),
        high=None if logs.low is None else math.exp(-logs.low),
        n=logs.n,
        reason=logs.reason,
    )
    return Ratio(ratio=ratio, verdict=found.verdict, p_value=found.p_value)
