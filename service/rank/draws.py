"""Draws: what the averages and percentiles might have been with other prompts of the same kind.

One matrix of random prompt weights serves all candidates and all criteria, so that what is common to them (a hard
prompt) cancels in their differences. Weights are left unnormalised, shape (P + 1, B): independent exponentials, whose
shares within a column are Dirichlet(1, ..., 1). The last row is the *pseudo-prompt*: one more prompt whose score could
be any level from 1 to 5. Without it, twenty equal scores would claim to be certain. Only scores have such a known range,
so latency, rates and bytes leave the pseudo-prompt out: their weights are shares of the P real prompts.

Every function works on one candidate, so its numbers cannot depend on who else is compared.
"""

import hashlib
import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from service.rank.utility import FloatArray

Z = 1.959963984540054  # the 97.5 % point of the normal distribution
LEVELS = np.arange(1.0, 6.0)


def prompt_weights(*, prompts: int, draws: int, rng: np.random.Generator) -> FloatArray:
    """Draw the weights that all candidates share.

    Parameters
    ----------
    prompts, draws
        P >= 0 and B >= 1.

    Returns
    -------
    ndarray
        Shape (P + 1, B), positive, not normalised; the last row belongs to the pseudo-prompt.

    Raises
    ------
    ValueError
        If `prompts` is negative or `draws` is not positive.

    References
    ----------
    .. [1] Rubin (1981), The Bayesian Bootstrap, Annals of Statistics 9(1).

    Examples
    --------
    >>> prompt_weights(prompts=3, draws=2, rng=np.random.default_rng(0)).shape
    (4, 2)
    """
    if prompts < 0 or draws < 1:
        msg = f"Weights need zero or more prompts and at least one draw, not {prompts} and {draws}."
        raise ValueError(msg)
    return rng.standard_exponential((prompts + 1, draws))


def pseudo_levels(*, draws: int, rng: np.random.Generator) -> FloatArray:
    """Draw the score of the pseudo-prompt: a Dirichlet(.2, .2, .2, .2, .2) mixture of the levels 1 to 5.

    Returns
    -------
    ndarray
        B numbers within 1 and 5, mean 3, variance 1.

    Examples
    --------
    >>> levels = pseudo_levels(draws=1000, rng=np.random.default_rng(0))
    >>> bool(1 <= levels.min() < levels.max() <= 5)
    True
    """
    parts = rng.standard_gamma(1.0 / LEVELS.size, (LEVELS.size, draws))
    total = np.sum(parts, axis=0)
    total[total == 0] = 1.0  # all five underflow about never; the level is then 1 after the clip
    drawn: FloatArray = np.clip(LEVELS @ parts / total, 1.0, 5.0)
    return drawn


def own_turn(values: ArrayLike, *, salt: str = "") -> int:
    """Return a number that depends on the values only: where a candidate starts to read a shared list of draws.

    Candidates with the same data get the same turn and tie exactly; others read the list from elsewhere, so their draws
    are unrelated; nobody's turn depends on who else is there.

    Examples
    --------
    >>> own_turn([1.0, 2.0]) == own_turn((1.0, 2.0)) != own_turn([2.0, 1.0])
    True
    """
    data = np.ascontiguousarray(np.asarray(values, dtype="<f8"))
    return int.from_bytes(hashlib.blake2b(salt.encode() + data.tobytes(), digest_size=8).digest(), "little")


def expansion(n: int) -> float:
    """Return ``t(.975, n-1) / z(.975) * sqrt(n / (n-1))``: how much wider few prompts must be than the bootstrap says.

    Parameters
    ----------
    n
        Prompts with a value. Fewer than two tell nothing about spread and are treated as two.

    Returns
    -------
    float
        At least 1; 1.29 at 8 prompts, 1.009 at 200.

    Examples
    --------
    >>> round(expansion(8), 3), round(expansion(200), 3)
    (1.29, 1.009)
    """
    units = max(n, 2)
    return float(stats.t.ppf(0.975, units - 1)) / Z * math.sqrt(units / (units - 1))


def score_draws(*, scores: FloatArray, weights: FloatArray, levels: FloatArray) -> FloatArray:
    """Return the weighted mean score of each draw, pseudo-prompt included.

    Parameters
    ----------
    scores
        Shape (P,) or (F facets, P); NaN where a prompt has no score: its weight is then shared by the others.
    weights
        Shape (P + 1, B), from `prompt_weights`.
    levels
        B scores of the pseudo-prompt, from `pseudo_levels`.

    Returns
    -------
    ndarray
        Shape (B,) or (F, B), between 1 and 5 if the scores are. With no score at all it is `levels`.

    Raises
    ------
    ValueError
        If the scores are not one per prompt.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> w, level = prompt_weights(prompts=3, draws=5, rng=rng), pseudo_levels(draws=5, rng=rng)
    >>> score_draws(scores=np.array([4.0, 5.0, 5.0]), weights=w, levels=level).shape
    (5,)
    """
    real, pseudo = _split(scores.shape[-1], weights)
    known = np.isfinite(scores)
    full = bool(known.all())
    sums = (scores if full else np.where(known, scores, 0.0)) @ real
    total = np.sum(real, axis=0) if full else known.astype(np.float64) @ real
    drawn: FloatArray = (sums + pseudo * levels) / (total + pseudo)
    return drawn


