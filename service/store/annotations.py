"""Annotations: people's scores, each person's newest for each answer and facet."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa

from service.domain.annotations import Annotation
from service.store.database import Database, reading, writing
from service.store.once import insert_or_replace
from service.store.tables import AnnotationRow

# The row has the fields of the dataclass, name for name.
FIELDS = tuple(field.name for field in fields(Annotation))


async def keep(database: Database, annotations: Sequence[Annotation]) -> None:
    """Keep several scores, all or none of them; a person's earlier score of the same answer and facet is replaced."""
    if not annotations:
        return
    async with writing(database) as connection:
        rows = [row_of(one) for one in annotations]
        await connection.execute(insert_or_replace(database, AnnotationRow), rows)


async def all_of(database: Database, evaluation: str, annotator: str | None = None) -> tuple[Annotation, ...]:
    """Return the scores of an evaluation, of everybody or of one person, ordered by answer, facet and person."""
    query = sa.select(AnnotationRow).where(AnnotationRow.evaluation == evaluation)
    if annotator is not None:
        query = query.where(AnnotationRow.annotator == annotator)
    order = (AnnotationRow.item, AnnotationRow.facet, AnnotationRow.annotator)
    async with reading(database) as connection:
        rows = (await connection.execute(query.order_by(*order))).all()
    return tuple(Annotation(**{name: getattr(row, name) for name in FIELDS}) for row in rows)


def row_of(annotation: Annotation) -> dict[str, Any]:
    """Return the row that a score is kept as."""
    return {name: getattr(annotation, name) for name in FIELDS}
