"""What comes in: finite numbers, ``None`` for a missing one, prompts as the unit of replication.

Everything that follows first passes through here, so that a NaN is refused at the door and sums do not depend on the
order in which prompts happen to arrive.
"""

import math
from collections.abc import Hashable, Sequence


def present(*, values: Sequence[float | None], name: str) -> list[float]:
    """Drop the missing values and refuse those that are no numbers.

    Returns
    -------
    list of float
        In the order given; empty when everything is missing.

    Raises
    ------
    ValueError
        If a value is NaN or infinite: missing is ``None``, never NaN.

    Examples
    --------
    >>> present(values=[4, None, 5], name="by_prompt")
    [4.0, 5.0]
    """
    kept = [float(value) for value in values if value is not None]
    if not all(map(math.isfinite, kept)):
        strange = next(value for value in kept if not math.isfinite(value))
        msg = f"{name} holds {strange}; it takes finite numbers, and None for a missing one"
        raise ValueError(msg)
    return kept


def mean(values: Sequence[float]) -> float:
    """Return the mean, rounded once, so that neither the order nor the number of equal values changes it.

    Parameters
    ----------
    values
        At least one finite number.

    Examples
    --------
    >>> mean([0.1] * 10)
    0.1
    """
    return min(max(math.fsum(values) / len(values), min(values)), max(values))


def variance(values: Sequence[float]) -> float:
    """Return the sample variance (ddof 1) of at least two finite numbers; 0.0 exactly when all are equal.

    Examples
    --------
    >>> variance([1.0, 2.0, 3.0])
    1.0
    """
    centre = mean(values)
    return math.fsum((value - centre) ** 2 for value in values) / (len(values) - 1)


def prompt_means(*, samples: Sequence[Sequence[float | None]]) -> tuple[float | None, ...]:
    """Average the rounds of each prompt, because the prompt is the unit of replication.

    Parameters
    ----------
    samples
        Per prompt the values of its rounds, in any unit; ``None`` for a missing round.

    Returns
    -------
    tuple of float or None
        One mean per prompt, over the rounds that are there; ``None`` for a prompt without any.

    Raises
    ------
    ValueError
        If a value is NaN or infinite.

    Notes
    -----
    Counting every round as a datum of its own makes nominal 95 % intervals cover 73 to 82 % [1]_.

    References
    ----------
    .. [1] Miller (2024), Adding Error Bars to Evals, arXiv:2411.00640, section 2.2.

    Examples
    --------
    >>> prompt_means(samples=[(4, 5), (3, None), (None,)])
    (4.5, 3.0, None)
    """
    rounds = [present(values=values, name="samples") for values in samples]
    return tuple(mean(values) if values else None for values in rounds)


def paired(*, a: Sequence[float | None], b: Sequence[float | None]) -> list[tuple[float, float]]:
    """Keep the prompts that have a value on both sides.

    Raises
    ------
    ValueError
        If the two are not of the same length, or a value is NaN or infinite.

    Examples
    --------
    >>> paired(a=[4, None, 5], b=[3, 3, None])
    [(4.0, 3.0)]
    """
    if len(a) != len(b):
        msg = f"a paired comparison needs the same prompts on both sides, not {len(a)} and {len(b)}"
        raise ValueError(msg)
    present(values=a, name="a")
    present(values=b, name="b")
    return [(float(x), float(y)) for x, y in zip(a, b, strict=True) if x is not None and y is not None]


def clustered(*, values: Sequence[float], clusters: Sequence[Hashable]) -> list[list[float]]:
    """Gather the values of each cluster, clusters in order of their first appearance.

    Raises
    ------
    ValueError
        If there is not one cluster per value.

    Examples
    --------
    >>> clustered(values=[1.0, 2.0, 3.0], clusters=["p", "q", "p"])
    [[1.0, 3.0], [2.0]]
    """
    if len(values) != len(clusters):
        msg = f"every value needs its cluster: there are {len(values)} values and {len(clusters)} clusters"
        raise ValueError(msg)
    groups: dict[Hashable, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        groups.setdefault(cluster, []).append(value)
    return list(groups.values())


def probability(value: float, *, name: str) -> float:
    """Return `value` if it lies strictly between 0 and 1.

    Raises
    ------
    ValueError
        If it does not.

    Examples
    --------
    >>> probability(0.95, name="confidence")
    0.95
    """
    if not 0.0 < value < 1.0:
        msg = f"{name} lies between 0 and 1, both excluded, and {value} does not"
        raise ValueError(msg)
    return value
