"""Look: one moment at which the judging asked whether more of it can still change the choice, and what it decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look and its decision; the looks of an evaluation in order are the path by which it stopped.

    Attributes
    ----------
    number
        From 1.
    judged
        Prompts of each candidate whose answers the judge was given by then.
    stop
        Whether the judging ended here; `reason` says why, or why not.
    leader, challenger
        The candidate with the highest score, and the other one most likely to be good enough.
    dropped
        Who got no more prompts, for want of chances.
    strikes
        How many looks in a row each candidate was hopeless.
    ask
        Whose answers are judged next.
    """

    number: int
    judged: Mapping[str, int]
    stop: bool
    reason: str
    leader: str | None = None
    challenger: str | None = None
    dropped: tuple[str, ...] = ()
    strikes: Mapping[str, int] = field(default_factory=dict)
    ask: tuple[str, ...] = ()
