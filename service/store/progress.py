"""Progress: how much is kept of an evaluation, counted by the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from service.domain.stopping import Look
from service.store import looks
from service.store.database import Database, reading
from service.store.tables import AttemptRow, EvaluationRow, LoadRow, LookRow, ResponseRow, VerdictRow

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
    looks
        Looks at whether to judge more, the first one first.
    """

    answers: Mapping[str, int] = field(default_factory=dict)
    verdicts: int = 0
    loads: int = 0
    failed: int = 0
    given_up: Mapping[tuple[str, str | None], int] = field(default_factory=dict)
    verdicts_wanted: int | None = None
    active_seconds: float = 0.0
    looks: tuple[Look, ...] = ()


async def count(database: Database, evaluation: str) -> Counts:
    """Count what is kept of an evaluation; all of it is 0 for one that nobody knows."""
    async with reading(database) as connection:
        return await connection.run_sync(count_within, evaluation)


def count_within(connection: sa.Connection, evaluation: str) -> Counts:
    """Count as this transaction sees it."""
    which = {"which": evaluation}
    verdicts, loads, failed, looked, wanted, active = connection.execute(_TOTALS, which).one()
    return Counts(
        answers=dict(connection.execute(_ANSWERS, which).all()),
        verdicts=verdicts,
        loads=loads,
        failed=failed,
        given_up={
            (stage, candidate): number
            # Most evaluations fail nowhere, and are spared the question.
            for stage, candidate, number in (connection.execute(_GIVEN_UP, which).all() if failed else ())
        },
        verdicts_wanted=wanted,
        active_seconds=active or 0.0,
        looks=looks.within(connection, evaluation) if looked else (),
    )


def _rows(table: type[ResponseRow | VerdictRow | LoadRow | AttemptRow | LookRow]) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).where(table.evaluation == _WHICH).scalar_subquery()


def _of_row(column: InstrumentedAttribute[T]) -> sa.ScalarSelect[T]:
    return sa.select(column).where(EvaluationRow.id == _WHICH).scalar_subquery()


# Built once: to build them took longer than to carry them out, and that is between two timed calls.
_WHICH = sa.bindparam("which", type_=sa.Text)
_ANSWERS = (
    sa.select(ResponseRow.candidate, sa.func.count())
    .where(ResponseRow.evaluation == _WHICH)
    .group_by(ResponseRow.candidate)
    .order_by(ResponseRow.candidate)
)
_GIVEN_UP = (
    sa.select(AttemptRow.stage, AttemptRow.candidate, sa.func.count(AttemptRow.subject.distinct()))
    .where(
        AttemptRow.evaluation == _WHICH,
        AttemptRow.given_up.is_(True),
        AttemptRow.forgiven.is_(False),
    )
    .group_by(AttemptRow.stage, AttemptRow.candidate)
)
_TOTALS = sa.select(
    _rows(VerdictRow),
    _rows(LoadRow),
    _rows(AttemptRow),
    _rows(LookRow),
    _of_row(EvaluationRow.verdicts_wanted),
    _of_row(EvaluationRow.active_seconds),
)
