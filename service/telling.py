"""Tell how far a run is while it goes on: in the transactions that keep its rows, at most twice a second."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from service.domain.evaluations import Evaluation
from service.domain.events import Happening
from service.errors import DatabaseUnavailable
from service.gathering import progress_of
from service.store import evaluations, events
from service.store.database import Database
from service.store.progress import Counts

APART = 0.5
"""Seconds between two progress events."""
ROUND = 1.0
"""Seconds after which what was kept back is told, and the time worked is noted."""


class Teller:
    """Tells how far one run of `evaluation` is; `active` is for how long it was worked on, earlier runs included."""

    def __init__(
        self,
        evaluation: Evaluation,
        database: Database,
        *,
        before: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._evaluation = evaluation
        self._database = database
        self._clock = clock
        self._started = clock()
        self._before = before
        self._noted = 0.0
        self._told: float | None = None
        self._untold = False

    @property
    def active(self) -> float:
        """Seconds for which the evaluation was worked on."""
        return self._before + self._clock() - self._started

    def due(self) -> events.Tell | None:
        """Return what to hand to the transaction that keeps a row, or ``None`` if the last event is too fresh."""
        now = self._clock()
        if self._told is not None and now - self._told < APART:
            self._untold = True
            return None
        self._told, self._untold = now, False
        return self.say

    def say(self, counts: Counts) -> Happening:
        """Return how far it is."""
        return Happening(progress=progress_of(self._evaluation, counts))

    async def catch_up(self, *, at_once: bool = False) -> None:
        """Note the time worked, and tell what was kept back; `at_once` if anything was, or nothing was told yet."""
        spent = self._clock() - self._started
        await evaluations.spend(self._database, self._evaluation.id, spent - self._noted)
        self._noted = spent
        if self._untold or (at_once and self._told is None):
            if at_once:
                self._told = None
            tell = self.due()
            if tell is not None:
                await events.record(self._database, self._evaluation.id, tell)


@asynccontextmanager
async def telling(evaluation: Evaluation, database: Database, before: float) -> AsyncIterator[Teller]:
    """Lend a teller for one run; when the run ends well, the last event says where it ended."""
    teller = Teller(evaluation, database, before=before)

    async def rounds() -> None:
        while True:
            await asyncio.sleep(ROUND)
            # The run itself meets a database that is gone, and waits for it.
            with suppress(DatabaseUnavailable):
                await teller.catch_up()

    going = asyncio.create_task(rounds())
    try:
        yield teller
    finally:
        while not going.done():
            # Asked again: a cancellation that meets an answer of the database can be lost.
            going.cancel()
            await asyncio.wait({going}, timeout=ROUND)
    await teller.catch_up(at_once=True)
