"""Marks on samples, never deletions: outliers, warm-up and drift."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import special

from service.score.quantiles import quantile
from service.score.samples import present

FEW = 32
"""Values whose pairs are counted sooner one by one than as arrays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Whether samples changed while they were taken.

    Attributes
    ----------
    size
        Kendall's tau for drift (-1 to 1, above 0: values rose); first third over last third for warm-up. ``None`` when
        it cannot be told; `reason` then says why.
    """

    size: float | None
    p_value: float | None
    flagged: bool
    reason: str | None = None


def modified_z(*, values: Sequence[float]) -> tuple[float, ...] | None:
    """Return how far each value lies from the median, in robust standard deviations.

    Returns
    -------
    tuple of float or None
        ``0.6745 (x - median) / MAD`` in the order given; empty without data; ``None`` when the median absolute
        deviation is 0, that is when more than half the values are equal and the measure does not exist.

    Raises
    ------
    ValueError
        If a value is NaN or infinite.

    References
    ----------
    .. [1] Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers, section 3.

    Examples
    --------
    >>> [round(z, 2) for z in modified_z(values=[1, 2, 3, 4, 100])]
    [-1.35, -0.67, 0.0, 0.67, 65.43]
    """
    numbers = np.array(present(values=values, name="values"))
    if numbers.size == 0:
        return ()
    distance = numbers - np.median(numbers)
    deviation = float(np.median(np.abs(distance)))
    if deviation == 0:
        return None
    scaled = 0.6745 * distance / deviation
    # a spread of denormal size can push the quotient beyond the largest float: far out, but not infinite
    return tuple(
        float(z) for z in np.nan_to_num(scaled, posinf=np.finfo(float).max, neginf=np.finfo(float).min)
    )


def outlier_flags(*, values: Sequence[float], threshold: float = 3.5) -> tuple[bool, ...]:
    """Mark values that lie far from the rest; they stay in every percentile.

    Parameters
    ----------
    values
        Give latencies as logarithms: their tails are long by nature.
    threshold
        Of the modified z.

    Returns
    -------
    tuple of bool
        One per value. Where the modified z does not exist Tukey's fences decide: 1.5 interquartile ranges (type 8)
        beyond the quartiles. All equal: none is marked.

    Raises
    ------
    ValueError
        If a value is NaN or infinite.

    References
    ----------
    .. [1] Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers, section 3.
    .. [2] Tukey (1977), Exploratory Data Analysis, section 2D.

    Examples
    --------
    >>> outlier_flags(values=[1, 2, 3, 4, 100])
    (False, False, False, False, True)
    >>> outlier_flags(values=[1, 1, 1, 1, 1, 9])
    (False, False, False, False, False, True)
    """
    distances = modified_z(values=values)
    if distances is not None:
        return tuple(abs(z) > threshold for z in distances)
    first, third = quantile(values=values, p=0.25), quantile(values=values, p=0.75)
    if first is None or third is None:
        return ()
    reach = 1.5 * (third - first)
    return tuple(value < first - reach or value > third + reach for value in values)


def drift(*, samples: Sequence[Sequence[float]], smallest: float = 0.1, level: float = 0.01) -> Trend:
    """Tell whether later rounds of a prompt are slower (or faster) than earlier ones.

    Parameters
    ----------
    samples
        Per prompt its samples in order of measurement, in any unit.
    smallest, level
        Flagged when the size of tau is above `smallest` and the p-value below `level`.

    Returns
    -------
    Trend
        Undefined, and not flagged, if no prompt has two samples: prompts differ, so only rounds of the same prompt
        tell time apart from difficulty. All equal: tau 0, p-value 1.

    Raises
    ------
    ValueError
        If a value is NaN or infinite.

    Notes
    -----
    The Mann-Kendall test with prompts as seasons [1]_: concordant minus discordant pairs within prompts, over all
    such pairs, with the tie-corrected normal approximation and continuity correction.

    References
    ----------
    .. [1] Hirsch, Slack and Smith (1982), Water Resources Research 18, 107-121.

    Examples
    --------
    >>> drift(samples=[(1.0, 1.2, 1.4), (3.0, 3.1, 3.5), (2.0, 2.2, 2.3), (1.5, 1.6, 1.9)]).flagged
    True
    """
    score = pairs = spread = 0  # whole numbers, so that the order of prompts cannot matter
    for values in samples:
        ordered = present(values=values, name="samples")
        n = len(ordered)
        if n < 2:
            continue
        score += _concordant(ordered)
        pairs += n * (n - 1) // 2
        ties = Counter(ordered).values()
        spread += n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)
    if pairs == 0:
        return Trend(size=None, p_value=None, flagged=False, reason="no prompt was measured twice")
    if spread == 0:
        return Trend(size=0.0, p_value=1.0, flagged=False)
    tau = score / pairs
    p_value = min(1.0, 2 * float(special.ndtr(-max(0.0, abs(score) - 1) / math.sqrt(spread / 18))))
    return Trend(size=tau, p_value=p_value, flagged=abs(tau) > smallest and p_value < level)


def _concordant(ordered: Sequence[float]) -> int:
    """Return how many pairs rise minus how many fall."""
    if len(ordered) > FEW:
        values = np.array(ordered)
        return int(np.sign(values[None, :] - values[:, None])[np.triu_indices(values.size, 1)].sum())
    return sum((later > earlier) - (later < earlier) for earlier, later in combinations(ordered, 2))


def warm_up(*, values: Sequence[float], smallest: float = 1.1, level: float = 0.01) -> Trend:
    """Tell whether the first third of a run was slower than the last third.

    Parameters
    ----------
    values
        Latencies in seconds, or any positive quantity, in order of measurement.
    smallest, level
        Flagged when the ratio of the medians is above `smallest` and the p-value below `level`.

    Returns
    -------
    Trend
        `size` is the first third's median over the last third's; undefined below nine values. The p-value is the
        one-sided Mann-Whitney test's, 1 when all are equal.

    Raises
    ------
    ValueError
        If a value is not a finite number above 0.

    References
    ----------
    .. [1] Mann and Whitney (1947), Annals of Mathematical Statistics 18, 50-60.

    Examples
    --------
    >>> warm_up(values=[2.0, 1.9, 1.8, 1.7, 1.6, 1.5, 1.1, 1.0, 1.0, 1.1, 1.0, 1.1, 1.0, 1.1, 1.0]).flagged
    True
    """
    numbers = present(values=values, name="values")
    if any(value <= 0 for value in numbers):
        msg = "warm-up is told by a ratio, so every value must be above 0"
        raise ValueError(msg)
    third = len(numbers) // 3
    if third < 3:
        return Trend(size=None, p_value=None, flagged=False, reason=f"insufficient: {len(numbers)} of 9")
    first, last = numbers[:third], numbers[-third:]
    ratio = float(np.median(first)) / float(np.median(last))
    if len(set(first + last)) == 1:
        return Trend(size=1.0, p_value=1.0, flagged=False)
    p_value = _greater(first, last)
    return Trend(size=ratio, p_value=p_value, flagged=ratio > smallest and p_value < level)


def _greater(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the one-sided p-value that `a` tends to be greater: normal approximation, corrected for ties and continuity.

    As `scipy.stats.mannwhitneyu` has it, whose import alone takes longer than a whole ranking may.
    """
    both = np.array([*a, *b])
    _, place, counts = np.unique(both, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = ((ends - counts + 1 + ends) / 2)[place]
    n, m = len(a), len(b)
    u = float(ranks[:n].sum()) - n * (n + 1) / 2
    ties = float((counts.astype(np.float64) ** 3 - counts).sum()) / ((n + m) * (n + m - 1))
    spread = math.sqrt(n * m / 12 * (n + m + 1 - ties))
    return float(special.ndtr(-(u - n * m / 2 - 0.5) / spread))
