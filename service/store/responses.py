"""Responses: kept answers, each exactly once under its natural key."""

from typing import Any

import sqlalchemy as sa

from service.domain.responses import Response, Slot, Timing
from service.store import events
from service.store.database import Database, each, reading, written
from service.store.once import insert_once
from service.store.tables import ResponseRow

CANONICAL = (
    ResponseRow.candidate,
    ResponseRow.prompt,
    ResponseRow.pass_number,
    ResponseRow.round_number,
)


async def keep(database: Database, response: Response, tell: events.Tell | None = None) -> bool:
    """Keep an answer; ``False`` when its slot was filled already, and then the first answer stays.

    `tell`, where it is given, says in the same transaction how far the evaluation is with it.
    """
    statement = insert_once(database, ResponseRow).returning(ResponseRow.asked_as)

    def work(connection: sa.Connection) -> bool:
        new = connection.execute(statement, row_of(response)).one_or_none() is not None
        if tell is not None:
            events.add_progress(connection, response.evaluation, tell)
        return new

    new = await written(database, work, at_once=True)
    if tell is not None:
        database.news.tell(response.evaluation)
    return new


async def kept_slots(database: Database, evaluation: str) -> frozenset[Slot]:
    """Return the slots that are filled."""
    query = sa.select(*CANONICAL).where(ResponseRow.evaluation == evaluation)
    async with reading(database) as connection:
        return frozenset(await each(await connection.execute(query), _slot))


async def all_of(database: Database, evaluation: str) -> tuple[Response, ...]:
    """Return every kept answer, ordered by candidate, prompt, pass and round."""
    query = sa.select(ResponseRow).where(ResponseRow.evaluation == evaluation).order_by(*CANONICAL)
    async with reading(database) as connection:
        return await each(await connection.execute(query), _response)


async def page(
    database: Database,
    evaluation: str,
    *,
    candidate: str | None = None,
    prompt: str | None = None,
    after: Slot | None = None,
    limit: int = 50,
) -> tuple[Response, ...]:
    """Return up to `limit` answers in canonical order, from behind the slot `after`."""
    query = sa.select(ResponseRow).where(ResponseRow.evaluation == evaluation)
    if candidate is not None:
        query = query.where(ResponseRow.candidate == candidate)
    if prompt is not None:
        query = query.where(ResponseRow.prompt == prompt)
    if after is not None:
        behind = sa.tuple_(after.candidate, after.prompt, after.pass_number, after.round_number)
        query = query.where(sa.tuple_(*CANONICAL) > behind)
    async with reading(database) as connection:
        rows = (await connection.execute(query.order_by(*CANONICAL).limit(limit))).all()
    return tuple(_response(row) for row in rows)


def row_of(response: Response) -> dict[str, Any]:
    """Return the row that an answer is kept as."""
    slot, timing = response.slot, response.timing
    return {
        "evaluation": response.evaluation,
        "candidate": slot.candidate,
        "prompt": slot.prompt,
        "pass_number": slot.pass_number,
        "round_number": slot.round_number,
        "load": response.load,
        "text": response.text,
        "finish": response.finish,
        "first_ns": timing.first,
        "last_ns": timing.last,
        "end_ns": timing.end,
        "prompt_tokens": timing.prompt_tokens,
        "completion_tokens": timing.completion_tokens,
        "chunks": timing.chunks,
        "first_visible_ns": timing.first_visible,
        "first_tokens": timing.first_tokens,
        "hidden_tokens": timing.hidden_tokens or None,
        "server_reported": dict(timing.server_reported) or None,
        "asked_as": response.order,
        "created_at": response.created_at,
    }


def _slot(row: sa.Row[*tuple[Any, ...]]) -> Slot:
    return Slot(
        candidate=row.candidate,
        prompt=row.prompt,
        pass_number=row.pass_number,
        round_number=row.round_number,
    )


def _response(row: sa.Row[Any]) -> Response:
    return Response(
        evaluation=row.evaluation,
        slot=_slot(row),
        load=row.load,
        text=row.text,
        finish=row.finish,
        timing=Timing(
            first=row.first_ns,
            last=row.last_ns,
            end=row.end_ns,
            prompt_tokens=row.prompt_tokens,
            completion_tokens=row.completion_tokens,
            chunks=row.chunks,
            first_visible=row.first_visible_ns,
            first_tokens=row.first_tokens or 1,
            hidden_tokens=row.hidden_tokens or 0,
            server_reported=row.server_reported or {},
        ),
        order=row.asked_as,
        created_at=row.created_at,
    )
