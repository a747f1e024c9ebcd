"""Claims: what verdicts on many figures come to once their number is allowed for."""

from collections.abc import Sequence
from dataclasses import replace

from service.domain.comparisons import Compared, Outcome
from service.score.multiplicity import holm


def settled(
    *, matches: Sequence[Sequence[Compared]], confidence: float = 0.95
) -> tuple[tuple[Compared, ...], ...]:
    """Return the figures after Holm: a claim that does not survive the number of claims is ``inconclusive``.

    Parameters
    ----------
    matches
        The figures of every pair that is compared at once; all that were tested are one family.
    """
    tested = [one.p_value for match in matches for one in match if one.p_value is not None]
    adjusted = iter(holm(p_values=tested))
    return tuple(
        tuple(
            one if one.p_value is None else _claimed(one, p_adjusted=next(adjusted), alpha=1 - confidence)
            for one in match
        )
        for match in matches
    )


def outcome(verdicts: Sequence[Outcome]) -> Outcome:
    """Return what several verdicts come to.

    Examples
    --------
    >>> outcome(["better", "worse"]), outcome(["equivalent", "inconclusive"]), outcome(["worse", "equivalent"])
    ('mixed', 'inconclusive', 'worse')
    """
    seen = set(verdicts)
    if "mixed" in seen or {"better", "worse"} <= seen:
        return "mixed"
    if "worse" in seen:
        return "worse"
    if "better" in seen:
        return "better"
    return "equivalent" if seen == {"equivalent"} else "inconclusive"


def _claimed(one: Compared, *, p_adjusted: float, alpha: float) -> Compared:
    lost = one.verdict in {"better", "worse"} and p_adjusted > alpha
    return replace(one, p_adjusted=p_adjusted, verdict="inconclusive" if lost else one.verdict)
