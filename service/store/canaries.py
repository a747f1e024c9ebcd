"""Canaries: how judges graded answers of known grade, each once for an evaluation and a judge."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from service.domain.canaries import CanaryVerdict
from service.store.database import Database, reading, writing
from service.store.judgings import among
from service.store.once import insert_once
from service.store.tables import CanaryRow

# The row has the fields of the dataclass, name for name.
FIELDS = tuple(field.name for field in fields(CanaryVerdict))


async def keep(database: Database, verdict: CanaryVerdict) -> None:
    """Keep one; kept before it stays as it is."""
    async with writing(database) as connection:
        await connection.execute(insert_once(database, CanaryRow), row_of(verdict))


async def all_of(database: Database, evaluation: str) -> tuple[CanaryVerdict, ...]:
    """Return those of an evaluation, ordered by judge and name."""
    query = sa.select(CanaryRow).filter_by(evaluation=evaluation).order_by(CanaryRow.judge, CanaryRow.name)
    async with reading(database) as connection:
        rows = (await connection.execute(query)).all()
    return tuple(CanaryVerdict(**{name: getattr(row, name) for name in FIELDS}) for row in rows)


async def known(database: Database, keys: Sequence[str], *, root: str | None) -> frozenset[str]:
    """Return which of `keys` were graded anywhere, or with a `root` in the judgings of its answers."""
    query = sa.select(CanaryRow.key).where(CanaryRow.key.in_(keys), *among(CanaryRow.evaluation, root))
    async with reading(database) as connection:
        return frozenset(await connection.scalars(query))


async def take_over(database: Database, evaluation: str, keys: Sequence[str], *, root: str | None) -> None:
    """Give `evaluation` those under `keys` that others have; those it has stay as they are.

    Parameters
    ----------
    root
        Only from the judgings of this evaluation's answers; ``None``: from anywhere.
    """
    columns = [column.name for column in sa.inspect(CanaryRow).columns]
    theirs = sa.select(
        *(
            sa.literal(evaluation).label(name) if name == "evaluation" else getattr(CanaryRow, name)
            for name in columns
        )
    ).where(CanaryRow.key.in_(keys), CanaryRow.evaluation != evaluation, *among(CanaryRow.evaluation, root))
    async with writing(database) as connection:
        await connection.execute(insert_once(database, CanaryRow).from_select(columns, theirs))


def row_of(verdict: CanaryVerdict) -> dict[str, Any]:
    """Return the row that one is kept as."""
    return {name: getattr(verdict, name) for name in FIELDS}
