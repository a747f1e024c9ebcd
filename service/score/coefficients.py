"""Coefficients of agreement: Krippendorff's alpha, weighted kappa, Gwet's AC and the intraclass correlation."""

from collections.abc import Sequence

import numpy as np

from service.score.chance import (
    Floats,
    Level,
    Ratings,
    Weights,
    agreement_weights,
    alpha_of,
    coincidences,
    gwet_of,
    kappa_of,
    rating_table,
)


def krippendorff_alpha(*, ratings: Ratings, level: Level = "ordinal") -> float | None:
    """Return Krippendorff's alpha: agreement beyond chance for any number of raters and with gaps.

    Parameters
    ----------
    ratings
        Raters x items; ``None`` is a missing rating. An item with fewer than two ratings does not count.
    level
        What a difference between two ratings means. ``ordinal`` for scores of 1 to 5; ``nominal`` for classes;
        ``interval`` where steps are equal; ``ratio`` where also 0 is absolute.

    Returns
    -------
    float or None
        At most 1; 0 is chance, below 0 worse than chance. ``None`` without two ratings of one item, and where all
        ratings are equal: nothing varies, so there is nothing to agree on. Items and raters may come in any order.

    Raises
    ------
    ValueError
        If raters have different numbers of items, or a rating is NaN or infinite.

    References
    ----------
    .. [1] Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.

    Examples
    --------
    >>> round(krippendorff_alpha(ratings=[[1, 2, 3, 4, 5], [1, 2, 3, 4, 4]]), 3)
    0.954
    >>> krippendorff_alpha(ratings=[[5, 5], [5, 5]]) is None
    True
    """
    labels, counts = rating_table(ratings=ratings)
    pairs = coincidences(counts)
    ordered = pairs[np.lexsort(pairs.reshape(len(pairs), -1).T)] if pairs.size else pairs
    return _number(alpha_of(ordered.sum(axis=0), labels=labels, level=level))


def confusion_table(
    *, first: Sequence[float], second: Sequence[float], labels: Sequence[float] = (1, 2, 3, 4, 5)
) -> tuple[tuple[int, ...], ...]:
    """Count how often `first` gave one label (row) where `second` gave another (column).

    The labels are fixed beforehand: a kappa over the labels that happened to be used changes when one is not.

    Raises
    ------
    ValueError
        If the lengths differ or a rating is not among the labels.

    Examples
    --------
    >>> confusion_table(first=[1, 2, 2], second=[1, 1, 2], labels=[1, 2])
    ((1, 0), (1, 1))
    """
    place = {float(label): index for index, label in enumerate(sorted(labels))}
    counts = [[0] * len(place) for _ in place]
    if len(first) != len(second):
        msg = f"every item has two ratings: there are {len(first)} and {len(second)}"
        raise ValueError(msg)
    for x, y in zip(first, second, strict=True):
        if x not in place or y not in place:
            msg = f"ratings must be among the labels {sorted(place)}, and ({x}, {y}) are not"
            raise ValueError(msg)
        counts[place[x]][place[y]] += 1
    return tuple(tuple(row) for row in counts)


def weighted_kappa(*, table: Sequence[Sequence[float]], weights: Weights = "quadratic") -> float | None:
    """Return Cohen's kappa of two raters from a table of counts.

    Parameters
    ----------
    table
        k x k, labels at equal distances; one row per label of the first rater, one column per label of the second. For
        ratings, see `confusion_table`.
    weights
        ``none`` for the plain kappa, else by how a disagreement grows with its distance.

    Returns
    -------
    float or None
        At most 1; 0 is chance. ``None`` without counts, and where both raters gave one and the same label throughout.

    Raises
    ------
    ValueError
        If the table is not square, or a count is negative or not finite.

    References
    ----------
    .. [1] Cohen (1968), Psychological Bulletin 70, 213-220.

    Examples
    --------
    >>> round(weighted_kappa(table=[[20, 5], [10, 15]], weights="none"), 12)
    0.4
    """
    if any(len(row) != len(table) for row in table):
        msg = "a table of two raters' labels is square"
        raise ValueError(msg)
    counts = np.array(table, dtype=np.float64).reshape(len(table), len(table))
    if not np.isfinite(counts).all() or (counts < 0).any():
        msg = "a table holds finite counts of at least 0"
        raise ValueError(msg)
    if counts.sum() == 0:
        return None
    agree = agreement_weights(np.arange(len(table), dtype=np.float64), weights=weights)
    return _number(kappa_of(counts, agree=agree))


