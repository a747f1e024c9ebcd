"""Archives: take everything of one evaluation out of a database, and put it into another one, all of it or nothing."""

import sqlalchemy as sa

from service.domain.archives import Archive
from service.store import (
    annotations,
    attempts,
    canaries,
    evaluations,
    loads,
    looks,
    pairs,
    qualifications,
    responses,
    verdicts,
)
from service.store.database import Database, writing
from service.store.tables import (
    AnnotationRow,
    AttemptRow,
    CanaryRow,
    LoadRow,
    LookRow,
    PairRow,
    ResponseRow,
    VerdictRow,
)


async def take(database: Database, evaluation: str) -> Archive:
    """Return everything kept of an evaluation; `NotFound` when there is none under this id."""
    return Archive(
        evaluation=await evaluations.get(database, evaluation),
        loads=await loads.all_of(database, evaluation),
        responses=await responses.all_of(database, evaluation),
        verdicts=await verdicts.all_of(database, evaluation),
        attempts=await attempts.all_of(database, evaluation),
        qualifications=await qualifications.of_evaluation(database, evaluation),
        annotations=await annotations.all_of(database, evaluation),
        canaries=await canaries.all_of(database, evaluation),
        looks=await looks.all_of(database, evaluation),
        pairs=await pairs.all_of(database, evaluation),
    )


async def put(database: Database, archive: Archive) -> None:
    """Store an archive in one transaction.

    A judge's examination that was held here stays as it is for the evaluations made here; see `qualifications.bring_in`.

    Raises
    ------
    Conflict
        When the evaluation's id is taken, or rows of the archive contradict each other; nothing is stored then.
    """
    evaluation = archive.evaluation
    rows = (
        (LoadRow, [loads.row_of(one) for one in archive.loads]),
        (ResponseRow, [responses.row_of(one) for one in archive.responses]),
        (VerdictRow, [verdicts.row_of(one) for one in archive.verdicts]),
        (AttemptRow, [attempts.row_of(one) for one in archive.attempts]),
        (PairRow, [pairs.row_of(one) for one in archive.pairs]),
        (CanaryRow, [canaries.row_of(one) for one in archive.canaries]),
        (AnnotationRow, [annotations.row_of(one) for one in archive.annotations]),
        (LookRow, [looks.row_of(one) for one in archive.looks]),
    )
    async with writing(database) as connection:
        await evaluations.insert(connection, evaluation)
        for table, found in rows:
            if found:
                await connection.execute(sa.insert(table), found)
        await qualifications.bring_in(database, connection, evaluation.id, archive.qualifications)
