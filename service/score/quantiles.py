"""Percentiles: type 8 for the value, exact binomial ranks for the interval, a design effect for repeated prompts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import special

from service.domain.estimates import Estimate, undefined
from service.score.samples import present, probability


class Ranks(NamedTuple):
    """Ranks, counted from 1, of the two order statistics around a quantile; ``None`` where none lies far enough out."""

    lower: int | None
    upper: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentile:
    """A percentile with what its interval rests on.

    Attributes
    ----------
    estimate
        In the unit of the samples; `n` counts samples.
    design_effect
        By how much the rounds of a prompt resemble each other where it matters, at least 1; ``None`` without data.
    effective_n
        Samples divided by the design effect.
    """

    estimate: Estimate
    design_effect: float | None
    effective_n: float | None


def quantile(*, values: Sequence[float], p: float) -> float | None:
    """Return the p-quantile, Hyndman and Fan's type 8.

    Type 8 is close to median-unbiased; numpy's default, type 7, reports a p95 of twenty log-normal samples 6 % too low.

    Returns
    -------
    float or None
        In the unit of the values; ``None`` without data; the datum if there is one.

    Raises
    ------
    ValueError
        If `p` is not between 0 and 1 or a value is NaN or infinite.

    References
    ----------
    .. [1] Hyndman and Fan (1996), The American Statistician 50, 361-365.

    Examples
    --------
    >>> round(quantile(values=range(1, 21), p=0.95), 2)
    19.65
    """
    probability(p, name="p")
    numbers = present(values=values, name="values")
    return float(np.quantile(numbers, p, method="median_unbiased")) if numbers else None


@lru_cache(maxsize=4096)
def order_statistic_ranks(*, n: int, p: float, confidence: float = 0.95) -> Ranks:
    """Return which two of `n` sorted independent samples enclose the p-quantile.

    Returns
    -------
    Ranks
        The largest lower rank l with ``P(Bin(n, p) <= l - 1) <= (1 - confidence) / 2`` and the smallest upper rank u
        with ``P(Bin(n, p) >= u) <= (1 - confidence) / 2``; ``None`` for an end that too few samples reach.

    Raises
    ------
    ValueError
        If `n` is negative, or `p` or `confidence` is not between 0 and 1.

    Notes
    -----
    Holds for every continuous distribution. Ranks are whole, so it covers a little more than `confidence`: 98.3 % for
    a p95 of 100 samples, 96.7 % of 200.

    References
    ----------
    .. [1] Hahn and Meeker (1991), Statistical Intervals, section 5.2.

    Examples
    --------
    >>> order_statistic_ranks(n=100, p=0.95)
    Ranks(lower=90, upper=100)
    >>> order_statistic_ranks(n=20, p=0.95)
    Ranks(lower=17, upper=None)
    """
    if n < 0:
        msg = f"there cannot be {n} samples"
        raise ValueError(msg)
    probability(p, name="p")
    tail = (1 - probability(confidence, name="confidence")) / 2
    tail += 1e-12  # a chance that equals the tail but for rounding is small enough
    if n == 0:
        return Ranks(lower=None, upper=None)
    below = _binomial_quantile(tail, n, p)
    lower = below + 1 if special.bdtr(below, n, p) <= tail else below
    above = _binomial_quantile(1 - tail, n, p) + 1
    return Ranks(lower=lower if lower >= 1 else None, upper=above if above <= n else None)


def _binomial_quantile(q: float, n: int, p: float) -> int:
    """Return the smallest count with a chance of at least `q` up to it."""
    count = min(n, max(0, math.ceil(special.bdtrik(q, n, p))))
    while count > 0 and special.bdtr(count - 1, n, p) >= q:
        count -= 1
    while special.bdtr(count, n, p) < q:
        count += 1
    return count


def minimum_n(*, p: float, confidence: float = 0.95, sides: int = 1) -> int:
    """Return how many independent samples it takes until the p-quantile has finite bounds.

    Parameters
    ----------
    sides
        1: the largest sample is an upper bound with this confidence (59 for a p95, 299 for a p99). 2: both ends of
        `order_statistic_ranks` exist (72 for a p95). This is not the tolerance interval's 93, which answers another
        question: between which two samples 95 % of all values lie.

    Raises
    ------
    ValueError
        If `p` or `confidence` is not between 0 and 1, or `sides` is neither 1 nor 2.

    References
    ----------
    .. [1] Wilks (1941), Annals of Mathematical Statistics 12, 91-96.

    Examples
    --------
    >>> minimum_n(p=0.95), minimum_n(p=0.99), minimum_n(p=0.95, sides=2)
    (59, 299, 72)
    """
    probability(p, name="p")
    probability(confidence, name="confidence")
    if sides not in {1, 2}:
        msg = f"an interval has one or two sides, not {sides}"
        raise ValueError(msg)
    tail = (1 - confidence) / sides
    base = p if sides == 1 else max(p, 1 - p)
    return max(1, math.ceil(math.log(tail) / math.log(base) - 1e-9))


def design_effect(*, samples: Sequence[Sequence[float]], p: float) -> float | None:
    """Return by how much repeated prompts inflate the variance of a p-quantile.

    Parameters
    ----------
    samples
        Per prompt its samples, in any unit.

    Returns
    -------
    float or None
        Variance of the share of samples above the quantile when prompts are drawn whole, over what it were if all were
        independent; at least 1, and 1 with one sample per prompt. A single prompt is a single unit however often it was
        repeated. ``None`` without data.

    Raises
    ------
    ValueError
        If `p` is not between 0 and 1 or a value is NaN or infinite.

    Examples
    --------
    >>> samples = [(1.0, 1.1, 1.2)] * 19 + [(9.0, 9.1, 9.2)]
    >>> round(design_effect(samples=samples, p=0.95), 2)
    3.0
    """
    groups = [present(values=group, name="samples") for group in samples]
    limit = quantile(values=[value for group in groups for value in group], p=p)
    return None if limit is None else _design_effect([group for group in groups if group], limit=limit)


def _design_effect(groups: Sequence[Sequence[float]], *, limit: float) -> float:
    n, prompts = sum(map(len, groups)), len(groups)
    if prompts == 1:
        return float(n)
    above = [sum([value > limit for value in group]) for group in groups]
    share = sum(above) / n
    if share == 0:
        return 1.0
    between = math.fsum([(k - len(group) * share) ** 2 for k, group in zip(above, groups, strict=True)])
    # rounded, so that independent samples count in full: 100 of them are not 99.99999999999997
    return max(1.0, round(between / (n * share * (1 - share)), 9))


def percentile(*, samples: Sequence[Sequence[float]], p: float, confidence: float = 0.95) -> Percentile:
    """Return a percentile over all samples, with an interval that knows that rounds of a prompt are alike.

    Parameters
    ----------
    samples
        Per prompt its samples, in any unit.

    Returns
    -------
    Percentile
        Undefined without data. With too few effective samples for an end of the interval that end is ``None``, and
        the reason says how many it takes. All equal: an interval of width 0. The order of prompts changes nothing.

    Raises
    ------
    ValueError
        If `p` or `confidence` is not between 0 and 1, or a value is NaN or infinite.

    Notes
    -----
    Exact binomial ranks at the effective number of samples (rounded down), mapped back to the samples in proportion,
    after Woodruff (1952). Without it a p95 of 200 prompts in 3 rounds that correlate by .9 is covered 83 % of the time.

    Examples
    --------
    >>> found = percentile(samples=[(float(i),) for i in range(1, 101)], p=0.95)
    >>> round(found.estimate.value, 2), found.estimate.low, found.estimate.high, found.effective_n
    (95.65, 90.0, 100.0, 100.0)
    """
    probability(confidence, name="confidence")
    groups = [present(values=group, name="samples") for group in samples]
    ordered = sorted([value for group in groups for value in group])
    n = len(ordered)
    value = quantile(values=ordered, p=p)
    if value is None:
        return Percentile(estimate=undefined("no data"), design_effect=None, effective_n=None)
    effect = _design_effect([group for group in groups if group], limit=value)
    effective = n / effect
    units = max(1, math.floor(effective + 1e-9))
    ranks = order_statistic_ranks(n=units, p=p, confidence=confidence)
    low, high = (
        None if rank is None else ordered[min(n, max(1, round(rank * n / units))) - 1] for rank in ranks
    )
    need = minimum_n(p=p, confidence=confidence, sides=2)
    whole = low is not None and high is not None
    return Percentile(
        estimate=Estimate(
            value=value,
            low=None if low is None else min(low, value),
            high=None if high is None else max(high, value),
            n=n,
            reason=None if whole else f"interval insufficient: {units} of {need} effective samples",
        ),
        design_effect=effect,
        effective_n=effective,
    )
