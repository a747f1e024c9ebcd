"""Tell how far a run is while it goes on: in the transactions that keep its rows, at most twice a second."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from service.domain.evaluations import Evaluation
from service.domain.events import Happening
from service.domain.models import Model
from service.domain.paces import Expected, Pace, Paces, Role
from service.errors import DatabaseUnavailable
from service.foreseeing import time_left
from service.progressing import most_of, progress_of
from service.store import evaluations, events
from service.store import paces as store
from service.store.database import Database
from service.store.progress import Counts

APART = 0.5
"""Seconds between two progress events."""
ROUND = 1.0
"""Seconds after which what was kept back is told, and the time worked is noted."""


class Stint:
    """One model at work, from the start of its process to its end."""

    def __init__(self, role: Role, model: Model, device: str, started: float) -> None:
        self.role, self.model = role, model
        self._device = device
        self._started = started
        self._calls = self._first_calls = 0
        self._busy = 0.0
        self._first = self._last = self._loaded = started

    def loaded(self, now: float) -> None:
        """Note that the model is there."""
        self._loaded = now

    def examination(self) -> Pace | None:
        """Return what came between the load and the first verdict of a judge that was examined."""
        return self._pace("examination", 1, self._first - self._loaded, 0.0) if self._calls else None

    def hear(self, calls: int, seconds: float | None, now: float) -> None:
        """Count what came."""
        if not self._calls:
            self._first, self._first_calls = now, calls
        self._calls += calls
        self._last = now
        self._busy += seconds or 0.0

    def pace(self, now: float) -> Pace | None:
        """Return how fast it is; ``None`` while that cannot be said.

        Timed answers count by their own times. Verdicts come several at once, so they count by the clock from the first
        on: what was before it was an examination, if anything.
        """
        if self._busy:
            each, around = self._busy / self._calls, now - self._started - self._busy
        elif self._calls > self._first_calls:
            each = (self._last - self._first) / (self._calls - self._first_calls)
            around = self._loaded - self._started
        else:
            return None
        return self._pace(self.role, self._calls, each, around)

    def _pace(self, role: Role, calls: int, each: float, around: float) -> Pace:
        return Pace(
            role=role,
            model=self.model.name,
            device=self._device,
            version=self.model.version,
            calls=calls,
            seconds_per_call=each,
            load_seconds=max(0.0, around),
        )


class Teller:
    """Tells how far one run of `evaluation` is; `active` is for how long it was worked on, earlier runs included."""

    def __init__(
        self,
        evaluation: Evaluation,
        database: Database,
        *,
        before: float = 0.0,
        paces: Paces | None = None,
        unexamined: AbstractSet[str] = frozenset(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._evaluation = evaluation
        self._most = most_of(evaluation.spec)
        self._database = database
        self._clock = clock
        self._started = clock()
        self._before = before
        self._noted = 0.0
        self._told: float | None = None
        self._untold = False
        self.paces = dict(paces or {})
        self._unexamined = set(unexamined)
        self._stint: Stint | None = None

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
        expected = self._within(self._expected(counts))
        progress = progress_of(self._evaluation, counts, self._most)
        return Happening(
            progress=replace(progress, seconds_left=expected.seconds, seconds_left_reason=expected.reason)
        )

    def _within(self, expected: Expected) -> Expected:
        """Return what is expected, or what the time budget leaves where that is less."""
        budget = self._evaluation.spec.time_budget
        if budget is None or expected.seconds is None:
            return expected
        return replace(expected, seconds=min(expected.seconds, round(max(0.0, budget - self.active), 1)))

    def _expected(self, counts: Counts) -> Expected:
        # Called in the thread of the transaction, while the run goes on: it is asked once who is at work.
        stint, unexamined = self._stint, frozenset(self._unexamined)
        if stint is None:
            return time_left(
                self._evaluation.spec, counts, dict(self.paces), unexamined=unexamined, most=self._most
            )
        who, live = (stint.role, stint.model.name), stint.pace(self._clock())
        # What it takes now says more than what it took before; until it has answered, that is all there is.
        paces = self.paces if live is None else self.paces | {who: live}
        ahead = unexamined - ({who[1]} if live is not None else set())
        return time_left(
            self._evaluation.spec, counts, dict(paces), at_work=who, unexamined=ahead, most=self._most
        )

    @asynccontextmanager
    async def stint(self, role: Role, model: Model) -> AsyncIterator[None]:
        """Time what a model does, and keep its pace when it is done."""
        self._stint = Stint(role, model, self._evaluation.spec.device, self._clock())
        try:
            yield
            found = [self._stint.pace(self._clock())]
            if role == "judge" and model.name in self._unexamined:
                found.append(self._stint.examination())
                self._unexamined.discard(model.name)
            for pace in found:
                if pace is not None:
                    self.paces[pace.role, model.name] = pace
                    await store.keep(self._database, self._evaluation.id, pace)
        finally:
            self._stint = None

    def loaded(self) -> None:
        """Note that the model at work is loaded."""
        if self._stint is not None:
            self._stint.loaded(self._clock())

    def heard(self, calls: int, seconds: float | None = None) -> None:
        """Count answers or verdicts of the model at work, with the seconds they took where they were timed."""
        if self._stint is not None:
            self._stint.hear(calls, seconds, self._clock())

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
async def telling(
    evaluation: Evaluation, database: Database, before: float, paces: Paces, unexamined: AbstractSet[str]
) -> AsyncIterator[Teller]:
    """Lend a teller for one run; when the run ends well, the last event says where it ended."""
    teller = Teller(evaluation, database, before=before, paces=paces, unexamined=unexamined)

    over = asyncio.Event()

    async def rounds() -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(ROUND):
                    await over.wait()
            # The run itself meets a database that is gone, and waits for it.
            with suppress(DatabaseUnavailable):
                await teller.catch_up()

    going = asyncio.create_task(rounds())
    try:
        yield teller
    finally:
        # Not cancelled: a transaction that is cut off in the middle would hold its lock until somebody collects it.
        over.set()
        await asyncio.wait({going})
    await teller.catch_up(at_once=True)
