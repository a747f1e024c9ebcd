"""Progress: how much is kept of an evaluation, counted by the database."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from service.store.database import Database, reading
from service.store.tables import AttemptRow, LoadRow, ResponseRow, VerdictRow


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
        Subjects given up, per stage of `domain.responses.Attempt`; stages without any are missing.
    """

    answers: Mapping[str, int]
    verdicts: int
    loads: int
    failed: int
    given_up: Mapping[str, int]


async def count(database: Database, evaluation: str) -> Counts:
    """Count what is kept of an evaluation; all of it is 0 for one that nobody knows."""
    answers = (
        sa.select(ResponseRow.candidate, sa.func.count())
        .where(ResponseRow.evaluation == evaluation)
        .group_by(ResponseRow.candidate)
        .order_by(ResponseRow.candidate)
    )
    given_up = (
        sa.select(AttemptRow.stage, sa.func.count(AttemptRow.subject.distinct()))
        .where(
            AttemptRow.evaluation == evaluation,
            AttemptRow.given_up.is_(True),
            AttemptRow.forgiven.is_(False),
        )
        .group_by(AttemptRow.stage)
        .order_by(AttemptRow.stage)
    )
    totals = sa.select(
        _rows(VerdictRow, evaluation), _rows(LoadRow, evaluation), _rows(AttemptRow, evaluation)
    )
    async with reading(database) as connection:
        verdicts, loads, failed = (await connection.execute(totals)).one()
        return Counts(
            answers=dict((await connection.execute(answers)).all()),
            verdicts=verdicts,
            loads=loads,
            failed=failed,
            given_up=dict((await connection.execute(given_up)).all()),
        )


def _rows(
    table: type[ResponseRow | VerdictRow | LoadRow | AttemptRow], evaluation: str
) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).where(table.evaluation == evaluation).scalar_subquery()
