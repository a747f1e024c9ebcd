"""Surveys: what the rows of an evaluation come to, as bytes under a mark that differs as soon as the rows do."""

import sqlalchemy as sa

from service.store.database import Database, reading, writing
from service.store.once import insert_or_replace
from service.store.tables import SurveyRow


async def find(database: Database, evaluation: str, mark: str) -> bytes | None:
    """Return what is kept of an evaluation under this very mark."""
    query = sa.select(SurveyRow.body).where(SurveyRow.evaluation == evaluation, SurveyRow.mark == mark)
    async with reading(database) as connection:
        found: bytes | None = await connection.scalar(query)
    return found


async def keep(database: Database, evaluation: str, mark: str, body: bytes) -> None:
    """Keep what an evaluation comes to, in the place of what was kept before.

    Raises
    ------
    Conflict
        If the evaluation was deleted meanwhile.
    """
    row = {"evaluation": evaluation, "mark": mark, "body": body}
    async with writing(database) as connection:
        await connection.execute(insert_or_replace(database, SurveyRow), row)
