"""Events: what happened to an evaluation, numbered, written in the transaction of what it tells about.

The number is one more than the highest stored, taken under the lock of the evaluation's row: it grows strictly, whoever
writes and however often the process is killed, and it becomes visible in its own order. How many there are is bounded:
old progress, which later progress repeats, is dropped; so are warnings beyond a number, and the last one says so.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa

from service.domain.events import Event, EventType, Happening
from service.store.database import Database, reading, written
from service.store.progress import Counts, count_within
from service.store.tables import EvaluationRow, EventRow

MOST_PROGRESS = 1000
MOST_WARNINGS = 200
PRUNED_EVERY = 100

Tell = Callable[[Counts], Happening]
"""Says how far an evaluation is, given what is kept by now."""


def add(connection: sa.Connection, evaluation: str, what: Happening) -> None:
    """Add an event within a transaction; `News.tell` is due once it is committed."""
    if connection.dialect.name != "sqlite":
        # SQLite has locked everything by now.
        connection.execute(
            sa.select(EvaluationRow.id).where(EvaluationRow.id == evaluation).with_for_update()
        )
    if what.type is EventType.WARNING:
        told = _how_many(connection, evaluation, EventType.WARNING)
        if told >= MOST_WARNINGS:
            return
        if told == MOST_WARNINGS - 1:
            what = replace(what, warning=f"{what.warning} Further warnings are left to the report.")
    row = {
        "which": evaluation,
        "evaluation": evaluation,
        "type": what.type.value,
        "moment": datetime.now(UTC),
        "payload": what,
    }
    if connection.execute(_NEXT, row).scalar_one() % PRUNED_EVERY == 0:
        connection.execute(_outdated(evaluation))


def add_progress(connection: sa.Connection, evaluation: str, tell: Tell) -> None:
    """Add what `tell` says of everything kept so far, this transaction included."""
    add(connection, evaluation, tell(count_within(connection, evaluation)))


async def record(database: Database, evaluation: str, what: Happening | Tell) -> None:
    """Add an event in a transaction of its own, where there is no other row to go with."""

    def work(connection: sa.Connection) -> None:
        if isinstance(what, Happening):
            add(connection, evaluation, what)
        else:
            add_progress(connection, evaluation, what)

    await written(database, work)
    database.news.tell(evaluation)


async def since(database: Database, evaluation: str, seq: int, limit: int = 500) -> tuple[Event, ...]:
    """Return up to `limit` events behind number `seq`, in order."""
    query = (
        sa.select(EventRow)
        .where(EventRow.evaluation == evaluation, EventRow.seq > seq)
        .order_by(EventRow.seq)
        .limit(limit)
    )
    async with reading(database) as connection:
        rows = (await connection.execute(query)).all()
    return tuple(Event(seq=row.seq, at=row.moment, what=row.payload) for row in rows)


async def last(database: Database, evaluation: str, kind: EventType | None = None) -> Event | None:
    """Return the newest event, of one sort where a sort is given; ``None`` if there is none."""
    query = sa.select(EventRow).where(EventRow.evaluation == evaluation)
    if kind is not None:
        query = query.where(EventRow.type == kind.value)
    async with reading(database) as connection:
        row = (await connection.execute(query.order_by(EventRow.seq.desc()).limit(1))).one_or_none()
    return None if row is None else Event(seq=row.seq, at=row.moment, what=row.payload)


def _how_many(connection: sa.Connection, evaluation: str, kind: EventType) -> int:
    query = sa.select(sa.func.count()).where(EventRow.evaluation == evaluation, EventRow.type == kind.value)
    return connection.execute(query).scalar_one()


def _outdated(evaluation: str) -> sa.Delete:
    """Delete progress that has `MOST_PROGRESS` newer ones."""
    own = (EventRow.evaluation == evaluation, EventRow.type == EventType.PROGRESS.value)
    newest = (
        sa.select(EventRow.seq)
        .where(*own)
        .order_by(EventRow.seq.desc())
        .offset(MOST_PROGRESS)
        .limit(1)
        .scalar_subquery()
    )
    return sa.delete(EventRow).where(*own, EventRow.seq <= newest)


_NEXT = (
    sa.insert(EventRow)
    .values(
        seq=sa.select(sa.func.coalesce(sa.func.max(EventRow.seq), 0) + 1)
        .where(EventRow.evaluation == sa.bindparam("which", type_=sa.Text))
        .scalar_subquery()
    )
    .returning(EventRow.seq)
)
