"""Acceptability: how often each candidate comes first, close to first, or at each rank, over draws and over weights."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from service.rank.utility import FloatArray, normalised_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the draws say about choosing each of M candidates.

    Attributes
    ----------
    p_best
        Share of draws in which it scores highest; tied candidates share a draw equally.
    p_within
        Share of draws in which it is within epsilon of the highest.
    expected_regret, regret_high
        Mean distance to the highest score, in utility: what choosing it costs on average; and the distance that 95 of 100
        draws do not exceed.
    acceptability
        M x M, candidate by rank (first rank first); every row and column sums to 1. Tied candidates share the ranks that
        they occupy together.
    pairwise
        M x M, P(row scores higher than column), ties counted half; 0.5 on the diagonal.
    """

    p_best: tuple[float, ...]
    p_within: tuple[float, ...]
    expected_regret: tuple[float, ...]
    regret_high: tuple[float, ...]
    acceptability: tuple[tuple[float, ...], ...]
    pairwise: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Smaa:
    """Stochastic multicriteria acceptability of M candidates under uncertain weights.

    Attributes
    ----------
    first_rank
        P(first), tied candidates sharing.
    central_weights
        Per candidate the mean of the weights that put it first; ``None`` for one that never is.
    confidence
        P(first) at its own central weights; ``None`` likewise.
    """

    first_rank: tuple[float, ...]
    central_weights: tuple[tuple[float, ...] | None, ...]
    confidence: tuple[float | None, ...]


def choice(*, scores: FloatArray, epsilon: float) -> Choice:
    """Count how the candidates fare over the draws.

    Parameters
    ----------
    scores
        Shape (M candidates, B draws).
    epsilon
        How much utility is too little to care about; 0 or more.

    Returns
    -------
    Choice
        Empty tuples for no candidates; for one candidate all probabilities are 1 and the regret is 0. Candidates with
        equal draws get equal numbers.

    Raises
    ------
    ValueError
        If there is no draw, a score is not finite, or epsilon is negative.

    References
    ----------
    .. [1] Lahdelma and Salminen (2001), SMAA-2, Operations Research 49(3): rank acceptability.
    .. [2] Chick and Inoue (2001), expected opportunity cost.

    Examples
    --------
    >>> result = choice(scores=np.array([[0.6, 0.5, 0.5], [0.5, 0.6, 0.5]]), epsilon=0.02)
    >>> result.p_best
    (0.5, 0.5)
    """
    if scores.ndim != 2 or scores.shape[1] == 0 or not np.all(np.isfinite(scores)) or epsilon < 0:
        msg = "Scores must be finite, of shape (candidates, draws) with at least one draw, and epsilon at least 0."
        raise ValueError(msg)
    models, draws = scores.shape
    if models == 0:
        return Choice(
            p_best=(), p_within=(), expected_regret=(), regret_high=(), acceptability=(), pairwise=()
        )
    small = np.int8 if models < 128 else np.int32
    above = np.zeros(scores.shape, dtype=small)
    level = np.ones(scores.shape, dtype=small)
    wins = np.full((models, models), 0.5)
    for m in range(models):
        for k in range(m + 1, models):
            greater = scores[m] > scores[k]
            reaches = scores[m] >= scores[k]
            above[k] += greater.view(np.int8)
            above[m] += (~reaches).view(np.int8)
            count = int(np.count_nonzero(greater))
            ties = int(np.count_nonzero(reaches)) - count
            if ties:
                level[m] += reaches ^ greater
                level[k] += reaches ^ greater
            wins[m, k] = (count + ties / 2) / draws
            wins[k, m] = 1.0 - wins[m, k]
    top = np.max(scores, axis=0)
    ranks = _rank_shares(above, level)
    return Choice(
        p_best=tuple(float(row[0]) for row in ranks),
        p_within=tuple(float(np.count_nonzero(row >= top - epsilon)) / draws for row in scores),
        expected_regret=tuple(float(np.mean(top - row)) for row in scores),
        regret_high=tuple(_not_exceeded(top - row) for row in scores),
        acceptability=tuple(tuple(float(share) for share in row) for row in ranks),
        pairwise=tuple(tuple(float(share) for share in row) for row in wins),
    )


