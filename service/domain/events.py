"""Event: something that happened to an evaluation, numbered, as those who follow it are told."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.domain.evaluations import Progress, Status


class EventType(StrEnum):
    """What sort of thing happened."""

    STATE = "state"
    PROGRESS = "progress"
    WARNING = "warning"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What an event says; which fields are set hangs on its type.

    Attributes
    ----------
    status, attempt, resumed, reason
        Of ``state`` and ``done``; `resumed` tells that work goes on which an earlier process began.
    progress
        Of ``progress``: how far it is, everything counted from the start.
    warning, candidate, prompt
        Of ``warning``: what went wrong for good, and with what.
    """

    status: Status | None = None
    attempt: int | None = None
    resumed: bool = False
    reason: str | None = None
    progress: Progress | None = None
    warning: str | None = None
    candidate: str | None = None
    prompt: str | None = None

    @property
    def type(self) -> EventType:
        """The sort of event that this is."""
        if self.progress is not None:
            return EventType.PROGRESS
        if self.warning is not None:
            return EventType.WARNING
        return EventType.DONE if self.status is not None and self.status.over else EventType.STATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A happening with its number, which only ever grows within an evaluation, and its moment."""

    seq: int
    at: datetime
    what: Happening

    @property
    def type(self) -> EventType:
        """The sort of event that this is."""
        return self.what.type