def ratio_draws(*, sums: FloatArray, counts: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the weighted mean over all samples of each draw; a prompt brings all its samples or none.

    Parameters
    ----------
    sums, counts
        Per prompt, shape (P,): the sum and number of its samples; both 0 where it has none.
    weights
        Shape (P + 1, B).

    Returns
    -------
    ndarray
        Shape (B,).

    Raises
    ------
    ValueError
        If no prompt has a sample.

    Examples
    --------
    >>> w = prompt_weights(prompts=2, draws=3, rng=np.random.default_rng(0))
    >>> ratio_draws(sums=np.array([4.0, 2.0]), counts=np.array([2.0, 1.0]), weights=w).round(9).tolist()
    [2.0, 2.0, 2.0]
    """
    real, _ = _split(sums.shape[-1], weights)
    if not np.any(counts > 0):
        msg = "A mean needs at least one sample."
        raise ValueError(msg)
    drawn: FloatArray = (sums @ real) / (counts @ real)
    return drawn


def quantile_draws(
    *, values: FloatArray, prompt: ArrayLike, weights: FloatArray, p: float = 0.95
) -> FloatArray:
    """Return the weighted upper quantile of each draw: the smallest sample with at least `p` of the weight at or below it.

    The samples of one prompt share its weight. Only the tail is walked, from the largest sample down, until every draw
    has passed ``1 - p`` of its weight.

    Parameters
    ----------
    values
        N samples.
    prompt
        N indices into the first P rows of `weights`.
    weights
        Shape (P + 1, B).

    Returns
    -------
    ndarray
        Shape (B,), each one of the samples.

    Raises
    ------
    ValueError
        If there is no sample or `p` is not between 0 and 1.

    Examples
    --------
    >>> w = prompt_weights(prompts=4, draws=3, rng=np.random.default_rng(0))
    >>> quantile_draws(values=np.array([1.0, 2.0, 3.0, 9.0]), prompt=[0, 1, 2, 3], weights=w, p=0.95).tolist()
    [9.0, 9.0, 9.0]
    """
    owners = np.asarray(prompt, dtype=np.intp)
    if values.size == 0 or owners.shape != values.shape or not 0 < p < 1:
        msg = (
            "A quantile needs at least one sample, one prompt index per sample, and a share between 0 and 1."
        )
        raise ValueError(msg)
    counts = np.bincount(owners, minlength=weights.shape[0] - 1).astype(np.float64)
    real, _ = _split(counts.size, weights)
    tail = (1.0 - p) * ((counts > 0).astype(np.float64) @ real)
    order = np.lexsort((owners, -values))
    passed = np.zeros(real.shape[1])
    step = np.empty_like(passed)
    below = np.empty(passed.shape, dtype=np.bool_)
    index = np.zeros(passed.shape, dtype=np.int16 if values.size < 2**15 else np.int64)
    for place, sample in enumerate(order[:-1]):
        owner = owners[sample]
        np.multiply(real[owner], 1.0 / counts[owner], out=step)
        np.add(passed, step, out=passed)
        np.less_equal(passed, tail, out=below)
        index += below
        if place % 8 == 7 and not below.any():
            break
    return values[order][index]


def estimate_draws(*, value: float, spread: float, draws: int, seed: int, salt: str = "") -> FloatArray:
    """Return normal draws of a quantity of which only an interval is known (the logarithm of memory or size on disk).

    Parameters
    ----------
    value, spread
        Centre and standard deviation, on the scale of the draws; a spread of 0 gives a constant.
    seed, salt
        The same value, spread, seed and salt give the same draws.

    Returns
    -------
    ndarray
        Shape (B,).

    Raises
    ------
    ValueError
        If `spread` is negative or anything is not finite.

    Examples
    --------
    >>> estimate_draws(value=2.0, spread=0.0, draws=3, seed=0).tolist()
    [2.0, 2.0, 2.0]
    """
    if not (math.isfinite(value) and math.isfinite(spread)) or spread < 0:
        msg = f"Draws need a finite value and a spread of at least 0, not {value} and {spread}."
        raise ValueError(msg)
    if spread == 0:
        return np.full(draws, value)
    rng = np.random.default_rng([abs(seed), own_turn([value, spread], salt=salt)])
    return value + spread * rng.standard_normal(draws)


def widened(
    *, raw: FloatArray, centre: float, value: float, n: int, spread: float | None = None
) -> FloatArray:
    """Return draws around `value`, as wide as few prompts deserve.

    The factor is `expansion`, or more where the published interval is wider than the bootstrap (percentiles of few
    samples, corrected judges): a ranking must not be surer than the numbers it ranks.

    Parameters
    ----------
    raw
        Shape (B,).
    centre
        What `raw` is spread about.
    value
        The published point value, which takes the centre's place.
    n
        Prompts behind it.
    spread
        Standard deviation that the published interval stands for; ``None`` where there is no interval.

    Examples
    --------
    >>> widened(raw=np.array([1.0, 3.0]), centre=2.0, value=5.0, n=10**9).round(6).tolist()
    [4.0, 6.0]
    """
    factor = expansion(n)
    own = float(np.std(raw))
    if spread is not None and own > 0:
        factor = max(factor, spread / own)
    drawn: FloatArray = value + factor * (raw - centre)
    return drawn


def _split(prompts: int, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    if weights.shape[0] != prompts + 1:
        msg = f"There must be one weight per prompt and one for the pseudo-prompt, not {weights.shape[0]} for {prompts} prompts."
        raise ValueError(msg)
    return weights[:-1], weights[-1]
