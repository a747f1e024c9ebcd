"""Hearings: examinations of judges that were asked for, so that no restart forgets one."""

from typing import Any

import sqlalchemy as sa

from service.domain.hearings import Hearing, State, Unfinished
from service.store.database import Database, reading, writing
from service.store.once import insert_or_replace
from service.store.tables import HearingRow

# The row has the fields of the dataclass, name for name.
FIELDS = tuple(Hearing.__dataclass_fields__)
OPEN: tuple[State, ...] = ("queued", "running")


async def keep(database: Database, hearing: Hearing, *, device: str, order: str) -> None:
    """Keep what was asked for on `device`; an earlier hearing of the same examination goes."""
    row = {name: getattr(hearing, name) for name in FIELDS}
    async with writing(database) as connection:
        await connection.execute(
            insert_or_replace(database, HearingRow), row | {"device": device, "request": order, "starts": 0}
        )


async def of_judge(database: Database, judge: str) -> Hearing | None:
    """Return the newest hearing of a judge; ``None`` when nobody asked for one."""
    query = (
        sa.select(HearingRow)
        .filter_by(judge=judge)
        .order_by(HearingRow.began_at.desc(), HearingRow.key)
        .limit(1)
    )
    async with reading(database) as connection:
        row = (await connection.execute(query)).one_or_none()
    return None if row is None else _hearing(row)


async def unfinished(database: Database, device: str) -> tuple[Unfinished, ...]:
    """Return the hearings of a device that have not ended, in the order they were asked for."""
    query = (
        sa.select(HearingRow)
        .where(HearingRow.device == device, HearingRow.state.in_(OPEN))
        .order_by(HearingRow.began_at, HearingRow.key)
    )
    async with reading(database) as connection:
        rows = (await connection.execute(query)).all()
    return tuple(Unfinished(hearing=_hearing(row), order=row.request, starts=row.starts) for row in rows)


async def begin(database: Database, key: str) -> None:
    """Note that a hearing is begun, once more than before."""
    change = sa.update(HearingRow).where(HearingRow.key == key)
    async with writing(database) as connection:
        await connection.execute(change.values(state="running", starts=HearingRow.starts + 1))


async def end(database: Database, hearing: Hearing) -> None:
    """Note how a hearing ended."""
    change = sa.update(HearingRow).where(HearingRow.key == hearing.key)
    async with writing(database) as connection:
        await connection.execute(
            change.values(state=hearing.state, asked=hearing.asked, failure=hearing.failure)
        )


async def forgive(database: Database, key: str) -> None:
    """Count the starts of a hearing from 0 again: it was interrupted on purpose, which says nothing against it."""
    async with writing(database) as connection:
        await connection.execute(sa.update(HearingRow).where(HearingRow.key == key).values(starts=0))


def _hearing(row: sa.Row[Any]) -> Hearing:
    return Hearing(**{name: getattr(row, name) for name in FIELDS})
