"""Paces: how fast models were on a device, one row per evaluation and model, kept when the evaluation is deleted."""

from collections.abc import Collection
from datetime import UTC, datetime

import sqlalchemy as sa

from service.domain.paces import Pace, Paces
from service.store.database import Database, reading, writing
from service.store.once import insert_or_replace
from service.store.tables import PaceRow

NEWEST = 5
"""Evaluations of a model that count: older ones may have run on other files or under another load."""
MOST_ROWS = 500


async def keep(database: Database, evaluation: str, pace: Pace) -> None:
    """Keep what a model took in an evaluation; a later figure of the same evaluation replaces the earlier one."""
    row = {name: getattr(pace, name) for name in Pace.__dataclass_fields__}
    async with writing(database) as connection:
        await connection.execute(
            insert_or_replace(database, PaceRow),
            row | {"evaluation": evaluation, "moment": datetime.now(UTC)},
        )


async def known(database: Database, device: str, versions: Collection[tuple[str, str | None]]) -> Paces:
    """Return the pace of each model on `device`, its newest evaluations together; those never measured are missing.

    Parameters
    ----------
    versions
        Names of models with their versions: what another version took says nothing.
    """
    names = sorted({name for name, _ in versions})
    query = (
        sa.select(PaceRow)
        .where(PaceRow.device == device, PaceRow.model.in_(names))
        .order_by(PaceRow.moment.desc(), PaceRow.evaluation)
        .limit(MOST_ROWS)
    )
    async with reading(database) as connection:
        rows = (await connection.execute(query)).all()
    wanted = set(versions)
    found: dict[tuple[str, str], list[Pace]] = {}
    for row in rows:
        together = found.setdefault((row.role, row.model), [])
        if (row.model, row.version) in wanted and len(together) < NEWEST:
            together.append(Pace(**{name: getattr(row, name) for name in Pace.__dataclass_fields__}))
    return {(some[0].role, some[0].model): _pooled(some) for some in found.values() if some}


def _pooled(some: list[Pace]) -> Pace:
    calls = sum(one.calls for one in some)
    newest = some[0]
    return Pace(
        role=newest.role,
        model=newest.model,
        device=newest.device,
        version=newest.version,
        calls=calls,
        seconds_per_call=sum(one.seconds_per_call * one.calls for one in some) / calls,
        load_seconds=sum(one.load_seconds for one in some) / len(some),
    )
