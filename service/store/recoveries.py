"""Recoveries: how often an evaluation was resumed without getting anywhere, to end what can only crash again."""

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from service.store.database import Database, writing
from service.store.tables import AttemptRow, EvaluationRow, QualificationLinkRow, ResponseRow, VerdictRow

# Loads are left out: a process that dies at its first answer loads its model every time.
PROGRESS = (ResponseRow, VerdictRow, AttemptRow, QualificationLinkRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fruitless:
    """Starts since anything was last kept: how many were recoveries, and for how long nothing has come of it."""

    recoveries: int
    seconds: float


async def note_start(database: Database, evaluation: str) -> Fruitless:
    """Note that an evaluation starts or resumes, and return how fruitless the starts before were.

    The first start of an attempt, and the first one after something was kept, give 0.
    """
    now = datetime.now(UTC)
    counts = [
        sa.select(sa.func.count()).where(table.evaluation == evaluation).scalar_subquery()
        for table in PROGRESS
    ]
    query = sa.select(EvaluationRow.fruitless, EvaluationRow.kept, EvaluationRow.kept_at, *counts)
    async with writing(database) as connection:
        row = (await connection.execute(query.where(EvaluationRow.id == evaluation))).one()
        fruitless, kept_before, since, *kept_now = row
        kept = sum(kept_now)
        if since is None or kept > kept_before:
            fruitless, since = 0, now
        else:
            fruitless += 1
        await connection.execute(
            sa.update(EvaluationRow)
            .where(EvaluationRow.id == evaluation)
            .values(fruitless=fruitless, kept=kept, kept_at=since)
        )
    return Fruitless(recoveries=fruitless, seconds=(now - since).total_seconds())


async def forget(database: Database, evaluation: str) -> None:
    """Count from 0 again: the evaluation was interrupted on purpose, which says nothing against it."""
    async with writing(database) as connection:
        await connection.execute(
            sa.update(EvaluationRow).where(EvaluationRow.id == evaluation).values(fruitless=0, kept_at=None)
        )
