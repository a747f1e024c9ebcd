"""The writer: short transactions on SQLite, each in one hop to a thread that does nothing else, or in none.

The asynchronous driver hops to its thread and back for every statement, a dozen times a transaction. Where a row is kept
between two timed calls that was most of what the harness cost, and on a busy machine each hop waits for a processor.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from service.store.engines import prepare_sqlite

T = TypeVar("T")


class Writer:
    """A thread with a connection of its own to the SQLite file at `url`. Nothing is started or opened before it is needed."""

    def __init__(self, url: str) -> None:
        # Used by one thread at a time, but opened and closed by others.
        self._engine = sa.create_engine(
            sa.make_url(url).set(drivername="sqlite"),
            connect_args={"check_same_thread": False},
            execution_options={"writes": True},
        )
        prepare_sqlite(self._engine)
        self._thread: ThreadPoolExecutor | None = None
        self._impatient: sa.Connection | None = None

    async def run(self, work: Callable[[sa.Connection], T], *, at_once: bool = False) -> T:
        """Return what `work` returns, once the transaction it ran in is committed; whatever it raises rolls it back.

        Whoever is cancelled while it is under way does not stop it: it is finished, or never begun.

        Parameters
        ----------
        at_once
            Do it on this very thread if nobody else is writing: a millisecond or two in which the event loop stands
            still, for what a timed call waits for. It never waits for a lock and leaves tidying up to the thread.
        """
        if at_once and self._impatient is not None:
            try:
                with self._impatient.begin():
                    return work(self._impatient)
            except OperationalError as error:
                if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._within, work)

    async def close(self) -> None:
        """Finish what is under way and close the connections."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.to_thread(thread.shutdown)
        impatient, self._impatient = self._impatient, None
        if impatient is not None:
            impatient.close()
        self._engine.dispose()

    def _within(self, work: Callable[[sa.Connection], T]) -> T:
        with self._engine.begin() as connection:
            done = work(connection)
        if self._impatient is None:
            self._impatient = self._open_impatient()
        return done

    def _open_impatient(self) -> sa.Connection:
        connection = self._engine.connect()
        for setting in ("busy_timeout=0", "wal_autocheckpoint=0"):
            connection.exec_driver_sql(f"PRAGMA {setting}")
        connection.rollback()
        return connection
