"""The cluster bootstrap for a statistic of totals, such as a coefficient of agreement."""

import math
from collections.abc import Callable, Hashable, Sequence

import numpy as np

from service.domain.estimates import Estimate, undefined
from service.score.chance import Floats
from service.score.tails import t_beyond, z_beyond

MOST_UNDEFINED = 0.05
"""Share of resamples that may be undefined before the interval is too."""


def cluster_names(clusters: Sequence[Hashable] | None, *, n: int) -> Sequence[Hashable]:
    """Return the cluster of each of `n` items; every item is its own where none is given.

    Raises
    ------
    ValueError
        If there is not one per item.

    Examples
    --------
    >>> list(cluster_names(None, n=3))
    [0, 1, 2]
    """
    names: Sequence[Hashable] = range(n) if clusters is None else clusters
    if len(names) != n:
        msg = f"every answer needs its prompt: there are {n} answers and {len(names)} prompts"
        raise ValueError(msg)
    return names


def cluster_totals(*, rows: Floats, clusters: Sequence[Hashable]) -> Floats:
    """Add up the rows of each cluster, and sort the sums, so that the order of the data cannot matter.

    Parameters
    ----------
    rows
        Shape (items, columns).
    clusters
        The cluster of each item.

    Returns
    -------
    array of float, shape (clusters, columns)

    Examples
    --------
    >>> cluster_totals(rows=np.array([[1.0], [2.0], [4.0]]), clusters=["p", "q", "p"]).tolist()
    [[2.0], [5.0]]
    """
    place = {name: index for index, name in enumerate(dict.fromkeys(clusters))}
    where = np.array([place[name] for name in clusters])
    # by cluster, then by content: sums of a cluster are then taken in the same order, however the items came
    order = np.lexsort((*rows.T, where))
    totals = np.zeros((len(place), rows.shape[1]))
    np.add.at(totals, where[order], rows[order])
    return totals[np.lexsort(totals.T)]


def bootstrap_interval(
    *,
    totals: Floats,
    statistic: Callable[[Floats], Floats],
    limits: tuple[float, float],
    confidence: float,
    draws: int,
    seed: int,
    pessimist: Floats | None = None,
) -> Estimate:
    """Return a statistic of the sum over clusters, with an interval from resampling whole clusters.

    Parameters
    ----------
    totals
        Shape (clusters, columns), in canonical order.
    statistic
        From totals of shape (..., columns) to numbers of shape (...), NaN where it is undefined.
    limits
        Ends of the statistic's range.
    pessimist
        Totals that the lower end must reach down to, for data that never vary.

    Returns
    -------
    Estimate
        Undefined where the statistic is; `n` counts clusters. No interval for one cluster, where more than a twentieth
        of the resamples are undefined, or where the resamples never differ and there is no `pessimist`.

    Examples
    --------
    >>> found = bootstrap_interval(
    ...     totals=np.array([[0.0], [1.0], [1.0], [1.0]]),
    ...     statistic=lambda total: total[..., 0] / 4,
    ...     limits=(0.0, 1.0), confidence=0.95, draws=2000, seed=0,
    ... )
    >>> found.value, found.high
    (0.75, 1.0)
    """
    n = len(totals)
    value = float(statistic(totals.sum(axis=0)))
    if not math.isfinite(value):
        return undefined("no variance: all ratings are equal", n=n)
    if n == 1:
        return Estimate(value=value, low=None, high=None, n=1, reason="one prompt has no interval")
    counts = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=draws)
    drawn = statistic(np.einsum("dc,ck->dk", counts, totals))
    defined = drawn[np.isfinite(drawn)]
    if defined.size < (1 - MOST_UNDEFINED) * draws:
        share = 1 - defined.size / draws
        reason = f"no interval: {share:.0%} of the resamples do not vary"
        return Estimate(value=value, low=None, high=None, n=n, reason=reason)
    tail = (1 - confidence) / 2
    stretch = t_beyond(tail, degrees_of_freedom=n - 1) / z_beyond(tail) * math.sqrt(n / (n - 1))
    low, high = (value + (float(end) - value) * stretch for end in np.quantile(defined, [tail, 1 - tail]))
    low, high = max(limits[0], min(low, value)), min(limits[1], max(high, value))
    if pessimist is not None:
        low = min(low, float(statistic(pessimist)))
    elif np.ptp(defined) == 0:
        reason = "no interval: the resamples never differ"
        return Estimate(value=value, low=None, high=None, n=n, reason=reason)
    return Estimate(value=value, low=low, high=high, n=n)
