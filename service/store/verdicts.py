"""Verdicts: scores under their content address, each exactly once per evaluation."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from service.domain.verdicts import Verdict
from service.store.database import Database, reading, writing
from service.store.once import insert_once
from service.store.tables import VerdictRow

# The row has the fields of the dataclass, name for name.
FIELDS = tuple(field.name for field in fields(Verdict))


async def keep(database: Database, verdicts: Sequence[Verdict]) -> None:
    """Keep several verdicts, all or none of them; those kept before stay as they are."""
    if not verdicts:
        return
    rows = [{name: getattr(verdict, name) for name in FIELDS} for verdict in verdicts]
    async with writing(database) as connection:
        await connection.execute(insert_once(database, VerdictRow), rows)


async def kept_keys(database: Database, evaluation: str) -> frozenset[str]:
    """Return the keys that have a verdict."""
    query = sa.select(VerdictRow.key).where(VerdictRow.evaluation == evaluation)
    async with reading(database) as connection:
        return frozenset(await connection.scalars(query))


async def all_of(database: Database, evaluation: str) -> tuple[Verdict, ...]:
    """Return every verdict of an evaluation, ordered by key."""
    query = sa.select(VerdictRow).where(VerdictRow.evaluation == evaluation).order_by(VerdictRow.key)
    async with reading(database) as connection:
        rows = (await connection.execute(query)).all()
    return tuple(_verdict(row) for row in rows)


def _verdict(row: sa.Row[Any]) -> Verdict:
    return Verdict(**{name: getattr(row, name) for name in FIELDS})
