"""Agreement beyond chance, from counts: the arithmetic behind the coefficients of agreement.

The cores work on counts of pairs of labels with any number of leading dimensions, so that a bootstrap can evaluate all
of its resamples at once. Inside, and only inside, NaN stands for undefined.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Level = Literal["nominal", "ordinal", "interval", "ratio"]
Weights = Literal["none", "linear", "quadratic"]
Ratings = Sequence[Sequence[float | None]]


def rating_table(*, ratings: Ratings, labels: Sequence[float] | None = None) -> tuple[Floats, Floats]:
    """Count, for every item, how often each label was given.

    Parameters
    ----------
    ratings
        Raters x items; ``None`` is a missing rating.
    labels
        The labels there are; those seen, if left out.

    Returns
    -------
    tuple of array
        Labels in ascending order, shape (k,), and counts, shape (items, k).

    Raises
    ------
    ValueError
        If raters have different numbers of items, or a rating is NaN, infinite or not among the labels.

    Examples
    --------
    >>> labels, counts = rating_table(ratings=[[1, 2], [1, None]])
    >>> counts.tolist()
    [[2.0, 0.0], [0.0, 1.0]]
    """
    if len({len(row) for row in ratings}) > 1:
        msg = "every rater needs one place per item, with None where there is no rating"
        raise ValueError(msg)
    given = np.array([[np.nan if r is None else float(r) for r in row] for row in ratings], dtype=np.float64)
    given = given.reshape(len(ratings), len(ratings[0]) if ratings else 0)
    there = np.array([[r is not None for r in row] for row in ratings], dtype=bool).reshape(given.shape)
    if not np.isfinite(given[there]).all():
        msg = "a rating is a finite number, and None where it is missing"
        raise ValueError(msg)
    known = np.unique(given[there] if labels is None else np.array(labels, dtype=np.float64))
    if not np.isin(given[there], known).all():
        strange = sorted({float(r) for r in given[there]} - {float(label) for label in known})
        msg = f"ratings must be among the labels {known.tolist()}, and {strange} are not"
        raise ValueError(msg)
    return known, (given[:, :, None] == known).sum(axis=0).astype(np.float64)


def coincidences(counts: Floats) -> Floats:
    """Return the pairs of ratings within each item, weighted by 1 / (ratings - 1), shape (items, k, k).

    Examples
    --------
    >>> coincidences(np.array([[1.0, 1.0], [0.0, 1.0]])).tolist()
    [[[0.0, 1.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]]
    """
    total = counts.sum(axis=1)
    pairs: Floats = counts[:, :, None] * counts[:, None, :]
    pairs -= counts[:, :, None] * np.eye(counts.shape[1])
    return np.where(total > 1, 1 / np.maximum(total - 1, 1), 0.0)[:, None, None] * pairs


def alpha_of(pairs: Floats, *, labels: Floats, level: Level) -> Floats:
    """Return alpha for coincidence matrices of shape (..., k, k); NaN where nothing varies.

    Examples
    --------
    >>> float(alpha_of(np.array([[2.0, 0.0], [0.0, 2.0]]), labels=np.array([1.0, 2.0]), level="nominal"))
    1.0
    """
    marginal = pairs.sum(axis=-1)
    n = marginal.sum(axis=-1)
    if level == "ordinal":
        # squared difference of mid-ranks, which is the published sum over the categories between
        place = np.cumsum(marginal, axis=-1) - marginal / 2
        distance = (place[..., :, None] - place[..., None, :]) ** 2
    else:
        first, second = labels[:, None], labels[None, :]
        distance = (first - second) ** 2
        if level == "nominal":
            distance = (first != second).astype(np.float64)
        elif level == "ratio":
            distance = distance / np.where(first + second == 0, 1.0, first + second) ** 2
    observed = (pairs * distance).sum(axis=(-2, -1))
    expected = (marginal[..., :, None] * marginal[..., None, :] * distance).sum(axis=(-2, -1))
    varies = expected > 0
    return np.where(varies, 1 - (n - 1) * observed / np.where(varies, expected, 1.0), np.nan)


def agreement_weights(labels: Floats, *, weights: Weights) -> Floats:
    """Return how much two labels agree, 1 on the diagonal, shape (k, k).

    Examples
    --------
    >>> agreement_weights(np.array([1.0, 2.0, 3.0]), weights="linear")[0].tolist()
    [1.0, 0.5, 0.0]
    """
    distance = np.abs(labels[:, None] - labels[None, :])
    reach = distance.max() if distance.size and distance.max() > 0 else 1.0
    disagree: Floats = (distance / reach) ** (2 if weights == "quadratic" else 1)
    if weights == "none":
        disagree = np.where(distance > 0, 1.0, 0.0)
    return np.asarray(1 - disagree, dtype=np.float64)


def kappa_of(table: Floats, *, agree: Floats) -> Floats:
    """Return kappa for tables of shape (..., k, k); NaN where chance alone gives full agreement.

    Examples
    --------
    >>> round(float(kappa_of(np.array([[20.0, 5.0], [10.0, 15.0]]), agree=np.eye(2))), 3)
    0.4
    """
    n = np.maximum(table.sum(axis=(-2, -1)), 1e-300)
    seen = (table * agree).sum(axis=(-2, -1)) / n
    chance = (table.sum(axis=-1)[..., :, None] * table.sum(axis=-2)[..., None, :] * agree).sum(
        axis=(-2, -1)
    ) / n**2
    varies = 1 - chance > 1e-12
    return np.where(varies, (seen - chance) / np.where(varies, 1 - chance, 1.0), np.nan)


def gwet_of(seen: Floats, prevalence: Floats, *, agree: Floats) -> Floats:
    """Return AC for weighted agreement of shape (...) and label shares of shape (..., k); NaN for one label.

    Examples
    --------
    >>> float(gwet_of(np.array(1.0), np.array([0.5, 0.5]), agree=np.eye(2)))
    1.0
    """
    k = prevalence.shape[-1]
    if k < 2:
        return np.full(seen.shape, np.nan)
    chance = agree.sum() / (k * (k - 1)) * (prevalence * (1 - prevalence)).sum(axis=-1)
    varies = 1 - chance > 1e-12
    return np.where(varies, (seen - chance) / np.where(varies, 1 - chance, 1.0), np.nan)
