"""Claims: who works for a device, where several processes share one PostgreSQL.

A claim is an advisory lock of a session: it ends with its connection, so that nobody is held up by a process that was
killed, and no clock has to tell who is dead. SQLite needs none: there the data directory itself is taken.
"""

import zlib

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from service.errors import DatabaseUnavailable
from service.store.database import Database, reading

_OURS = 0x534C4D
"""Keeps our locks apart from those of whoever else uses the database."""


class Claim:
    """The claim of one process on one device; not taken yet."""

    def __init__(self, database: Database, device: str) -> None:
        self._database = database
        self._device = device
        self._connection: AsyncConnection | None = None

    async def take(self) -> bool:
        """Take the device, or look whether it is still ours; ``False`` if another process has it.

        A connection that broke meanwhile is made anew, and the device taken again if nobody else has done so.

        Raises
        ------
        DatabaseUnavailable
            If the database does not answer.
        """
        if not self._database.url.startswith("postgresql"):
            return True
        try:
            # The first statement tells of a database that does not answer in the usual way.
            async with reading(self._database) as connection:
                await connection.execute(sa.select(1))
            if self._connection is not None:
                await self._connection.execute(sa.select(1))
                return True
        except SQLAlchemyError:
            await self.let_go()
        try:
            return await self._lock()
        except SQLAlchemyError as error:
            raise DatabaseUnavailable("the database went away while a device was taken: ask again") from error

    async def _lock(self) -> bool:
        engine = self._database.engine.execution_options(isolation_level="AUTOCOMMIT")
        connection = await engine.connect()
        got = False
        try:
            key = sa.func.pg_try_advisory_lock(_OURS, sa.cast(_number(self._device), sa.Integer))
            got = bool(await connection.scalar(sa.select(key)))
        finally:
            if not got:
                await connection.close()
        self._connection = connection if got else None
        return got

    async def let_go(self) -> None:
        """Give the device back; harmless without it."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            # The session goes back into the pool, and the lock would go with it.
            await connection.execute(sa.select(sa.func.pg_advisory_unlock_all()))
        except SQLAlchemyError:
            pass  # a session that is gone has no lock
        finally:
            await connection.close()


def _number(device: str) -> int:
    """Return a number of 31 bits for a device.

    Examples
    --------
    >>> 0 <= _number("edge-a") < 2**31 and _number("edge-a") != _number("edge-b")
    True
    """
    return zlib.crc32(device.encode()) >> 1
