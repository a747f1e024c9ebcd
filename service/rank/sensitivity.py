"""Sensitivity: how far weights must move before another candidate comes first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from service.rank.utility import FloatArray, normalised_weights, weighted_sum


@dataclass(frozen=True, slots=True, kw_only=True)
class StabilityInterval:
    """Weights of one criterion for which the leader stays first; ``None`` where nothing changes on that side.

    `low_rival` and `high_rival` are the rows that would be level with the leader there.
    """

    low: float | None
    high: float | None
    low_rival: int | None
    high_rival: int | None


def weight_shift(*, a: ArrayLike, b: ArrayLike, weights: ArrayLike, source: int, target: int) -> float | None:
    """Return how much weight moved from one criterion to another makes two candidates tie.

    Parameters
    ----------
    a, b
        C utilities of each candidate.
    weights
        C weights; the answer is in shares of their sum.
    source, target
        Indices of the criteria.

    Returns
    -------
    float or None
        Negative when the weight must move the other way; 0 when they tie already. ``None`` when no move between these
        two criteria makes them tie without a negative weight.

    Raises
    ------
    ValueError
        If the shapes do not fit, or source and target are the same.

    Examples
    --------
    >>> round(weight_shift(a=[0.9, 0.4], b=[0.6, 0.8], weights=[0.6, 0.4], source=0, target=1), 6)
    0.028571
    """
    shares, difference = _shares_and_difference(a, b, weights)
    if source == target:
        msg = "Weight moves between two different criteria; name another target."
        raise ValueError(msg)
    lead = _lead(shares, difference)
    slope = float(difference[source] - difference[target])
    if lead == 0:
        return 0.0
    if slope == 0:
        return None
    shift = lead / slope
    return shift if -float(shares[target]) <= shift <= float(shares[source]) else None


def tie_weight(*, a: ArrayLike, b: ArrayLike, weights: ArrayLike, index: int) -> float | None:
    """Return the weight of one criterion at which two candidates tie when the others keep their proportions.

    Parameters
    ----------
    a, b
        C utilities of each candidate.
    weights
        C weights; the answer is a share of their sum.
    index
        The criterion that moves.

    Returns
    -------
    float or None
        Between 0 and 1; ``None`` when there is no such weight, when every weight makes them tie, or when all the other
        weights are zero and so have no proportions.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> round(tie_weight(a=[0.8, 0.2], b=[0.5, 0.6], weights=[0.7, 0.3], index=0), 6)
    0.571429
    """
    shares, difference = _shares_and_difference(a, b, weights)
    others = shares.copy()
    others[index] = 0.0
    left = float(np.sum(others))
    if left <= 0:
        return None
    rest = _lead(others, difference) / left
    slope = float(difference[index]) - rest
    if slope == 0:
        return None
    weight = -rest / slope
    return weight + 0.0 if 0 <= weight <= 1 else None


def stability_interval(
    *, utilities: ArrayLike, weights: ArrayLike, index: int, leader: int | None = None
) -> StabilityInterval:
    """Return between which weights of one criterion the leader stays first, the others keeping their proportions.

    Parameters
    ----------
    utilities
        Shape (M, C).
    leader
        The row that is first; the highest score, and of equals the first row, by default.

    Returns
    -------
    StabilityInterval
        All ``None`` for a lone candidate or where no weight changes anything.

    Raises
    ------
    ValueError
        If there is no candidate or the shapes do not fit.

    References
    ----------
    .. [1] Mareschal (1988), Weight stability intervals in multicriteria decision aid, EJOR 33(1).

    Examples
    --------
    >>> found = stability_interval(utilities=[[0.8, 0.2], [0.5, 0.6]], weights=[0.7, 0.3], index=0)
    >>> round(found.low, 4), found.low_rival, found.high
    (0.5714, 1, None)
    """
    table = np.asarray(utilities, dtype=np.float64)
    shares = normalised_weights(weights)
    if table.ndim != 2 or table.shape[0] == 0 or table.shape[1] != shares.size:
        msg = "A stability interval needs at least one candidate and one utility per weight."
        raise ValueError(msg)
    first = first_of(_scores(table, shares)) if leader is None else leader
    now = float(shares[index])
    low: tuple[float, int] | None = None
    high: tuple[float, int] | None = None
    for rival in range(table.shape[0]):
        at = (
            None
            if rival == first
            else tie_weight(a=table[first], b=table[rival], weights=shares, index=index)
        )
        if at is None or at in {
            0.0,
            1.0,
        }:  # level only where nothing else counts, or this does not: no one overtakes
            continue
        if at <= now and (low is None or at > low[0]):
            low = (at, rival)
        if at >= now and (high is None or at < high[0]):
            high = (at, rival)
    return StabilityInterval(
        low=low[0] if low else None,
        high=high[0] if high else None,
        low_rival=low[1] if low else None,
        high_rival=high[1] if high else None,
    )


def smallest_change(*, a: ArrayLike, b: ArrayLike, weights: ArrayLike) -> float | None:
    """Return the smallest total change of weights (sum of absolute changes) that makes `b` level with `a`.

    Weight goes to the criterion that favours `b` most, taken first from where it favours `a` most; that is the optimum
    of the linear programme, also where one source is not enough.

    Returns
    -------
    float or None
        0 when `b` is level or ahead already; ``None`` when no weighting makes it level.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    Twice the .028571 that `weight_shift` moves: what one criterion loses another gains.

    >>> round(smallest_change(a=[0.9, 0.4], b=[0.6, 0.8], weights=[0.6, 0.4]), 6)
    0.057143
    """
    shares, difference = _shares_and_difference(a, b, weights)
    lead = _lead(shares, difference)
    if lead <= 0:
        return 0.0
    best = float(np.min(difference))
    if best > 0:
        return None
    moved = 0.0
    for place in np.argsort(-difference, kind="stable").tolist():
        gain = float(difference[place]) - best
        if gain <= 0:
            break
        step = min(float(shares[place]), lead / gain)
        moved += step
        lead -= step * gain
        if step < float(shares[place]):
            break
    return 2 * moved


def _shares_and_difference(a: ArrayLike, b: ArrayLike, weights: ArrayLike) -> tuple[FloatArray, FloatArray]:
    shares = normalised_weights(weights)
    difference: FloatArray = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    if difference.shape != shares.shape:
        msg = "Both candidates need one utility per weight."
        raise ValueError(msg)
    return shares, difference


def _lead(shares: FloatArray, difference: FloatArray) -> float:
    return weighted_sum(utilities=difference.tolist(), shares=shares.tolist())


def _scores(table: FloatArray, shares: FloatArray) -> tuple[float, ...]:
    return tuple(weighted_sum(utilities=row.tolist(), shares=shares.tolist()) for row in table)


def first_of(scores: Sequence[float]) -> int:
    """Return the row with the highest score, the first one of equals."""
    return max(range(len(scores)), key=lambda row: (scores[row], -row))
