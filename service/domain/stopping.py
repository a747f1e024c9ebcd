"""Stopping early: what an evaluation was told about it, and each look at whether more judging could change the choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

MINIMUM_PROMPTS = 20
"""Nothing is decided before so many prompts are judged."""

Decision = Literal["go_on", "stop", "out_of_time"]
"""After a look: judge the next batch, or no more. ``out_of_time``: nobody looked, the time budget was over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopWhen:
    """When judging may stop before its end.

    Attributes
    ----------
    confidence
        How sure it shall be, over all looks together, that the first-ranked is within the profile's epsilon of the best.
    batch
        Prompts between two looks.
    """

    confidence: float = 0.95
    batch: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at the ranking after a batch; it is kept, so that a resumed run neither looks again nor asks more.

    Attributes
    ----------
    number
        1 is the first.
    prompts
        So many prompts were judged by then, for all candidates, in the order of `Spec.drawn_order`.
    leader, p_within
        Who came first, and its P(within epsilon of the best); ``None`` where nobody could be ranked.
    bar
        What `p_within` had to reach; ``None`` where there was nobody to rank.
    reason
        Why; where the time was over, what was not reached.
    """

    evaluation: str
    number: int
    prompts: int
    leader: str | None
    p_within: float | None
    bar: float | None
    decision: Decision
    reason: str
    created_at: datetime


def taken(looks: Sequence[Look]) -> tuple[Look, ...]:
    """Return the looks that were taken: the note that the time was over is none."""
    return tuple(one for one in looks if one.decision != "out_of_time")


def overtaken(looks: Sequence[Look]) -> Look | None:
    """Return the note that the time was over before all was judged; ``None`` where there is none."""
    return next((one for one in looks if one.decision == "out_of_time"), None)


def looks_at(*, prompts: int, batch: int, judges: int = 1) -> tuple[int, ...]:
    """Return after how many prompts to look; the last number is all of them, after which nothing is left to decide.

    Several judges have to be loaded anew for each batch, so their batches double: few loads, and never more than twice
    as many prompts as were needed.

    Examples
    --------
    >>> looks_at(prompts=55, batch=10)
    (20, 30, 40, 50, 55)
    >>> looks_at(prompts=200, batch=10, judges=3)
    (20, 40, 80, 160, 200)
    >>> looks_at(prompts=12, batch=10)
    (12,)
    """
    found: list[int] = []
    at = max(MINIMUM_PROMPTS, batch)
    while at < prompts:
        found.append(at)
        at = at * 2 if judges > 1 else at + batch
    return (*found, prompts)
