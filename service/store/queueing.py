"""The queue's end: how many evaluations may wait, held in the transaction that lets one more wait."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.evaluations import Status
from service.errors import QueueFull
from service.store.tables import EvaluationRow

_OURS = 0x534C4D51
"""Keeps this lock apart from those of whoever else uses the database."""


async def hold_to(connection: AsyncConnection, most_waiting: int | None) -> None:
    """Refuse the transaction that has just let one more evaluation wait, if that is one too many.

    Whoever does the same at the same time comes before or behind: a file has one writer, a server a lock for this.

    Raises
    ------
    QueueFull
        If more than `most_waiting` wait now; ``None`` is no limit.
    """
    if most_waiting is None:
        return
    if connection.dialect.name == "postgresql":
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_OURS)))
    queued = sa.select(sa.func.count()).where(EvaluationRow.status == Status.QUEUED.value)
    waiting = (await connection.execute(queued)).scalar_one()
    if waiting > most_waiting:
        msg = f"{most_waiting} evaluations wait for their turn already: come back later, or cancel some."
        raise QueueFull(msg)
