"""Reweigh: the scores and chances under other weights, at once, from stored draws (a slider moves, nothing runs again)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.estimates import Estimate
from service.rank.acceptability import Choice, choice, weigh
from service.rank.sample import Sample
from service.rank.utility import FloatArray, normalised_weights, weighted_sum
from service.rank.wording import rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Reweighed:
    """Scores of the candidates that have every weighted criterion, in the order of `candidates`; gates play no part."""

    candidates: tuple[str, ...]
    scores: tuple[Estimate, ...]
    choice: Choice


def reweigh(*, drawn: Sample, weights: Sequence[float], epsilon: float = 0.02) -> Reweighed:
    """Return scores, intervals, P(best) and the other chances under new weights.

    Parameters
    ----------
    drawn
        From `service.rank.sample.sample`.
    weights
        One per criterion of the sample; only their proportions count.

    Returns
    -------
    Reweighed
        Empty when no candidate has every criterion that the weights ask for.

    Raises
    ------
    ValueError
        If there is not one weight per criterion, or all are zero.
    """
    shares = normalised_weights(weights)
    if shares.size != len(drawn.criteria):
        msg = f"There are {len(drawn.criteria)} criteria but {shares.size} weights."
        raise ValueError(msg)
    used = [c for c in range(shares.size) if shares[c] > 0]
    rows = [m for m, known in enumerate(drawn.known) if all(known[c] for c in used)]
    weighed = weigh(utilities=drawn.utilities, shares=shares)[rows]
    points = [
        weighted_sum(utilities=[drawn.points[m][c] for c in used], shares=shares[used].tolist()) for m in rows
    ]
    return Reweighed(
        candidates=tuple(drawn.candidates[m] for m in rows),
        scores=tuple(
            interval(value=value, draws=weighed[place], n=drawn.prompts) for place, value in enumerate(points)
        ),
        choice=choice(scores=weighed, epsilon=epsilon),
    )


def interval(*, value: float, draws: FloatArray, n: int) -> Estimate:
    """Return the value with the central 95 % of its draws, stretched to hold the value itself.

    Examples
    --------
    >>> interval(value=0.5, draws=np.array([0.4, 0.4, 0.4]), n=3).high
    0.5
    """
    places = [0.025 * (draws.size - 1), 0.975 * (draws.size - 1)]
    around = [place for at in places for place in (math.floor(at), math.ceil(at))]
    ranked = np.partition(draws, around)
    low, high = (
        float(
            ranked[math.floor(at)] + (at - math.floor(at)) * (ranked[math.ceil(at)] - ranked[math.floor(at)])
        )
        for at in places
    )
    point = rounded(value)
    return Estimate(value=point, low=min(rounded(low), point), high=max(rounded(high), point), n=n)
