"""Several claims at once: Holm's adjustment, and all pairs of candidates compared under it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from service.score.paired import Comparison, paired_difference


def holm(*, p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjust p-values so that the chance of any false claim stays below the level.

    Parameters
    ----------
    p_values
        One per claim, in any order.

    Returns
    -------
    tuple of float
        Adjusted p-values in the order given, at most 1; empty for none. A claim holds at level alpha if its adjusted
        p-value is at most alpha. Equal p-values stay equal.

    Raises
    ------
    ValueError
        If a p-value is not between 0 and 1.

    Notes
    -----
    Step down: the k-th smallest of m is multiplied by m - k + 1, and none is smaller than the one before it.

    References
    ----------
    .. [1] Holm (1979), Scandinavian Journal of Statistics 6, 65-70.

    Examples
    --------
    >>> holm(p_values=[0.01, 0.04, 0.03, 0.005])
    (0.03, 0.06, 0.06, 0.02)
    """
    for p in p_values:
        if not 0 <= p <= 1:
            msg = f"a p-value lies between 0 and 1, and {p} does not"
            raise ValueError(msg)
    adjusted = [0.0] * len(p_values)
    floor = 0.0
    for done, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        floor = min(1.0, max(floor, p_values[index] * (len(p_values) - done)))
        adjusted[index] = float(floor)
    return tuple(adjusted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What is known of `first` against `second`."""

    first: str
    second: str
    comparison: Comparison


def compare_all(
    *,
    by_prompt: Mapping[str, Sequence[float | None]],
    epsilon: float,
    confidence: float = 0.95,
    power: float = 0.8,
    step: float = 1.0,
) -> tuple[Pair, ...]:
    """Compare every two candidates prompt by prompt, with Holm over the whole family.

    Parameters
    ----------
    by_prompt
        Per candidate one value per prompt, all in the same order of prompts, higher is better; ``None`` if missing.
    epsilon, confidence, power, step
        As for `service.score.paired.paired_difference`.

    Returns
    -------
    tuple of Pair
        Every two names once, in alphabetical order, whatever the order given; empty below two candidates. Intervals
        are each pair's own. ``better`` and ``worse`` survive only where the adjusted p-value does; adding a candidate
        can therefore turn them into ``inconclusive``, and changes nothing else about a pair.

    Raises
    ------
    ValueError
        As for `paired_difference`.

    Examples
    --------
    >>> pairs = compare_all(by_prompt={"b": [3, 3, 4, 3], "a": [4, 4, 5, 4]}, epsilon=0.1)
    >>> [(pair.first, pair.second, pair.comparison.verdict) for pair in pairs]
    [('a', 'b', 'better')]
    """
    found = [
        Pair(
            first=first,
            second=second,
            comparison=paired_difference(
                a=by_prompt[first],
                b=by_prompt[second],
                epsilon=epsilon,
                confidence=confidence,
                power=power,
                step=step,
            ),
        )
        for first, second in combinations(sorted(by_prompt), 2)
    ]
    # a pair without a p-value claims nothing, so it does not count in the family
    tested = [(i, p) for i, pair in enumerate(found) if (p := pair.comparison.p_value) is not None]
    adjusted = dict(zip([i for i, _ in tested], holm(p_values=[p for _, p in tested]), strict=True))
    return tuple(
        replace(pair, comparison=_claim(pair.comparison, p_adjusted=adjusted[i], alpha=1 - confidence))
        if i in adjusted
        else pair
        for i, pair in enumerate(found)
    )


def _claim(comparison: Comparison, *, p_adjusted: float, alpha: float) -> Comparison:
    claims = comparison.verdict in {"better", "worse"}
    verdict = "inconclusive" if claims and p_adjusted > alpha else comparison.verdict
    return replace(comparison, p_adjusted=p_adjusted, verdict=verdict)
