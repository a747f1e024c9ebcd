"""Comparisons of two answers, each order under its content address, once per evaluation."""

from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from service.domain.pairs import PairVerdict
from service.store.database import Database, reading, writing
from service.store.once import insert_once
from service.store.tables import PairRow

# The row has the fields of the dataclass, name for name.
FIELDS = tuple(field.name for field in fields(PairVerdict))


async def keep(database: Database, verdict: PairVerdict) -> None:
    """Keep a comparison; one kept before stays as it is."""
    async with writing(database) as connection:
        await connection.execute(insert_once(database, PairRow), row_of(verdict))


async def all_of(database: Database, evaluation: str) -> tuple[PairVerdict, ...]:
    """Return every comparison of an evaluation, ordered by key."""
    columns = [getattr(PairRow, name) for name in FIELDS]
    query = sa.select(*columns).where(PairRow.evaluation == evaluation).order_by(PairRow.key)
    async with reading(database) as connection:
        rows = (await connection.execute(query)).all()
    return tuple(PairVerdict(**dict(zip(FIELDS, row, strict=True))) for row in rows)


def row_of(verdict: PairVerdict) -> dict[str, Any]:
    """Return the row that a comparison is kept as."""
    return {name: getattr(verdict, name) for name in FIELDS}
