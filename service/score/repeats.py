"""How far a judge agrees with itself, and how many repeats make up for what it does not."""

import math
from collections.abc import Hashable, Sequence

from service.domain.estimates import Estimate, undefined
from service.score.chance import Level, Ratings, alpha_of, coincidences, rating_table
from service.score.resampling import bootstrap_interval, cluster_names, cluster_totals
from service.score.samples import probability


def repeatability(
    *,
    ratings: Ratings,
    clusters: Sequence[Hashable] | None = None,
    level: Level = "ordinal",
    confidence: float = 0.95,
    draws: int = 2_000,
    seed: int = 0,
) -> Estimate:
    """Return Krippendorff's alpha of a judge's repeated scores of the same answers, with its interval.

    Parameters
    ----------
    ratings
        Repeats x answers; ``None`` is missing.
    clusters
        The prompt of each answer: prompts are resampled whole.

    Returns
    -------
    Estimate
        Undefined without an answer that was scored twice, and where all scores are equal. `n` counts the prompts that
        have such an answer. Where no two repeats differ the value is 1 and the interval has no lower end.

    Raises
    ------
    ValueError
        If repeats have different numbers of answers, or a rating is NaN or infinite.

    Examples
    --------
    >>> repeatability(ratings=[[1, 2, 5, 4, 3], [1, 3, 5, 4, 3]]).n
    5
    """
    probability(confidence, name="confidence")
    labels, counts = rating_table(ratings=ratings)
    k = len(labels)
    names = cluster_names(clusters, n=len(counts))
    several = counts.sum(axis=1) > 1
    if not several.any():
        return undefined("no answer was scored twice")
    rows = coincidences(counts[several]).reshape(-1, k * k)
    totals = cluster_totals(
        rows=rows, clusters=[name for name, twice in zip(names, several, strict=True) if twice]
    )
    return bootstrap_interval(
        totals=totals,
        statistic=lambda total: alpha_of(total.reshape(*total.shape[:-1], k, k), labels=labels, level=level),
        limits=(-1.0, 1.0),
        confidence=confidence,
        draws=draws,
        seed=seed,
    )


def repeats_needed(*, reliability: float, target: float = 0.8) -> int:
    """Return over how many repeats a judge's scores must be averaged to reach a reliability.

    Parameters
    ----------
    reliability, target
        Of one score, and of their mean; both between 0 and 1.

    Raises
    ------
    ValueError
        If either is not between 0 and 1.

    References
    ----------
    .. [1] Spearman (1910) and Brown (1910), British Journal of Psychology 3, 271-295 and 296-322.

    Examples
    --------
    >>> repeats_needed(reliability=0.5)
    4
    """
    probability(reliability, name="reliability")
    probability(target, name="target")
    return max(1, math.ceil(target * (1 - reliability) / (reliability * (1 - target)) - 1e-9))