def smaa(
    *,
    utilities: ArrayLike,
    draws: int = 10_000,
    seed: int = 0,
    weights: ArrayLike | None = None,
    concentration: float = 60.0,
) -> Smaa:
    """Return how often each candidate is first when the weights themselves are uncertain.

    Parameters
    ----------
    utilities
        Shape (M, C) for known utilities, or (M, C, B) for draws of them (then `draws` must be B).
    draws, seed
        How many weight vectors, and from which seed.
    weights
        C weights to vary about: Dirichlet(concentration * weights), so that at 60 a weight of .2 has a standard
        deviation of .05 and a weight of 0 stays 0. ``None``: every weighting is as likely (uniform on the simplex).

    Returns
    -------
    Smaa
        First-rank shares sum to 1; empty tuples for no candidates.

    Raises
    ------
    ValueError
        If the shapes do not fit, a utility is not finite, or `draws` or `concentration` is not positive.

    References
    ----------
    .. [1] Lahdelma and Salminen (2001), SMAA-2, Operations Research 49(3).

    Examples
    --------
    >>> result = smaa(utilities=[[1, 0], [0, 1], [0.6, 0.6]], draws=20_000, seed=1)
    >>> [round(share, 1) for share in result.first_rank]
    [0.4, 0.4, 0.2]
    """
    table = np.asarray(utilities, dtype=np.float64)
    if table.ndim not in {2, 3} or draws < 1 or concentration <= 0 or not np.all(np.isfinite(table)):
        msg = "Utilities must be finite, of shape (candidates, criteria) or (candidates, criteria, draws); draws and concentration positive."
        raise ValueError(msg)
    if table.ndim == 3 and table.shape[2] != draws:
        msg = f"There are {table.shape[2]} utility draws but {draws} weight draws; the two must agree."
        raise ValueError(msg)
    models, criteria = table.shape[:2]
    if models == 0:
        return Smaa(first_rank=(), central_weights=(), confidence=())
    shares = _weight_draws(criteria, draws, seed, weights, concentration)
    firsts = _first_shares(_weighted(table, shares, draws))
    totals = np.sum(firsts, axis=1)
    central: list[tuple[float, ...] | None] = []
    confidence: list[float | None] = []
    for m in range(models):
        if totals[m] == 0:
            central.append(None)
            confidence.append(None)
            continue
        at = np.array([float(np.dot(firsts[m], shares[c])) for c in range(criteria)]) / totals[m]
        central.append(tuple(at.tolist()))
        confidence.append(float(np.mean(_first_shares(_weighted(table, at[:, None], table.shape[-1]))[m])))
    return Smaa(
        first_rank=tuple(float(total) / draws for total in totals),
        central_weights=tuple(central),
        confidence=tuple(confidence),
    )


def weigh(*, utilities: FloatArray, shares: FloatArray) -> FloatArray:
    """Return the score of each candidate in each draw, criterion by criterion so that no candidate affects another.

    Parameters
    ----------
    utilities
        Shape (M, C, B).
    shares
        C weights that sum to 1.

    Returns
    -------
    ndarray
        Shape (M, B).

    Examples
    --------
    >>> weigh(utilities=np.ones((1, 2, 3)), shares=np.array([0.5, 0.5])).tolist()
    [[1.0, 1.0, 1.0]]
    """
    return _weighted(utilities, shares[:, None], utilities.shape[2])


def _weight_draws(
    criteria: int, draws: int, seed: int, weights: ArrayLike | None, concentration: float
) -> FloatArray:
    rng = np.random.default_rng(abs(seed))
    if weights is None:
        raw = rng.standard_exponential((criteria, draws))
    else:
        centre = normalised_weights(weights)
        if centre.size != criteria:
            msg = f"There are {criteria} criteria but {centre.size} weights."
            raise ValueError(msg)
        raw = rng.standard_gamma(concentration * centre[:, None], (criteria, draws))
    shares: FloatArray = raw / np.sum(raw, axis=0)
    return shares


def _weighted(table: FloatArray, shares: FloatArray, draws: int) -> FloatArray:
    """Sum over criteria; `table` is (M, C) or (M, C, B), `shares` (C, 1) or (C, B)."""
    cube = table if table.ndim == 3 else table[:, :, None]
    width = max(cube.shape[2], shares.shape[1]) if table.ndim == 3 else max(1, shares.shape[1])
    scores = np.zeros((cube.shape[0], width if table.ndim == 2 else draws))
    product = np.empty(scores.shape[1])
    for m in range(cube.shape[0]):
        for c in range(cube.shape[1]):
            np.multiply(cube[m, c], shares[c], out=product)
            scores[m] += product
    return scores


def _first_shares(scores: FloatArray) -> FloatArray:
    first = (scores == np.max(scores, axis=0)).astype(np.float64)
    shares: FloatArray = first / np.sum(first, axis=0)
    return shares


def _not_exceeded(regrets: FloatArray) -> float:
    """Return the smallest of the values that 95 of 100 of them do not exceed."""
    place = math.ceil(0.95 * regrets.size) - 1
    return float(np.partition(regrets, place)[place])


def _rank_shares(above: np.ndarray, level: np.ndarray) -> FloatArray:
    models, draws = above.shape
    ranks = np.zeros((models, models))
    for m in range(models):
        alone = level[m] == 1
        ranks[m] += np.bincount(above[m][alone], minlength=models)
        for size in range(2, models + 1):
            starts = above[m][level[m] == size].astype(np.intp)
            if starts.size:
                for offset in range(size):
                    ranks[m] += np.bincount(starts + offset, minlength=models)[:models] / size
    shares: FloatArray = ranks / draws
    return shares
