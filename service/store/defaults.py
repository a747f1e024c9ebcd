"""Defaults: adoptions, only ever added; the newest of a use and device counts."""

from typing import Any

import sqlalchemy as sa

from service.domain.defaults import Default
from service.domain.receipts import Receipt
from service.store import receipts
from service.store.database import Database, reading, writing
from service.store.tables import DefaultRow

# The row has the fields of the dataclass, name for name.
FIELDS = tuple(Default.__dataclass_fields__)


async def add(database: Database, default: Default, receipt: Receipt | None = None) -> None:
    """Add an adoption, with the receipt of its request where there is one; what was adopted before becomes history."""
    async with writing(database) as connection:
        await receipts.keep(database, connection, receipt)
        await connection.execute(
            sa.insert(DefaultRow).values({name: getattr(default, name) for name in FIELDS})
        )


async def page(
    database: Database,
    *,
    use: str | None = None,
    device: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[Default, ...]:
    """Return up to `limit` adoptions, newest first, from behind the id `after`."""
    query = _narrowed(sa.select(DefaultRow), use, device).order_by(DefaultRow.id.desc()).limit(limit)
    if after is not None:
        query = query.where(DefaultRow.id < after)
    async with reading(database) as connection:
        return tuple(map(_default, (await connection.execute(query)).all()))


async def current(
    database: Database, *, use: str | None = None, device: str | None = None
) -> tuple[Default, ...]:
    """Return what counts now: the newest adoption of each use and device, in their order."""
    newest = sa.select(sa.func.max(DefaultRow.id)).group_by(DefaultRow.use, DefaultRow.device)
    query = _narrowed(sa.select(DefaultRow).where(DefaultRow.id.in_(newest)), use, device)
    async with reading(database) as connection:
        rows = (await connection.execute(query.order_by(DefaultRow.use, DefaultRow.device))).all()
    return tuple(map(_default, rows))


def _narrowed(query: sa.Select[Any], use: str | None, device: str | None) -> sa.Select[Any]:
    if use is not None:
        query = query.where(DefaultRow.use == use)
    return query if device is None else query.where(DefaultRow.device == device)


def _default(row: sa.Row[Any]) -> Default:
    return Default(**{name: getattr(row, name) for name in FIELDS})
