"""Looks: each decision of an evaluation on whether to judge more, kept once under its number."""

from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from service.domain.stopping import Look
from service.store.database import Database, reading, writing
from service.store.once import insert_once
from service.store.tables import LookRow

# The row has the fields of the dataclass, name for name.
FIELDS = tuple(field.name for field in fields(Look))


async def keep(database: Database, look: Look) -> None:
    """Keep a look; one under the same number stays as it is."""
    async with writing(database) as connection:
        await connection.execute(insert_once(database, LookRow), row_of(look))


async def all_of(database: Database, evaluation: str) -> tuple[Look, ...]:
    """Return the looks of an evaluation, the first one first."""
    async with reading(database) as connection:
        return await connection.run_sync(within, evaluation)


def within(connection: sa.Connection, evaluation: str) -> tuple[Look, ...]:
    """Return them as this transaction sees them."""
    query = sa.select(LookRow).where(LookRow.evaluation == evaluation).order_by(LookRow.number)
    rows = connection.execute(query).all()
    return tuple(Look(**{name: getattr(row, name) for name in FIELDS}) for row in rows)


def row_of(look: Look) -> dict[str, Any]:
    """Return the row that a look is kept as."""
    return {name: getattr(look, name) for name in FIELDS}
