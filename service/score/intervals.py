"""Intervals of a mean and of a share, with the prompt as the unit.

Scores on a bounded scale have their own interval in `service.score.means`, percentiles theirs in
`service.score.quantiles`; the small functions of those modules can be had from here too.
"""

import math
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from service.domain.estimates import Estimate, undefined
from service.score.flags import modified_z
from service.score.power import minimum_detectable_effect, prompts_needed
from service.score.quantiles import minimum_n, order_statistic_ranks, quantile
from service.score.samples import clustered, mean, paired, present, probability, variance
from service.score.tails import t_beyond, z_beyond

__all__ = [
    "Interval",
    "clustered_standard_error",
    "mean_estimate",
    "minimum_detectable_effect",
    "minimum_n",
    "modified_z",
    "order_statistic_ranks",
    "paired_standard_error",
    "prompts_needed",
    "quantile",
    "share_estimate",
    "wilson_interval",
]


class Interval(NamedTuple):
    """Two ends, in the unit of the quantity."""

    low: float
    high: float


def wilson_interval(*, successes: int, n: int, confidence: float = 0.95) -> Interval:
    """Return the score interval of a share.

    Parameters
    ----------
    successes, n
        How many of how many independent trials succeeded.

    Returns
    -------
    Interval
        Within [0, 1], and never of width 0: 0 of 20 and 20 of 20 have honest ends too. Without any trial it is
        (0, 1), which is all that is known then.

    Raises
    ------
    ValueError
        If successes are not between 0 and n.

    References
    ----------
    .. [1] Wilson (1927), JASA 22, 209-212.
    .. [2] Newcombe (1998), Statistics in Medicine 17, 857-872, method 3.

    Examples
    --------
    >>> low, high = wilson_interval(successes=81, n=263)
    >>> round(low, 4), round(high, 4)
    (0.2553, 0.3662)
    """
    if not 0 <= successes <= n:
        msg = f"{successes} successes of {n} trials cannot be"
        raise ValueError(msg)
    probability(confidence, name="confidence")
    if n == 0:
        return Interval(low=0.0, high=1.0)
    z = z_beyond((1 - confidence) / 2)
    share = successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(low=low, high=high)


def share_estimate(*, successes: int, n: int, confidence: float = 0.95) -> Estimate:
    """Return a share, such as an error rate, with its Wilson interval; undefined without any trial.

    Raises
    ------
    ValueError
        If successes are not between 0 and n.

    Examples
    --------
    >>> share_estimate(successes=0, n=20).value
    0.0
    >>> share_estimate(successes=0, n=0).reason
    'no data'
    """
    low, high = wilson_interval(successes=successes, n=n, confidence=confidence)
    if n == 0:
        return undefined("no data")
    return Estimate(value=successes / n, low=low, high=high, n=n)


def clustered_standard_error(*, values: Sequence[float], clusters: Sequence[Hashable]) -> float | None:
    """Return the standard error of the mean over all values when values of one cluster go together.

    Parameters
    ----------
    values
        One per answer, in any unit, none missing.
    clusters
        To which prompt (or family of prompts) each value belongs.

    Returns
    -------
    float or None
        In the unit of the values, without small-sample correction. ``None`` below two clusters, because one cluster
        says nothing about another; 0.0 when all values are equal.

    Raises
    ------
    ValueError
        If there is not one cluster per value, or a value is NaN or infinite.

    Notes
    -----
    ``SE**2 = sum over clusters of (sum of residuals)**2 / n**2``, which is Miller's equation 4 and the sandwich
    estimator CR0. With equally many rounds it is the standard error of the prompt means.

    References
    ----------
    .. [1] Miller (2024), Adding Error Bars to Evals, arXiv:2411.00640, equation 4.

    Examples
    --------
    >>> round(clustered_standard_error(values=[1, 1, 0, 0], clusters=["p", "p", "q", "q"]), 4)
    0.3536
    """
    numbers = present(values=values, name="values")
    groups = clustered(values=numbers, clusters=clusters)
    if len(groups) < 2:
        return None
    centre = mean(numbers)
    return math.sqrt(math.fsum(math.fsum(v - centre for v in group) ** 2 for group in groups)) / len(numbers)


def paired_standard_error(*, a: Sequence[float | None], b: Sequence[float | None]) -> float | None:
    """Return the standard error of the mean difference of two candidates on the same prompts.

    Parameters
    ----------
    a, b
        One value per prompt, in the same order; a prompt missing on either side is left out.

    Returns
    -------
    float or None
        ``sd(a - b) / sqrt(n)``; ``None`` below two common prompts.

    Raises
    ------
    ValueError
        If the lengths differ, or a value is NaN or infinite.

    References
    ----------
    .. [1] Miller (2024), Adding Error Bars to Evals, arXiv:2411.00640, section 4.

    Examples
    --------
    >>> paired_standard_error(a=[4, 3, 5], b=[3, 3, 3])
    0.5773502691896257
    """
    differences = [x - y for x, y in paired(a=a, b=b)]
    if len(differences) < 2:
        return None
    return math.sqrt(variance(differences) / len(differences))


def mean_estimate(
    *,
    by_prompt: Sequence[float | None],
    families: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return the mean over prompts with its t interval, for unbounded quantities such as seconds or tokens a second.

    Parameters
    ----------
    by_prompt
        One mean per prompt, in any unit; ``None`` where it is missing.
    families
        Where prompts are written from templates: the template of each prompt. It becomes the cluster, and the t
        quantile has as many degrees of freedom as there are families minus 1.

    Returns
    -------
    Estimate
        In the unit of the values; `n` counts prompts (or families). Undefined without data; no interval for one
        prompt; an interval of width 0 when all are equal.

    Raises
    ------
    ValueError
        If a value is NaN or infinite, or there is not one family per prompt.

    Notes
    -----
    With `families` the variance of `clustered_standard_error` times ``G / (G - 1)``; without, ``s**2 / n``.

    References
    ----------
    .. [1] Miller (2024), Adding Error Bars to Evals, arXiv:2411.00640, sections 2.1 and 2.2.

    Examples
    --------
    >>> estimate = mean_estimate(by_prompt=[1.0, 2.0, 3.0])
    >>> estimate.value, round(estimate.low, 3), round(estimate.high, 3), estimate.n
    (2.0, -0.484, 4.484, 3)
    """
    probability(confidence, name="confidence")
    names: Sequence[Hashable] = range(len(by_prompt)) if families is None else families
    if len(names) != len(by_prompt):
        msg = f"every prompt needs its family: there are {len(by_prompt)} prompts and {len(names)} families"
        raise ValueError(msg)
    values = present(values=by_prompt, name="by_prompt")
    if not values:
        return undefined("no data")
    kept = [name for name, value in zip(names, by_prompt, strict=True) if value is not None]
    centre = mean(values)
    n = len(set(kept))
    error = clustered_standard_error(values=values, clusters=kept)
    if error is None:
        unit = "prompt" if families is None else "family of prompts"
        return Estimate(value=centre, low=None, high=None, n=n, reason=f"one {unit} has no interval")
    half = t_beyond((1 - confidence) / 2, degrees_of_freedom=n - 1) * error * math.sqrt(n / (n - 1))
    return Estimate(value=centre, low=centre - half, high=centre + half, n=n)
