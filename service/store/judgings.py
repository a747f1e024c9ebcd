"""Judgings: evaluations that take over another one's answers, and verdicts taken over from wherever they were given."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute
from uuid_utils.compat import uuid7

from service.domain.evaluations import Evaluation
from service.domain.receipts import Receipt
from service.store import receipts
from service.store.database import Database, reading, writing
from service.store.evaluations import from_row, insert
from service.store.once import insert_once
from service.store.queueing import hold_to
from service.store.tables import AttemptRow, Base, EvaluationRow, LoadRow, ResponseRow, VerdictRow

AT_ONCE = 500
"""Keys in one statement: databases take only so many parameters."""
_TAKEN_STAGES = ("load", "answer")


async def add(
    database: Database,
    evaluation: Evaluation,
    answers_of: str,
    receipt: Receipt | None = None,
    *,
    most_waiting: int | None = None,
) -> None:
    """Store a new evaluation with the answers, loads and failures of `answers_of`, all or nothing.

    Raises
    ------
    Conflict
        When its id, or the key of its receipt, is taken.
    QueueFull
        If more than `most_waiting` would wait.
    """
    async with writing(database) as connection:
        await receipts.keep(database, connection, receipt)
        await insert(connection, evaluation)
        await hold_to(connection, most_waiting)
        await _copy_answers(connection, answers_of, evaluation.id)
        await connection.execute(
            _copied(
                AttemptRow,
                {"evaluation": evaluation.id},
                sa.and_(AttemptRow.evaluation == answers_of, AttemptRow.stage.in_(_TAKEN_STAGES)),
                leave_out=("id",),
            )
        )


async def _copy_answers(connection: AsyncConnection, old: str, new: str) -> None:
    """Copy loads under ids of their own, each with its answers."""
    loads = sa.select(LoadRow.id).where(LoadRow.evaluation == old, LoadRow.role == "candidate")
    for load in (await connection.scalars(loads.order_by(LoadRow.started_at, LoadRow.id))).all():
        copy = str(uuid7())
        await connection.execute(_copied(LoadRow, {"id": copy, "evaluation": new}, LoadRow.id == load))
        own = sa.and_(ResponseRow.evaluation == old, ResponseRow.load == load)
        await connection.execute(_copied(ResponseRow, {"evaluation": new, "load": copy}, own))


def _copied(
    table: type[Base], changes: dict[str, str], where: sa.ColumnElement[bool], leave_out: Sequence[str] = ()
) -> sa.Insert:
    """Return the statement that copies rows with `changes`."""
    columns = [column for column in sa.inspect(table).columns if column.name not in leave_out]
    values: list[Any] = [
        sa.literal(changes[column.name], column.type) if column.name in changes else column
        for column in columns
    ]
    return sa.insert(table).from_select([column.name for column in columns], sa.select(*values).where(where))


async def of(database: Database, root: str, limit: int = 200) -> tuple[Evaluation, ...]:
    """Return the judgings of the answers of `root`, newest first."""
    query = sa.select(EvaluationRow).filter_by(source=root).order_by(EvaluationRow.id.desc()).limit(limit)
    async with reading(database) as connection:
        rows = (await connection.execute(query)).all()
    return tuple(from_row(row) for row in rows)


async def known(database: Database, keys: Sequence[str], *, root: str | None) -> frozenset[str]:
    """Return which of `keys` have a verdict anywhere, or with a `root` in the judgings of its answers."""
    found: set[str] = set()
    async with reading(database) as connection:
        for chunk in _chunks(keys):
            query = sa.select(VerdictRow.key).where(
                VerdictRow.key.in_(chunk), *among(VerdictRow.evaluation, root)
            )
            found.update(await connection.scalars(query))
    return frozenset(found)


async def take_over(database: Database, evaluation: str, keys: Sequence[str], *, root: str | None) -> None:
    """Give `evaluation` the verdicts under `keys` that others have; those it has stay as they are.

    Parameters
    ----------
    root
        Only from the judgings of this evaluation's answers; ``None``: from anywhere.
    """
    columns = [column.name for column in sa.inspect(VerdictRow).columns]
    for chunk in _chunks(keys):
        theirs = sa.select(
            *(
                sa.literal(evaluation).label(name) if name == "evaluation" else getattr(VerdictRow, name)
                for name in columns
            )
        ).where(
            VerdictRow.key.in_(chunk),
            VerdictRow.evaluation != evaluation,
            *among(VerdictRow.evaluation, root),
        )
        async with writing(database) as connection:
            await connection.execute(insert_once(database, VerdictRow).from_select(columns, theirs))


def among(column: InstrumentedAttribute[str], root: str | None) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the condition that a row belongs to `root` or to a judging of its answers; none without a root."""
    if root is None:
        return ()
    family = sa.select(EvaluationRow.id).where(sa.or_(EvaluationRow.id == root, EvaluationRow.source == root))
    return (column.in_(family),)


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]
