"""Loads: the processes that held models, with what loading cost."""

from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from service.domain.responses import Load
from service.store.database import Database, reading, written
from service.store.once import insert_or_replace
from service.store.tables import LoadRow

# The row has the fields of the dataclass, name for name.
FIELDS = tuple(field.name for field in fields(Load))


async def keep(database: Database, load: Load) -> None:
    """Keep a load, or what has been learned of it since: memory comes only when its rounds are done."""
    statement, row = insert_or_replace(database, LoadRow), row_of(load)
    await written(database, lambda connection: connection.execute(statement, row))


async def all_of(database: Database, evaluation: str) -> tuple[Load, ...]:
    """Return the loads of an evaluation in the order they were made."""
    query = (
        sa.select(LoadRow).where(LoadRow.evaluation == evaluation).order_by(LoadRow.started_at, LoadRow.id)
    )
    async with reading(database) as connection:
        rows = (await connection.execute(query)).all()
    return tuple(_load(row) for row in rows)


def row_of(load: Load) -> dict[str, Any]:
    """Return the row that a load is kept as."""
    return {name: getattr(load, name) for name in FIELDS}


def _load(row: sa.Row[Any]) -> Load:
    return Load(**{name: getattr(row, name) for name in FIELDS})
