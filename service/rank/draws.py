"""Draws: what the averages and percentiles might have been with other prompts of the same kind.

One matrix of random prompt weights serves all candidates and all criteria, so that what is common to them (a hard
prompt) cancels in their differences. Weights are left unnormalised: independent exponentials, whose shares within a
draw are Dirichlet(1, ..., 1). One more row is the *pseudo-prompt*'s: one more prompt whose score could be any level
from 1 to 5. Without it, twenty equal scores would claim to be certain. Only scores have such a known range,
so latency, rates and bytes leave the pseudo-prompt out: their weights are shares of the P real prompts.

Every function works on one candidate, so its numbers cannot depend on who else is compared.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from service.rank.utility import FloatArray

Z = 1.959963984540054  # the 97.5 % point of the normal distribution
LEVELS = np.arange(1.0, 6.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptWeights:
    """The random weights of P prompts and the pseudo-prompt in B draws, positive, not normalised.

    Attributes
    ----------
    real
        Shape (P, B).
    pseudo
        Shape (B,), the pseudo-prompt's.
    total
        Shape (B,), the sum of `real` over the prompts.
    """

    real: FloatArray
    pseudo: FloatArray
    total: FloatArray


def prompt_weights(
    *, prompts: int, draws: int, rng: np.random.Generator, room: FloatArray | None = None
) -> PromptWeights:
    """Draw the weights that all candidates share.

    Parameters
    ----------
    prompts, draws
        P >= 0 and B >= 1.
    room
        Memory of at least (P + 1) B numbers that the weights may live in, for those who draw block after block.

    Raises
    ------
    ValueError
        If `prompts` is negative or `draws` is not positive.

    References
    ----------
    .. [1] Rubin (1981), The Bayesian Bootstrap, Annals of Statistics 9(1).

    Examples
    --------
    >>> prompt_weights(prompts=3, draws=2, rng=np.random.default_rng(0)).real.shape
    (3, 2)
    """
    if prompts < 0 or draws < 1:
        msg = f"Weights need zero or more prompts and at least one draw, not {prompts} and {draws}."
        raise ValueError(msg)
    size = (prompts + 1) * draws
    drawn = (np.empty(size) if room is None else room[:size]).reshape(prompts + 1, draws)
    rng.standard_exponential(out=drawn)
    return PromptWeights(real=drawn[:-1], pseudo=drawn[-1], total=np.sum(drawn[:-1], axis=0))


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


def expansion(n: int, *, pseudo: bool = False) -> float:
    """Return how much wider few prompts must be than the bootstrap says.

    Without the pseudo-prompt that is ``t(.975, n-1) / z(.975) * sqrt(n / (n-1))``. The pseudo-prompt does the work of
    the first factor: with both, intervals of 8 prompts cover 99 % instead of 95; so with it only the root is left.

    Parameters
    ----------
    n
        Prompts with a value. Fewer than two tell nothing about spread and are treated as two.
    pseudo
        Whether the draws hold the pseudo-prompt.

    Returns
    -------
    float
        At least 1; at 8 prompts 1.29, or 1.07 with the pseudo-prompt.

    Examples
    --------
    >>> round(expansion(8), 3), round(expansion(8, pseudo=True), 3), round(expansion(200), 3)
    (1.29, 1.069, 1.009)
    """
    units = max(n, 2)
    root = math.sqrt(units / (units - 1))
    return root if pseudo else float(special.stdtrit(units - 1, 0.975)) / Z * root


def mean_draws(
    *, sums: FloatArray, counts: FloatArray, weights: PromptWeights, levels: Sequence[FloatArray | None] = ()
) -> FloatArray:
    """Return the weighted mean of several quantities of one candidate in each draw; a prompt brings all its samples or none.

    Parameters
    ----------
    sums, counts
        Shape (K quantities, P): the sum and the number of a prompt's samples; both 0 where it has none, so that the
        other prompts share its weight. For scores already averaged per prompt the count is 1.
    weights
        From `prompt_weights`, for P prompts.
    levels
        Per quantity the B scores of the pseudo-prompt, or ``None`` where it has no part; ``()``: nowhere.

    Returns
    -------
    ndarray
        Shape (K, B). A score without any prompt is its pseudo-prompt.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a quantity without pseudo-prompt has no sample.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> w, level = prompt_weights(prompts=3, draws=4, rng=rng), pseudo_levels(draws=4, rng=rng)
    >>> drawn = mean_draws(sums=np.array([[4.0, 5.0, 5.0], [2.0, 0.0, 4.0]]), counts=np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 2.0]]),
    ...                    weights=w, levels=[level, None])
    >>> drawn.shape, drawn[1].round(9).tolist()
    ((2, 4), [2.0, 2.0, 2.0, 2.0])
    """
    pseudo = list(levels) or [None] * sums.shape[0]
    if sums.shape != counts.shape or sums.shape[1] != weights.real.shape[0] or len(pseudo) != sums.shape[0]:
        msg = (
            "Means need one sum and one count per quantity and prompt, and one entry of levels per quantity."
        )
        raise ValueError(msg)
    if any(level is None and not np.any(row > 0) for level, row in zip(pseudo, counts, strict=True)):
        msg = "A mean needs at least one sample."
        raise ValueError(msg)
    uneven = [k for k in range(counts.shape[0]) if np.any(counts[k] != counts[k, :1])]
    products = np.vstack([sums, counts[uneven]]) @ weights.real
    for k, level in enumerate(pseudo):
        share = products[sums.shape[0] + uneven.index(k)] if k in uneven else _even(counts[k]) * weights.total
        if level is not None:
            products[k] += weights.pseudo * level
            share = share + weights.pseudo
        products[k] /= share
    return products[: sums.shape[0]]


def quantile_draws(
    *, values: FloatArray, prompt: ArrayLike, weights: PromptWeights, p: float = 0.95
) -> FloatArray:
    """Return the weighted upper quantile of each draw: the smallest sample with at least `p` of the weight at or below it.

    The samples of one prompt share its weight. Only the tail is walked, from the largest sample down, until every draw
    has passed ``1 - p`` of its weight.

    Parameters
    ----------
    values
        N samples.
    prompt
        N indices of prompts, 0 to P - 1.
    weights
        From `prompt_weights`, for P prompts.

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
    [9.0, 9.0, 3.0]
    """
    owners = np.asarray(prompt, dtype=np.intp)
    if values.size == 0 or owners.shape != values.shape or not 0 < p < 1:
        msg = (
            "A quantile needs at least one sample, one prompt index per sample, and a share between 0 and 1."
        )
        raise ValueError(msg)
    counts = np.bincount(owners, minlength=weights.real.shape[0])
    even = counts.size > 0 and bool(np.all(counts == counts[0]))
    tail = (1.0 - p) * (weights.total if even else (counts > 0).astype(np.float64) @ weights.real)
    if even:
        tail *= counts[0]
    order = np.lexsort((owners, -values))
    passed = np.zeros(weights.total.size)
    below = np.empty(passed.size, dtype=np.bool_)
    recent = np.zeros(passed.size, dtype=np.int8)
    index = np.zeros(passed.size, dtype=np.int64)
    for place, owner in enumerate(owners[order[:-1]].tolist()):
        row = weights.real[owner]
        np.add(passed, row if even else row / counts[owner], out=passed)
        np.less_equal(passed, tail, out=below)
        np.add(recent, below.view(np.int8), out=recent)
        if place % 16 == 15:
            index += recent
            recent[:] = 0
            if not below.any():
                break
    drawn: FloatArray = values[order][index + recent]
    return drawn


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
    *, raw: FloatArray, centre: float, value: float, factor: float, spread: float | None = None
) -> FloatArray:
    """Return draws around `value`, as wide as the evidence deserves.

    They are stretched by `factor`, or more where the published interval is wider than that (percentiles of few samples,
    corrected judges): a ranking must not be surer than the numbers it ranks.

    Parameters
    ----------
    raw
        Shape (B,).
    centre
        What `raw` is spread about.
    value
        The published point value, which takes the centre's place.
    factor
        From `expansion`.
    spread
        Standard deviation that the published interval stands for; ``None`` where there is no interval.

    Examples
    --------
    >>> widened(raw=np.array([1.0, 3.0]), centre=2.0, value=5.0, factor=1.5).tolist()
    [3.5, 6.5]
    """
    own = float(np.std(raw))
    stretch = factor if spread is None or own <= 0 else max(factor, spread / own)
    drawn: FloatArray = value + stretch * (raw - centre)
    return drawn


def _even(counts: FloatArray) -> float:
    return float(counts[0]) if counts.size else 0.0
