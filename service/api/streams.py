"""Streams: many who follow events, one look at the rows for all of them.

Per evaluation that anybody follows there is one task: it is woken by what this process writes, looks by itself every
few seconds for what others wrote, and keeps the newest events for everybody. Nobody holds a database connection.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

from service.domain.events import Event, EventType
from service.errors import DatabaseUnavailable, Unavailable
from service.store import events
from service.store.database import Database

HEARTBEAT = 15.0
"""Seconds of silence after which a stream shows that it is alive."""
SLOW_LOOK = 2.0
"""Seconds between two looks for what another process wrote."""
MOST = 256
"""Streams open at once; each costs memory and a descriptor."""
KEPT = 256
"""Newest events of an evaluation that are held in memory while somebody follows."""


class Watch:
    """What is new of one evaluation, for all who follow it."""

    def __init__(self, evaluation: str, database: Database, newest: int) -> None:
        self.followers = 0
        self.changed = asyncio.Event()
        self._evaluation = evaluation
        self._database = database
        self._newest = newest
        self._from = newest
        self._recent: deque[Event] = deque()
        self._told = asyncio.Event()
        self._over = False

    async def run(self) -> None:
        """Read what is new whenever there may be something, until `stop`."""
        with self._database.news.watching(self._evaluation) as self._told:
            while not self._over:
                self._told.clear()
                # A database that is away for a moment ends no stream.
                with suppress(DatabaseUnavailable):
                    while found := await events.since(self._database, self._evaluation, self._newest):
                        self._take(found)
                # Not `wait_for`: before Python 3.12 it can lose a cancellation.
                with suppress(TimeoutError):
                    async with asyncio.timeout(SLOW_LOOK):
                        await self._told.wait()

    async def since(self, seq: int) -> tuple[Event, ...]:
        """Return events behind `seq`: from memory, or from the rows where memory does not reach back so far."""
        if seq >= self._from:
            return tuple(event for event in self._recent if event.seq > seq)
        return await events.since(self._database, self._evaluation, seq)

    def stop(self) -> None:
        """Let `run` end behind the look that it is at: a query that is cut off leaves its thread behind."""
        self._over = True
        self._told.set()

    def wake(self) -> None:
        """Let everybody look again."""
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    def _take(self, found: tuple[Event, ...]) -> None:
        self._recent.extend(found)
        self._newest = found[-1].seq
        while len(self._recent) > KEPT:
            self._from = self._recent.popleft().seq
        self.wake()


class Streams:
    """All open streams of this process."""

    def __init__(self, database: Database, *, heartbeat: float = HEARTBEAT, most: int = MOST) -> None:
        self._database = database
        self._heartbeat = heartbeat
        self._most = most
        self._watches: dict[str, tuple[Watch, asyncio.Task[None]]] = {}
        self._open = 0
        self._closing = False

    def close(self) -> None:
        """End every stream now: a server that stops waits for them otherwise."""
        self._closing = True
        for watch, _ in self._watches.values():
            watch.wake()

    def admit(self) -> None:
        """Refuse one more stream than the process can bear, or any while it stops.

        Raises
        ------
        Unavailable
            Try again later, or poll.
        """
        if self._closing or self._open >= self._most:
            msg = f"{self._open} streams are open, {self._most} at most: poll the same address with Accept: application/json"
            raise Unavailable(msg)

    async def follow(self, evaluation: str, after: int) -> AsyncGenerator[Event | None, None]:
        """Yield the events behind number `after` as they happen, and ``None`` when it is time for a sign of life.

        It ends behind the event that says the evaluation is over, and when the process stops.
        """
        self._open += 1
        over = False
        try:
            newest = await events.last(self._database, evaluation)
            async with self._watch(evaluation, newest.seq if newest else 0) as watch:
                while not self._closing:
                    changed = watch.changed
                    found = await watch.since(after)
                    for event in found:
                        yield event
                        after, over = event.seq, event.type is EventType.DONE
                    if found:
                        continue
                    if over:
                        return
                    try:
                        async with asyncio.timeout(self._heartbeat):
                            await changed.wait()
                    except TimeoutError:
                        yield None
        finally:
            self._open -= 1

    @asynccontextmanager
    async def _watch(self, evaluation: str, newest: int) -> AsyncIterator[Watch]:
        if evaluation not in self._watches:
            fresh = Watch(evaluation, self._database, newest)
            self._watches[evaluation] = (fresh, asyncio.create_task(fresh.run()))
        watch, task = self._watches[evaluation]
        watch.followers += 1
        try:
            yield watch
        finally:
            watch.followers -= 1
            if not watch.followers:
                del self._watches[evaluation]
                watch.stop()
                await asyncio.wait({task})
