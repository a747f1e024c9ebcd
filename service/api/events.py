"""What happens to an evaluation, as it happens: a stream that can be taken up again, or the same facts page by page."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import Stream

from service.api.event_replies import (
    HEARTBEAT,
    RETRY_MILLISECONDS,
    EventPage,
    event_reply,
    written,
)
from service.api.formats import EVENT_STREAM, JSON, choose
from service.api.parameters import EvaluationId, FormatName, Limit
from service.api.problems import documented
from service.api.serving import Serving, Wired
from service.errors import Fault, Invalid
from service.store import evaluations as store
from service.store import events

After = Annotated[
    int | None,
    QueryParameter(
        ge=0, le=2**53, description="Number of the last event that is known; wins over Last-Event-ID."
    ),
]
LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID", description="What a client sends by itself when it connects again."
    ),
]
NO_STORE = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Vary": "Accept"}

FORMATS = (EVENT_STREAM, JSON)


@get(
    "/evaluations/{evaluation_id:uuid}/events",
    operation_id="follow_evaluation",
    opt={"formats": FORMATS},
    tags=["evaluations"],
    responses={
        200: ResponseSpec(
            EventPage,
            generate_examples=False,
            description="Events, or with Accept: text/event-stream a stream of them",
        ),
        204: ResponseSpec(
            None, generate_examples=False, description="It is over, and there is nothing behind the number"
        ),
        **documented("not-found", "not-acceptable", "invalid"),
    },
)
async def follow(
    request: Request[Any, Any, Any],
    evaluation_id: EvaluationId,
    serving: Wired,
    after: After = None,
    last_event_id: LastEventId = None,
    limit: Limit = 200,
    format_: FormatName = None,
) -> Response[EventPage] | Stream | Response[None]:
    """Follow an evaluation: states, progress at most twice a second, warnings, and ``done`` at the end.

    Events are stored: who comes back with the number of the last one seen misses nothing and sees nothing twice, also
    after the service was restarted. Without a number it begins at the first.
    """
    kind = choose(request, format_, FORMATS)
    evaluation = str(evaluation_id)
    known = after if after is not None else _number(last_event_id)
    status = await store.status_of(serving.database, evaluation)
    if kind is JSON:
        return await _page(serving, evaluation, known, limit)
    if status.over and not await events.since(serving.database, evaluation, known, limit=1):
        return Response(None, status_code=204, headers=NO_STORE)
    serving.streams.admit()
    return Stream(_stream(serving, evaluation, known), media_type=EVENT_STREAM.media_type, headers=NO_STORE)


async def _page(serving: Serving, evaluation: str, known: int, limit: int) -> Response[EventPage]:
    found = await events.since(serving.database, evaluation, known, limit=limit)
    # Asked after the events: what is over by now was not over before its last event was there.
    status = await store.status_of(serving.database, evaluation)
    last = found[-1].seq if found else known
    over = status.over and not await events.since(serving.database, evaluation, last, limit=1)
    page = EventPage(items=[event_reply(event) for event in found], after=last, over=over)
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    if not over and len(found) < limit:
        headers["Retry-After"] = "1"
    return Response(page, headers=headers)


async def _stream(serving: Serving, evaluation: str, known: int) -> AsyncIterator[bytes]:
    yield b"retry: %d\n\n" % RETRY_MILLISECONDS
    async for event in serving.streams.follow(evaluation, known):
        yield HEARTBEAT if event is None else written(event)


def _number(last_event_id: str | None) -> int:
    """Return the number that a client remembers; none means from the start."""
    if last_event_id is None or last_event_id == "":
        return 0
    if last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 16:
        return int(last_event_id)
    detail = "send the id of the last event that you have, or leave the header away"
    raise Invalid(f"Last-Event-ID: {detail}.", [Fault(pointer="", parameter="Last-Event-ID", detail=detail)])
