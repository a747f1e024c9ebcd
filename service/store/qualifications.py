"""Qualifications: examinations of judges, kept under their content address and shared between evaluations."""

from dataclasses import fields
from typing import Any

import sqlalchemy as sa

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
    row = {"evaluation": evaluation, "qualification": key}
    async with writing(database) as connection:
        await connection.execute(insert_once(database, QualificationLinkRow), row)


async def of_evaluation(database: Database, evaluation: str) -> tuple[Qualification, ...]:
    """Return the qualifications an evaluation relies on, ordered by judge."""
    query = (
        sa.select(QualificationRow)
        .join(QualificationLinkRow, QualificationLinkRow.qualification == QualificationRow.key)
        .where(QualificationLinkRow.evaluation == evaluation)
        .order_by(QualificationRow.judge, QualificationRow.key)
    )
    async with reading(database) as connection:
        rows = (await connection.execute(query)).all()
    return tuple(_qualification(row) for row in rows)


def row_of(qualification: Qualification) -> dict[str, Any]:
    """Return the row that a qualification is kept as."""
    return {name: getattr(qualification, name) for name in FIELDS}


def _qualification(row: sa.Row[Any]) -> Qualification:
    return Qualification(**{name: getattr(row, name) for name in FIELDS})