def gwet_ac(
    *, ratings: Ratings, weights: Weights = "quadratic", labels: Sequence[float] | None = None
) -> float | None:
    """Return Gwet's AC1 (``none``) or AC2: agreement beyond chance that stays sane when one label dominates.

    Parameters
    ----------
    ratings
        Raters x items; ``None`` is a missing rating.
    labels
        The labels there are; those seen, if left out.

    Returns
    -------
    float or None
        At most 1. ``None`` without two ratings of one item, or with a single label. With `labels` given, ratings that
        are all equal agree fully: 1.0.

    Raises
    ------
    ValueError
        If raters have different numbers of items, or a rating is NaN, infinite or not among the labels.

    References
    ----------
    .. [1] Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed., chapters 2 and 3.

    Examples
    --------
    >>> gwet_ac(ratings=[[5, 5, 5], [5, 5, 5]], labels=[1, 2, 3, 4, 5])
    1.0
    """
    known, counts = rating_table(ratings=ratings, labels=labels)
    total = counts.sum(axis=1)
    counts, total = counts[total > 0], total[total > 0]
    rated = total > 1
    if not rated.any():
        return None
    agree = agreement_weights(known, weights=weights)
    several, their = counts[rated], total[rated]
    seen = (several * (several @ agree - 1)).sum(axis=1) / (their * (their - 1))
    prevalence = np.sort(counts / total[:, None], axis=0).mean(axis=0)
    return _number(gwet_of(np.sort(seen).mean(), prevalence, agree=agree))


def intraclass_correlation(*, ratings: Sequence[Sequence[float]]) -> float | None:
    """Return ICC(2,1): how far one rating of one rater can be relied on, raters being a sample of raters.

    Parameters
    ----------
    ratings
        Targets x raters, none missing, on an interval scale.

    Returns
    -------
    float or None
        At most 1; estimates can fall below 0. ``None`` below two targets or two raters, and when all ratings are equal.

    Raises
    ------
    ValueError
        If a target lacks a rating, or one is NaN or infinite.

    References
    ----------
    .. [1] Shrout and Fleiss (1979), Psychological Bulletin 86, 420-428.

    Examples
    --------
    >>> round(intraclass_correlation(ratings=[[1, 2], [3, 4], [5, 6]]), 3)
    0.889
    """
    if len({len(row) for row in ratings}) > 1:
        msg = "every target needs a rating by every rater"
        raise ValueError(msg)
    given = np.array(sorted(tuple(row) for row in ratings), dtype=np.float64)
    if not np.isfinite(given).all():
        msg = "a rating is a finite number"
        raise ValueError(msg)
    n, k = len(ratings), len(ratings[0]) if ratings else 0
    if n < 2 or k < 2 or given.min() == given.max():
        return None
    centre = given.mean()
    rows, columns = given.mean(axis=1) - centre, given.mean(axis=0) - centre
    residual = given - centre - rows[:, None] - columns[None, :]
    targets = k * (rows**2).sum() / (n - 1)
    raters = n * (columns**2).sum() / (k - 1)
    error = (residual**2).sum() / ((n - 1) * (k - 1))
    below = targets + (k - 1) * error + k * (raters - error) / n
    return float((targets - error) / below) if below > 1e-12 * float((given**2).max()) else None


def _number(value: Floats | np.float64) -> float | None:
    return float(value) if np.isfinite(value) else None
