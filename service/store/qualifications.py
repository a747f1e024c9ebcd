"""Qualifications: examinations of judges, kept under their content address and shared between evaluations."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from service.domain.verdicts import Qualification
from service.store.database import Database, reading, writing
from service.store.once import insert_once, insert_or_replace
from service.store.tables import QualificationLinkRow, QualificationRow

# The row has the fields of the dataclass, name for name.
FIELDS = tuple(field.name for field in fields(Qualification))


async def keep(database: Database, qualification: Qualification, *, anew: bool = False) -> None:
    """Keep a qualification; the same examination kept before stays as it is, unless it was held `anew`."""
    insert = insert_or_replace if anew else insert_once
    async with writing(database) as connection:
        await connection.execute(insert(database, QualificationRow), row_of(qualification))


async def of_judge(database: Database, judge: str, limit: int = 20) -> tuple[Qualification, ...]:
    """Return the newest examinations of a judge, newest first."""
    query = (
        sa.select(QualificationRow)
        .filter_by(judge=judge)
        .order_by(QualificationRow.created_at.desc(), QualificationRow.key)
        .limit(limit)
    )
    async with reading(database) as connection:
        rows = (await connection.execute(query)).all()
    return tuple(_qualification(row) for row in rows)


async def find(database: Database, key: str) -> Qualification | None:
    """Return the qualification under `key`; ``None`` when this examination was never held."""
    async with reading(database) as connection:
        row = (await connection.execute(sa.select(QualificationRow).filter_by(key=key))).one_or_none()
    return None if row is None else _qualification(row)


async def link(database: Database, evaluation: str, key: str) -> None:
    """Note that `evaluation` relies on the qualification under `key`; harmless twice."""
    row = {"evaluation": evaluation, "qualification": key, "own": None}
    async with writing(database) as connection:
        await connection.execute(insert_once(database, QualificationLinkRow), row)


async def of_evaluation(database: Database, evaluation: str) -> tuple[Qualification, ...]:
    """Return the qualifications an evaluation relies on, ordered by judge: as it was brought in with, or as known here."""
    query = (
        sa.select(QualificationRow, QualificationLinkRow.own)
        .join(QualificationLinkRow, QualificationLinkRow.qualification == QualificationRow.key)
        .where(QualificationLinkRow.evaluation == evaluation)
        .order_by(QualificationRow.judge, QualificationRow.key)
    )
    async with reading(database) as connection:
        rows = (await connection.execute(query)).all()
    return tuple(row.own or _qualification(row) for row in rows)


async def bring_in(
    database: Database, connection: AsyncConnection, evaluation: str, found: Sequence[Qualification]
) -> None:
    """Note within a transaction what an evaluation from elsewhere relies on.

    An examination that was held here with another outcome stays what it is for all others: the evaluation keeps the one it
    came with, so that its ranking says what it said.
    """
    if not found:
        return
    await connection.execute(insert_once(database, QualificationRow), [row_of(one) for one in found])
    query = sa.select(QualificationRow).where(QualificationRow.key.in_([one.key for one in found]))
    known = {row.key: _qualification(row) for row in (await connection.execute(query)).all()}
    links = [
        {
            "evaluation": evaluation,
            "qualification": one.key,
            "own": None if known[one.key] == one else one,
        }
        for one in found
    ]
    await connection.execute(sa.insert(QualificationLinkRow), links)


def row_of(qualification: Qualification) -> dict[str, Any]:
    """Return the row that a qualification is kept as."""
    return {name: getattr(qualification, name) for name in FIELDS}


def _qualification(row: sa.Row[*tuple[Any, ...]]) -> Qualification:
    return Qualification(**{name: getattr(row, name) for name in FIELDS})
