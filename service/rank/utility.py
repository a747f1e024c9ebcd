"""Utility: how much of what was asked for a value earns, on anchors that belong to the profile.

The two anchors are absolute: `zero` is just tolerable, `full` is where more is no further use. They never come from the
candidates, so a candidate's utility cannot change because another one arrives (no rank reversal).
"""

import math
from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@overload
def linear_utility(*, x: float, zero: float, full: float) -> float: ...
@overload
def linear_utility(*, x: FloatArray, zero: float, full: float) -> FloatArray: ...
def linear_utility(*, x: float | FloatArray, zero: float, full: float) -> float | FloatArray:
    """Return ``(x - zero) / (full - zero)``, held within 0 and 1.

    Parameters
    ----------
    x
        A number, or an array of any shape, in the unit of the anchors.
    zero, full
        The anchors; ``full < zero`` means that less is better.

    Returns
    -------
    float or ndarray
        A float for a number, an array of the same shape for an array (an empty one for an empty one).

    Raises
    ------
    ValueError
        If the anchors are equal or not finite, or `x` is not finite.

    References
    ----------
    .. [1] Keeney and Raiffa (1976), Decisions with Multiple Objectives, ch. 3.
    .. [2] Dezert et al. (2020), The SPOTIS rank reversal free method: one minus its normalised distance.

    Examples
    --------
    >>> linear_utility(x=4.0, zero=1.0, full=5.0)
    0.75
    """
    _check_anchors(zero, full)
    earned = (_finite(x) - zero) / (full - zero)
    return _clip(earned)


@overload
def log_utility(*, x: float, zero: float, full: float) -> float: ...
@overload
def log_utility(*, x: FloatArray, zero: float, full: float) -> FloatArray: ...
def log_utility(*, x: float | FloatArray, zero: float, full: float) -> float | FloatArray:
    """Return ``ln(x / zero) / ln(full / zero)``, held within 0 and 1: halving always earns the same.

    Parameters
    ----------
    x
        A positive number, or an array of any shape of them, in the unit of the anchors.
    zero, full
        Positive anchors; ``full < zero`` means that less is better.

    Returns
    -------
    float or ndarray
        A float for a number, an array of the same shape for an array.

    Raises
    ------
    ValueError
        If the anchors are equal, or anything is not positive and finite.

    Examples
    --------
    From 16 s (worthless) to 2 s (perfect) there are three halvings; 4 s has made two of them.

    >>> round(log_utility(x=4.0, zero=16.0, full=2.0), 6)
    0.666667
    """
    _check_anchors(zero, full)
    values = _finite(x)
    if zero <= 0 or full <= 0 or bool(np.any(values <= 0)):
        msg = "A logarithmic utility needs a positive value and positive anchors; use the linear scale for others."
        raise ValueError(msg)
    earned = np.log(values / zero) / math.log(full / zero)
    return _clip(earned)


def normalised_weights(weights: ArrayLike) -> FloatArray:
    """Return the weights divided by their sum, so that only their proportions count.

    Parameters
    ----------
    weights
        C numbers, none negative.

    Returns
    -------
    ndarray
        C shares that sum to 1.

    Raises
    ------
    ValueError
        If there is no weight, one is negative or not finite, or all are zero.

    Examples
    --------
    >>> normalised_weights([3, 1]).tolist()
    [0.75, 0.25]
    """
    values = np.asarray(weights, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        msg = "Weights are a list of at least one number."
        raise ValueError(msg)
    if not np.all(np.isfinite(values)) or np.any(values < 0):
        msg = "A weight is a finite number that is zero or more; to make a criterion count against, swap its anchors."
        raise ValueError(msg)
    total = math.fsum(values.tolist())
    if total <= 0:
        msg = "All weights are zero, so nothing distinguishes the candidates; give at least one criterion a weight above zero."
        raise ValueError(msg)
    return values / total


def additive_score(
    *,
    values: ArrayLike,
    zero: ArrayLike,
    full: ArrayLike,
    weights: ArrayLike,
    logarithmic: Sequence[bool] | None = None,
) -> tuple[float, ...]:
    """Return each candidate's weighted sum of absolute utilities, between 0 and 1.

    Parameters
    ----------
    values
        Shape (M candidates, C criteria), each column in its own unit.
    zero, full
        C anchors.
    weights
        C weights; only their proportions count.
    logarithmic
        C flags, true where the criterion uses the logarithmic scale; linear everywhere by default.

    Returns
    -------
    tuple of float
        M scores; empty for no candidates. A candidate's score depends on its own row only.

    Raises
    ------
    ValueError
        If the shapes do not fit, the anchors of a criterion are equal, or all weights are zero.

    References
    ----------
    .. [1] Dezert et al. (2020), SPOTIS: the score is one minus its distance to the ideal.

    Examples
    --------
    >>> additive_score(values=[[4.0, 2.0]], zero=[1.0, 10.0], full=[5.0, 2.0], weights=[1, 1])
    (0.875,)
    """
    shares = normalised_weights(weights)
    table = np.asarray(values, dtype=np.float64).reshape(-1, shares.size)
    lows = np.asarray(zero, dtype=np.float64)
    highs = np.asarray(full, dtype=np.float64)
    flags = [False] * shares.size if logarithmic is None else list(logarithmic)
    if lows.shape != shares.shape or highs.shape != shares.shape or len(flags) != shares.size:
        msg = "Every criterion needs one value per candidate, one zero, one full and one weight."
        raise ValueError(msg)
    columns = [
        (log_utility if flag else linear_utility)(x=table[:, c], zero=float(lows[c]), full=float(highs[c]))
        for c, flag in enumerate(flags)
    ]
    return tuple(weighted_sum(utilities=row, shares=shares.tolist()) for row in zip(*columns, strict=True))


def weighted_sum(*, utilities: Sequence[float], shares: Sequence[float]) -> float:
    """Return the sum of products, rounded once: the same whatever the order of the criteria.

    Examples
    --------
    >>> weighted_sum(utilities=[1.0, 0.5], shares=[0.5, 0.5])
    0.75
    """
    return math.fsum(float(u) * float(w) for u, w in zip(utilities, shares, strict=True))


def _finite(x: float | FloatArray) -> FloatArray:
    values = np.asarray(x, dtype=np.float64)
    if not np.all(np.isfinite(values)):
        msg = "A utility needs finite values; leave a missing value out instead."
        raise ValueError(msg)
    return values


def _check_anchors(zero: float, full: float) -> None:
    if not (math.isfinite(zero) and math.isfinite(full)) or zero == full:
        msg = f"The anchors must be two different finite numbers, not zero={zero} and full={full}."
        raise ValueError(msg)


def _clip(earned: FloatArray) -> float | FloatArray:
    held = np.clip(earned, 0.0, 1.0)
    return float(held) if held.ndim == 0 else held
