"""Changes: a stamp of an evaluation that differs as soon as anything that a ranking is made from differs."""

import sqlalchemy as sa

from service.store.database import Database, reading
from service.store.tables import (
    AnnotationRow,
    AttemptRow,
    CanaryRow,
    EvaluationRow,
    EventRow,
    LoadRow,
    LookRow,
    PairRow,
    QualificationLinkRow,
    QualificationRow,
    ResponseRow,
    VerdictRow,
)

COUNTED = (ResponseRow, VerdictRow, LoadRow, LookRow, QualificationLinkRow, CanaryRow, PairRow)
Stamp = tuple[object, ...]


async def stamp(database: Database, evaluation: str) -> Stamp:
    """Return what tells two states of an evaluation apart; empty when there is none under this id.

    Rows are only ever added, but for five things, which are in the stamp too: where the evaluation stands, what a load
    learns once its rounds are done, failures that a retry forgives, a judge examined anew, and people's scores. When it was
    brought in tells it from another evaluation that had its id and was deleted. All of it is counted in indexes: no answer
    and no verdict is read.
    """
    counts = [
        sa.select(sa.func.count()).where(table.evaluation == evaluation).scalar_subquery()
        for table in COUNTED
    ]
    finished = sa.select(sa.func.count()).where(LoadRow.evaluation == evaluation, LoadRow.after.is_not(None))
    tried = sa.select(sa.func.max(AttemptRow.id)).where(AttemptRow.evaluation == evaluation)
    forgiven = sa.select(sa.func.count()).where(
        AttemptRow.evaluation == evaluation, AttemptRow.forgiven.is_(True)
    )
    examined = (
        sa.select(sa.func.max(QualificationRow.created_at))
        .join(QualificationLinkRow, QualificationLinkRow.qualification == QualificationRow.key)
        .where(QualificationLinkRow.evaluation == evaluation)
    )
    entered = (
        sa.select(EventRow.moment).where(EventRow.evaluation == evaluation).order_by(EventRow.seq).limit(1)
    )
    said = [
        sa.select(figure).where(AnnotationRow.evaluation == evaluation).scalar_subquery()
        for figure in (
            sa.func.count(),
            sa.func.max(AnnotationRow.created_at),
            sa.func.sum(AnnotationRow.score),
        )
    ]
    query = sa.select(
        EvaluationRow.status,
        EvaluationRow.attempt,
        EvaluationRow.id,
        EvaluationRow.created_at,
        EvaluationRow.finished_at,
        EvaluationRow.verdicts_wanted,
        *counts,
        finished.scalar_subquery(),
        tried.scalar_subquery(),
        forgiven.scalar_subquery(),
        examined.scalar_subquery(),
        entered.scalar_subquery(),
        *said,
    ).where(EvaluationRow.id == evaluation)
    async with reading(database) as connection:
        row = (await connection.execute(query)).one_or_none()
    return () if row is None else tuple(row)
