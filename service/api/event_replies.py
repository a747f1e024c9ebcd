"""Wire objects of events, and how they are written into a stream."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from service.api.replies import ProgressReply, Reply
from service.api.shown import progress_reply
from service.domain.events import Event

RETRY_MILLISECONDS = 2000
HEARTBEAT = b": still here\n\n"


class EventReply(Reply, frozen=True, kw_only=True, omit_defaults=True):
    """One event; which fields it has hangs on its type.

    ``state`` and ``done`` have status and attempt, ``progress`` has everything counted from the start, ``warning`` says
    what was given up.
    """

    seq: int
    type: Literal["state", "progress", "warning", "done"]
    at: datetime
    status: str | UnsetType = UNSET
    attempt: int | UnsetType = UNSET
    resumed: bool | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    progress: ProgressReply | UnsetType = UNSET
    warning: str | UnsetType = UNSET
    candidate: str | UnsetType = UNSET
    prompt: str | UnsetType = UNSET


class EventPage(Reply, frozen=True, kw_only=True):
    """Events in order. `after` is for the next request; with `over` there will be none behind it."""

    items: list[EventReply]
    after: int
    over: bool


def event_reply(event: Event) -> EventReply:
    """Return an event as it is served."""
    what = event.what
    return EventReply(
        seq=event.seq,
        type=event.type.value,
        at=event.at,
        status=UNSET if what.status is None else what.status.value,
        attempt=UNSET if what.attempt is None else what.attempt,
        resumed=what.resumed or UNSET,
        reason=what.reason or UNSET,
        progress=UNSET if what.progress is None else progress_reply(what.progress),
        warning=what.warning or UNSET,
        candidate=what.candidate or UNSET,
        prompt=what.prompt or UNSET,
    )


def written(event: Event) -> bytes:
    """Return an event as a message of a stream; its data is one line, for JSON has no line ends of its own."""
    data = msgspec.json.encode(event_reply(event))
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, event.type.value.encode(), data)
