"""Progress: how much is kept of an evaluation, counted by the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from service.store.database import Database, reading
from service.store.tables import AttemptRow, EvaluationRow, LoadRow, ResponseRow, VerdictRow

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What is kept so far.

    Attributes
    ----------
    answers, verdicts
        Kept answers per candidate (those without any are missing) and kept verdicts.
    failed
        Failed tries, forgiven ones included.
    given_up
        Subjects given up, per stage of `domain.responses.Attempt` and candidate (``None`` where none is named); pairs
        without any are missing.
    verdicts_wanted
        As the judging has found out; ``None`` before.
    active_seconds
        Time for which it was worked on, in all.
    """

    answers: Mapping[str, int] = field(default_factory=dict)
    verdicts: int = 0
    loads: int = 0
    failed: int = 0
    given_up: Mapping[tuple[str, str | None], int] = field(default_factory=dict)
    verdicts_wanted: int | None = None
    active_seconds: float = 0.0


async def count(database: Database, evaluation: str) -> Counts:
    """Count what is kept of an evaluation; all of it is 0 for one that nobody knows."""
    async with reading(database) as connection:
        return await count_within(connection, evaluation)


async def count_within(connection: AsyncConnection, evaluation: str) -> Counts:
    """Count as this transaction sees it."""
    answers = (
        sa.select(ResponseRow.candidate, sa.func.count())
        .where(ResponseRow.evaluation == evaluation)
        .group_by(ResponseRow.candidate)
        .order_by(ResponseRow.candidate)
    )
    given_up = (
        sa.select(AttemptRow.stage, AttemptRow.candidate, sa.func.count(AttemptRow.subject.distinct()))
        .where(
            AttemptRow.evaluation == evaluation,
            AttemptRow.given_up.is_(True),
            AttemptRow.forgiven.is_(False),
        )
        .group_by(AttemptRow.stage, AttemptRow.candidate)
    )
    totals = sa.select(
        _rows(VerdictRow, evaluation),
        _rows(LoadRow, evaluation),
        _rows(AttemptRow, evaluation),
        _of_row(EvaluationRow.verdicts_wanted, evaluation),
        _of_row(EvaluationRow.active_seconds, evaluation),
    )
    verdicts, loads, failed, wanted, active = (await connection.execute(totals)).one()
    return Counts(
        answers=dict((await connection.execute(answers)).all()),
        verdicts=verdicts,
        loads=loads,
        failed=failed,
        given_up={
            (stage, candidate): number
            for stage, candidate, number in (await connection.execute(given_up)).all()
        },
        verdicts_wanted=wanted,
        active_seconds=active or 0.0,
    )


def _rows(
    table: type[ResponseRow | VerdictRow | LoadRow | AttemptRow], evaluation: str
) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).where(table.evaluation == evaluation).scalar_subquery()


def _of_row(column: InstrumentedAttribute[T], evaluation: str) -> sa.ScalarSelect[T]:
    return sa.select(column).where(EvaluationRow.id == evaluation).scalar_subquery()
