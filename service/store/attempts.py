"""Attempts: what was tried and failed. Rows are only ever added; a retry marks the old ones as forgiven."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from service.domain.events import Happening
from service.domain.failures import Failure, FailureKind
from service.domain.responses import Attempt
from service.store import events
from service.store.database import Database, reading, writing, written
from service.store.tables import AttemptRow, EvaluationRow


async def record(
    database: Database,
    *,
    evaluation: str,
    stage: str,
    subject: str,
    failure: Failure,
    give_up_after: int,
    candidate: str | None = None,
    prompt: str | None = None,
) -> Attempt:
    """Add a failed try and return it with its number; one that was the last is told as a warning.

    Parameters
    ----------
    give_up_after
        With this number of failures since the last retry nobody tries any more.
    """

    def work(connection: sa.Connection) -> Attempt:
        # Two failures of one subject must not get the same number: the evaluation's row is the lock (SQLite has
        # locked everything by now, and ignores the clause).
        connection.execute(
            sa.select(EvaluationRow.id).where(EvaluationRow.id == evaluation).with_for_update()
        )
        before = connection.scalar(
            sa.select(sa.func.count()).where(
                AttemptRow.evaluation == evaluation,
                AttemptRow.stage == stage,
                AttemptRow.subject == subject,
                AttemptRow.forgiven.is_(False),
            )
        )
        number = (before or 0) + 1
        attempt = Attempt(
            evaluation=evaluation,
            stage=stage,
            subject=subject,
            number=number,
            failure=failure,
            given_up=number >= give_up_after,
            created_at=datetime.now(UTC),
            candidate=candidate,
            prompt=prompt,
        )
        connection.execute(sa.insert(AttemptRow).values(row_of(attempt)))
        if attempt.given_up:
            tries = "the first try" if number == 1 else f"{number} tries"
            warning = f"{stage.replace('_', ' ')} given up after {tries}: {failure.message}"
            events.add(connection, evaluation, Happening(warning=warning, candidate=candidate, prompt=prompt))
        return attempt

    attempt = await written(database, work)
    if attempt.given_up:
        database.news.tell(evaluation)
    return attempt


async def given_up(database: Database, evaluation: str) -> frozenset[tuple[str, str]]:
    """Return what is not to be tried again, as pairs of stage and subject."""
    query = sa.select(AttemptRow.stage, AttemptRow.subject).where(
        AttemptRow.evaluation == evaluation,
        AttemptRow.given_up.is_(True),
        AttemptRow.forgiven.is_(False),
    )
    async with reading(database) as connection:
        rows = (await connection.execute(query)).all()
    return frozenset((row.stage, row.subject) for row in rows)


async def forgive(database: Database, evaluation: str) -> None:
    """Let everything be tried again, with numbers from 1; the history stays."""
    async with writing(database) as connection:
        await connection.execute(
            sa.update(AttemptRow).where(AttemptRow.evaluation == evaluation).values(forgiven=True)
        )


async def all_of(database: Database, evaluation: str) -> tuple[Attempt, ...]:
    """Return every failed try of an evaluation in the order they happened, forgiven ones included."""
    query = sa.select(AttemptRow).where(AttemptRow.evaluation == evaluation).order_by(AttemptRow.id)
    async with reading(database) as connection:
        rows = (await connection.execute(query)).all()
    return tuple(_attempt(row) for row in rows)


def row_of(attempt: Attempt) -> dict[str, Any]:
    """Return the row that a failed try is kept as; its number comes from the database."""
    return {
        "evaluation": attempt.evaluation,
        "stage": attempt.stage,
        "subject": attempt.subject,
        "number": attempt.number,
        "kind": attempt.failure.kind.value,
        "message": attempt.failure.message,
        "raw": attempt.failure.raw,
        "given_up": attempt.given_up,
        "forgiven": attempt.forgiven,
        "candidate": attempt.candidate,
        "prompt": attempt.prompt,
        "created_at": attempt.created_at,
    }


def _attempt(row: sa.Row[Any]) -> Attempt:
    return Attempt(
        evaluation=row.evaluation,
        stage=row.stage,
        subject=row.subject,
        number=row.number,
        failure=Failure(kind=FailureKind(row.kind), message=row.message, raw=row.raw),
        given_up=row.given_up,
        forgiven=row.forgiven,
        created_at=row.created_at,
        candidate=row.candidate,
        prompt=row.prompt,
    )
