"""Evaluations: accepted requests and where they stand."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.evaluations import Evaluation, Status
from service.domain.events import Happening
from service.domain.receipts import Receipt
from service.errors import Conflict, NotFound
from service.store import events, receipts
from service.store.database import Database, each, reading, writing, written
from service.store.queueing import hold_to
from service.store.searches import Search, conditions, words_of
from service.store.tables import AttemptRow, EvaluationRow, LookRow, WordRow

AT_ONCE = 5
"""Evaluations read without a pause: each holds its prompts."""

UNFINISHED = frozenset(status for status in Status if not status.over)


async def add(
    database: Database,
    evaluation: Evaluation,
    receipt: Receipt | None = None,
    *,
    most_waiting: int | None = None,
) -> None:
    """Store a new evaluation, with the receipt of its request where there is one, both or neither.

    Raises
    ------
    Conflict
        If its id, or the key of its receipt, is taken.
    QueueFull
        If more than `most_waiting` would wait.
    """
    async with writing(database) as connection:
        await receipts.keep(database, connection, receipt)
        await insert(connection, evaluation)
        await hold_to(connection, most_waiting)


async def insert(connection: AsyncConnection, evaluation: Evaluation) -> None:
    """Store a new evaluation as part of a larger transaction."""
    await connection.execute(sa.insert(EvaluationRow).values(row_of(evaluation)))
    await connection.execute(sa.insert(WordRow), words_of(evaluation))
    first = Happening(status=evaluation.status, attempt=evaluation.attempt)
    await connection.run_sync(events.add, evaluation.id, first)


async def get(database: Database, evaluation: str) -> Evaluation:
    """Return one evaluation; `NotFound` when there is none under this id."""
    async with reading(database) as connection:
        row = (await connection.execute(sa.select(EvaluationRow).filter_by(id=evaluation))).one_or_none()
    if row is None:
        raise _not_found(evaluation)
    return from_row(row)


async def status_of(database: Database, evaluation: str) -> Status:
    """Return only where an evaluation stands: cheap enough to ask twice a second."""
    async with reading(database) as connection:
        found = await connection.scalar(sa.select(EvaluationRow.status).filter_by(id=evaluation))
    if found is None:
        raise _not_found(evaluation)
    return Status(found)


async def page(
    database: Database,
    *,
    status: Status | None = None,
    search: Search | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[Evaluation, ...]:
    """Return up to `limit` evaluations that the search lets pass, newest first.

    Parameters
    ----------
    after
        The last id of the page before. Ids are made in the order of time, so nothing is skipped or shown twice while
        new ones arrive.
    """
    query = sa.select(EvaluationRow).order_by(EvaluationRow.id.desc()).limit(limit)
    query = query.where(*conditions(search or Search()))
    if status is not None:
        query = query.where(EvaluationRow.status == status.value)
    if after is not None:
        query = query.where(EvaluationRow.id < after)
    async with reading(database) as connection:
        return await each(await connection.execute(query), from_row, AT_ONCE)


async def count_by_status(database: Database) -> dict[str, int]:
    """Return how many evaluations there are in each status; 0 where there is none."""
    query = sa.select(EvaluationRow.status, sa.func.count().label("held")).group_by(EvaluationRow.status)
    async with reading(database) as connection:
        found = {row.status: row.held for row in (await connection.execute(query)).all()}
    return {status.value: found.get(status.value, 0) for status in Status}


async def unfinished(database: Database, device: str) -> tuple[Evaluation, ...]:
    """Return the evaluations of `device` that are to go on or to end, oldest first; a paused one is neither."""
    query = (
        sa.select(EvaluationRow)
        .where(
            EvaluationRow.device == device, EvaluationRow.status.in_(_values(UNFINISHED - {Status.PAUSED}))
        )
        .order_by(EvaluationRow.id)
    )
    async with reading(database) as connection:
        rows = (await connection.execute(query)).all()
    return tuple(from_row(row) for row in rows)


async def set_status(
    database: Database,
    evaluation: str,
    status: Status,
    *,
    only_from: frozenset[Status],
    reason: str | None = None,
) -> bool:
    """Move an evaluation to `status` if it stands in one of `only_from`.

    The first start and the end are stamped; a resumed evaluation keeps its first start.

    Returns
    -------
    bool
        ``False`` when it stood elsewhere (or is gone) and nothing was changed.
    """
    now = datetime.now(UTC)
    change: dict[str, Any] = {
        "status": status.value,
        "reason": reason,
        "finished_at": now if status.over else None,
    }
    if status is Status.RUNNING:
        change["started_at"] = sa.func.coalesce(EvaluationRow.started_at, _stamp(now))
    async with writing(database) as connection:
        changed = await connection.execute(
            sa.update(EvaluationRow)
            .where(EvaluationRow.id == evaluation, EvaluationRow.status.in_(_values(only_from)))
            .values(**change)
            .returning(EvaluationRow.attempt, EvaluationRow.started_at)
        )
        moved = changed.one_or_none()
        if moved is None:
            return False
        resumed = status is Status.RUNNING and moved.started_at != now
        what = Happening(status=status, attempt=moved.attempt, resumed=resumed, reason=reason)
        await connection.run_sync(events.add, evaluation, what)
    database.news.tell(evaluation)
    return True


async def describe(database: Database, evaluation: str, *, name: str, labels: tuple[str, ...]) -> Evaluation:
    """Give an evaluation another name and other labels, whatever it is doing; `NotFound` when there is none."""
    async with writing(database) as connection:
        changed = await connection.execute(
            sa.update(EvaluationRow).where(EvaluationRow.id == evaluation).values(name=name, labels=labels)
        )
        if changed.rowcount != 1:
            raise _not_found(evaluation)
        await connection.execute(
            sa.delete(WordRow).where(WordRow.evaluation == evaluation, WordRow.kind == "label")
        )
        rows = [{"evaluation": evaluation, "kind": "label", "word": label} for label in labels]
        if rows:
            await connection.execute(sa.insert(WordRow), rows)
    database.news.tell(evaluation)
    return await get(database, evaluation)


async def begin_attempt(
    database: Database, evaluation: str, *, most_waiting: int | None = None
) -> Evaluation:
    """Queue an evaluation that is over once more; what was kept stays, what was given up is tried again.

    Raises
    ------
    Conflict
        If it is not over yet.
    QueueFull
        If more than `most_waiting` would wait.
    """
    async with writing(database) as connection:
        changed = await connection.execute(
            sa.update(EvaluationRow)
            .where(EvaluationRow.id == evaluation, EvaluationRow.status.not_in(_values(UNFINISHED)))
            .values(
                status=Status.QUEUED.value,
                attempt=EvaluationRow.attempt + 1,
                reason=None,
                started_at=None,
                finished_at=None,
                fruitless=0,
                kept_at=None,
                active_seconds=0.0,
                verdicts_wanted=None,
            )
        )
        if changed.rowcount == 1:
            await hold_to(connection, most_waiting)
            await connection.execute(
                sa.update(AttemptRow).where(AttemptRow.evaluation == evaluation).values(forgiven=True)
            )
            # It has its whole time again.
            await connection.execute(
                sa.delete(LookRow).where(LookRow.evaluation == evaluation, LookRow.decision == "out_of_time")
            )
            attempt = await connection.scalar(sa.select(EvaluationRow.attempt).filter_by(id=evaluation))
            queued = Happening(status=Status.QUEUED, attempt=attempt)
            await connection.run_sync(events.add, evaluation, queued)
    current = await get(database, evaluation)
    if changed.rowcount != 1:
        msg = f"evaluation {evaluation} is {current.status}: wait until it is over, or cancel it first"
        raise Conflict(msg)
    database.news.tell(evaluation)
    return current


async def go_on(database: Database, evaluation: str, *, most_waiting: int | None = None) -> Evaluation:
    """Queue a paused evaluation again; what was given up stays given up, and its first start stays.

    Harmless on one that goes on already.

    Raises
    ------
    Conflict
        If it is neither paused nor going on.
    QueueFull
        If more than `most_waiting` would wait.
    """
    async with writing(database) as connection:
        changed = await connection.execute(
            sa.update(EvaluationRow)
            .where(EvaluationRow.id == evaluation, EvaluationRow.status == Status.PAUSED.value)
            # Each turn in the queue has a number of its own.
            .values(status=Status.QUEUED.value, attempt=EvaluationRow.attempt + 1, fruitless=0, kept_at=None)
            .returning(EvaluationRow.attempt)
        )
        moved = changed.one_or_none()
        if moved is not None:
            await hold_to(connection, most_waiting)
            queued = Happening(status=Status.QUEUED, attempt=moved.attempt)
            await connection.run_sync(events.add, evaluation, queued)
    database.news.tell(evaluation)
    current = await get(database, evaluation)
    if current.status not in {Status.QUEUED, Status.RUNNING}:
        cure = {
            Status.PAUSING: "ask again in a moment",
            Status.CANCELLING: "wait until it is cancelled, then retry it",
        }
        msg = f"evaluation {evaluation} is {current.status}: {cure.get(current.status, 'retry it instead')}"
        raise Conflict(msg)
    return current


async def want(database: Database, evaluation: str, verdicts: int) -> None:
    """Note how many verdicts an evaluation wants, now that its answers are known."""
    async with writing(database) as connection:
        await connection.execute(
            sa.update(EvaluationRow).where(EvaluationRow.id == evaluation).values(verdicts_wanted=verdicts)
        )


async def spend(database: Database, evaluation: str, seconds: float) -> float:
    """Add to the time for which an evaluation was worked on, and return the sum."""
    statement = (
        sa.update(EvaluationRow)
        .where(EvaluationRow.id == evaluation)
        .values(active_seconds=EvaluationRow.active_seconds + seconds)
        .returning(EvaluationRow.active_seconds)
    )
    return await written(database, lambda connection: connection.scalar(statement)) or 0.0


async def delete(database: Database, evaluation: str) -> None:
    """Delete an evaluation with everything kept for it.

    Raises
    ------
    Conflict
        If it is not over yet: its rows would be written while they vanish.
    """
    async with writing(database) as connection:
        gone = await connection.execute(
            sa.delete(EvaluationRow).where(
                EvaluationRow.id == evaluation, EvaluationRow.status.not_in(_values(UNFINISHED))
            )
        )
    if gone.rowcount != 1:
        status = await status_of(database, evaluation)
        msg = f"evaluation {evaluation} is {status}: cancel it before deleting it"
        raise Conflict(msg)
    database.news.tell(evaluation)


def row_of(evaluation: Evaluation) -> dict[str, Any]:
    """Return the row that an evaluation is kept as."""
    spec = evaluation.spec
    return {
        "id": evaluation.id,
        "name": evaluation.name,
        "status": evaluation.status.value,
        "reason": evaluation.reason,
        "attempt": evaluation.attempt,
        "created_at": evaluation.created_at,
        "started_at": evaluation.started_at,
        "finished_at": evaluation.finished_at,
        "device": spec.device,
        "use": spec.use,
        "rubric": spec.rubric.name,
        "rubric_fingerprint": spec.rubric.fingerprint,
        "prompt_set": spec.prompt_set.name,
        "prompt_set_fingerprint": spec.prompt_set.fingerprint,
        "profile": spec.profile.name,
        "profile_fingerprint": spec.profile.fingerprint,
        "source": spec.source,
        "spec": spec,
        "fruitless": 0,
        "kept": 0,
        "kept_at": None,
        "verdicts_wanted": None,
        "active_seconds": 0.0,
        "labels": evaluation.labels,
    }


def _values(statuses: frozenset[Status]) -> list[str]:
    return sorted(status.value for status in statuses)


def _stamp(moment: datetime) -> sa.BindParameter[datetime]:
    """Return `moment` bound with the column's own type, which `coalesce` would not hand on."""
    return sa.bindparam(None, moment, type_=EvaluationRow.__table__.c.started_at.type)


def _not_found(evaluation: str) -> NotFound:
    return NotFound(f"there is no evaluation '{evaluation}': the list of evaluations shows those there are")


def from_row(row: sa.Row[Any]) -> Evaluation:
    """Return the evaluation that a row holds; only for this package."""
    return Evaluation(
        id=row.id,
        name=row.name,
        spec=row.spec,
        status=Status(row.status),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        attempt=row.attempt,
        reason=row.reason,
        labels=row.labels,
    )
