"""Verdicts: scores under their content address, each exactly once per evaluation."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from service.domain.verdicts import Verdict
from service.store import events
from service.store.database import Database, each, reading, written
from service.store.once import insert_once
from service.store.tables import VerdictRow

# The row has the fields of the dataclass, name for name.
FIELDS = tuple(field.name for field in fields(Verdict))
COLUMNS = tuple(getattr(VerdictRow, name) for name in FIELDS)
AT_ONCE = 900
"""Keys in one query: databases limit the parameters of a statement."""


async def keep(database: Database, verdicts: Sequence[Verdict], tell: events.Tell | None = None) -> None:
    """Keep several verdicts, all or none of them; those kept before stay as they are.

    `tell`, where it is given, says in the same transaction how far the evaluation of the first one is.
    """
    if not verdicts:
        return
    # Sorted: two that lock the same rows in opposite orders would wait for each other for ever.
    rows = [row_of(verdict) for verdict in sorted(verdicts, key=lambda verdict: verdict.key)]

    def work(connection: sa.Connection) -> None:
        connection.execute(insert_once(database, VerdictRow), rows)
        if tell is not None:
            events.add_progress(connection, verdicts[0].evaluation, tell)

    await written(database, work)
    if tell is not None:
        database.news.tell(verdicts[0].evaluation)


async def kept_keys(database: Database, evaluation: str) -> frozenset[str]:
    """Return the keys that have a verdict."""
    query = sa.select(VerdictRow.key).where(VerdictRow.evaluation == evaluation)
    async with reading(database) as connection:
        return frozenset(await connection.scalars(query))


async def all_of(database: Database, evaluation: str) -> tuple[Verdict, ...]:
    """Return every verdict of an evaluation, ordered by key."""
    query = sa.select(*COLUMNS).where(VerdictRow.evaluation == evaluation).order_by(VerdictRow.key)
    async with reading(database) as connection:
        return await each(await connection.execute(query), _verdict)


async def of_keys(database: Database, evaluation: str, keys: Collection[str]) -> tuple[Verdict, ...]:
    """Return the verdicts under `keys`, ordered by key: for a page of answers, not for all of them."""
    found: list[Verdict] = []
    wanted = sorted(set(keys))
    async with reading(database) as connection:
        for start in range(0, len(wanted), AT_ONCE):
            query = sa.select(*COLUMNS).where(
                VerdictRow.evaluation == evaluation, VerdictRow.key.in_(wanted[start : start + AT_ONCE])
            )
            found += map(_verdict, (await connection.execute(query.order_by(VerdictRow.key))).all())
    return tuple(found)


async def voices(database: Database, evaluation: str) -> frozenset[str]:
    """Return who has given a verdict at all."""
    query = sa.select(VerdictRow.by).where(VerdictRow.evaluation == evaluation).distinct()
    async with reading(database) as connection:
        return frozenset(await connection.scalars(query))


def row_of(verdict: Verdict) -> dict[str, Any]:
    """Return the row that a verdict is kept as."""
    return {name: getattr(verdict, name) for name in FIELDS}


def _verdict(row: sa.Row[Any]) -> Verdict:
    return Verdict(**dict(zip(FIELDS, row, strict=True)))
