"""Robustness: who comes first when an anchor is moved or a facet is left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from service.rank.sensitivity import first_of
from service.rank.utility import FloatArray, additive_score, normalised_weights, weighted_sum


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorShift:
    """One anchor moved by a share of itself: who is first then, and with which scores."""

    criterion: int
    anchor: Literal["zero", "full"]
    factor: float
    leader: int
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetLeftOut:
    """One facet left out: who is first then, and with which scores."""

    facet: int
    leader: int
    scores: tuple[float, ...]


def anchor_sensitivity(
    *,
    values: ArrayLike,
    zero: ArrayLike,
    full: ArrayLike,
    weights: ArrayLike,
    logarithmic: Sequence[bool] | None = None,
    change: float = 0.2,
) -> tuple[AnchorShift, ...]:
    """Return who is first when each anchor in turn is made smaller and larger by a share of itself.

    Parameters
    ----------
    values, zero, full, weights, logarithmic
        As for `additive_score`.
    change
        The share, between 0 and 1.

    Returns
    -------
    tuple of AnchorShift
        Up to 4 C of them (a move that makes both anchors equal or swaps them is left out); empty for no candidates.

    Raises
    ------
    ValueError
        If `change` is not between 0 and 1, or as for `additive_score`.

    Examples
    --------
    >>> shifts = anchor_sensitivity(values=[[4.0], [3.0]], zero=[1.0], full=[5.0], weights=[1.0])
    >>> {shift.leader for shift in shifts}
    {0}
    """
    if not 0 < change < 1:
        msg = f"An anchor moves by a share between 0 and 1, not {change}."
        raise ValueError(msg)
    lows, highs = np.asarray(zero, dtype=np.float64), np.asarray(full, dtype=np.float64)
    table = np.asarray(values, dtype=np.float64)
    if table.size == 0:
        return ()
    found: list[AnchorShift] = []
    for criterion in range(lows.size):
        moves: tuple[tuple[Literal["zero", "full"], FloatArray], ...] = (("zero", lows), ("full", highs))
        for anchor, anchored in moves:
            for factor in (1 - change, 1 + change):
                moved = anchored.copy()
                moved[criterion] *= factor
                new_zero, new_full = (moved, highs) if anchor == "zero" else (lows, moved)
                if (new_full - new_zero)[criterion] * (highs - lows)[criterion] <= 0:
                    continue
                scores = additive_score(
                    values=table, zero=new_zero, full=new_full, weights=weights, logarithmic=logarithmic
                )
                found.append(
                    AnchorShift(
                        criterion=criterion,
                        anchor=anchor,
                        factor=factor,
                        leader=first_of(scores),
                        scores=scores,
                    )
                )
    return tuple(found)


def leave_one_facet_out(
    *,
    facets: ArrayLike,
    facet_weights: ArrayLike,
    quality_share: float,
    rest: ArrayLike,
    zero: float,
    full: float,
) -> tuple[FacetLeftOut, ...]:
    """Return who is first when each facet in turn does not count in quality.

    Parameters
    ----------
    facets
        Shape (M, F), mean score of each candidate on each facet.
    facet_weights
        F weights.
    quality_share
        Share of quality among all criteria.
    rest
        M sums of share times utility over the other criteria.
    zero, full
        Anchors of quality.

    Returns
    -------
    tuple of FacetLeftOut
        One per facet that can be left out; empty for a single facet, as nothing would be left of quality.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> out = leave_one_facet_out(facets=[[5.0, 1.0], [3.0, 3.0]], facet_weights=[3, 1], quality_share=1.0,
    ...                           rest=[0.0, 0.0], zero=1.0, full=5.0)
    >>> [one.leader for one in out]
    [1, 0]
    """
    table = np.asarray(facets, dtype=np.float64)
    weights = np.asarray(facet_weights, dtype=np.float64)
    others = np.asarray(rest, dtype=np.float64)
    if table.ndim != 2 or table.shape != (others.size, weights.size):
        msg = "Leaving a facet out needs one mean per candidate and facet, one weight per facet and one rest per candidate."
        raise ValueError(msg)
    found: list[FacetLeftOut] = []
    for facet in range(weights.size):
        keep = np.arange(weights.size) != facet
        if not np.any(weights[keep] > 0) or others.size == 0:
            continue
        shares = normalised_weights(weights[keep]).tolist()
        quality = [weighted_sum(utilities=row.tolist(), shares=shares) for row in table[:, keep]]
        earned = additive_score(values=[[one] for one in quality], zero=[zero], full=[full], weights=[1.0])
        scores = tuple(quality_share * one + float(other) for one, other in zip(earned, others, strict=True))
        found.append(FacetLeftOut(facet=facet, leader=first_of(scores), scores=scores))
    return tuple(found)
