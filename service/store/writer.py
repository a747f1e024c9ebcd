"""The writer: short transactions on SQLite, each in one hop to a thread that does nothing else.

The asynchronous driver hops to its thread and back for every statement, a dozen times a transaction. Where a row is kept
between two timed calls that was most of what the harness cost.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import sqlalchemy as sa

from service.store.engines import prepare_sqlite

T = TypeVar("T")


class Writer:
    """A thread with a connection of its own to the SQLite file at `url`. Nothing is started or opened before it is needed."""

    def __init__(self, url: str) -> None:
        address = sa.make_url(url).set(drivername="sqlite")
        # Used by one thread at a time, but closed by another.
        self._engine = sa.create_engine(
            address,
            pool_size=1,
            max_overflow=0,
            connect_args={"check_same_thread": False},
            execution_options={"writes": True},
        )
        prepare_sqlite(self._engine)
        self._thread: ThreadPoolExecutor | None = None

    async def run(self, work: Callable[[sa.Connection], T]) -> T:
        """Return what `work` returns, once the transaction it ran in is committed; whatever it raises rolls it back.

        Whoever is cancelled while it is under way does not stop it: it is finished, or never begun.
        """
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._within, work)

    async def close(self) -> None:
        """Finish what is under way and close the connection."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.to_thread(thread.shutdown)
        self._engine.dispose()

    def _within(self, work: Callable[[sa.Connection], T]) -> T:
        with self._engine.begin() as connection:
            return work(connection)
