"""Receipts: what was answered under an Idempotency-Key, kept for a day in the transaction of what was created."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.receipts import Receipt
from service.errors import Conflict
from service.store.database import Database, reading
from service.store.once import insert_once
from service.store.tables import ReceiptRow

LIFETIME = timedelta(hours=24)
FIELDS = tuple(Receipt.__dataclass_fields__)


async def find(database: Database, caller: str, key: str, now: datetime) -> Receipt | None:
    """Return what was answered under a key in the last 24 hours."""
    query = sa.select(ReceiptRow).where(
        ReceiptRow.caller == caller, ReceiptRow.key == key, ReceiptRow.kept_at > now - LIFETIME
    )
    async with reading(database) as connection:
        row = (await connection.execute(query)).one_or_none()
    return None if row is None else _receipt(row)


async def keep(database: Database, connection: AsyncConnection, receipt: Receipt | None) -> None:
    """Keep a receipt in a transaction that is open already; expired ones go. Without a receipt nothing is done.

    Raises
    ------
    Conflict
        If the key was taken meanwhile: leave the transaction with it, so that nothing is created twice.
    """
    if receipt is None:
        return
    await connection.execute(sa.delete(ReceiptRow).where(ReceiptRow.kept_at <= receipt.kept_at - LIFETIME))
    values = {name: getattr(receipt, name) for name in FIELDS}
    statement = insert_once(database, ReceiptRow).values(values).returning(ReceiptRow.key)
    if await connection.scalar(statement) is None:
        raise Conflict(
            "another request with this Idempotency-Key came first: send it again to get its answer"
        )


def _receipt(row: sa.Row[Any]) -> Receipt:
    return Receipt(**{name: getattr(row, name) for name in FIELDS})
