"""Examine a judge apart from any evaluation: one at a time on the device, and the result kept for whoever relies on it.

What was asked for is a row before it is answered: an examination that a restart interrupts is held anew after it. Its
result is kept like those of evaluations, under the same content address, so that each of both spares the other one.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace

import msgspec

from service.domain.failures import Failure, FailureKind
from service.domain.hearings import Hearing, Unfinished
from service.domain.verdicts import Qualification
from service.errors import DatabaseUnavailable
from service.judge import Examination, Seat, qualification_key, qualify
from service.keeping import House, now
from service.store import hearings, qualifications

log = logging.getLogger(__name__)

HaveDevice = Callable[[str], AbstractAsyncContextManager[None]]
"""Waits until the device is free and has it for a piece of work, which is told to whoever asks meanwhile."""

STARTS = 3
SECONDS = 60.0
"""An examination fails when it was begun this often without an end, and was asked for this long ago."""
RECONNECT = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Pauses before trying again when the database does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A judge in its seat and what to ask it."""

    seat: Seat
    examined: Examination
    seed: int
    deadline: float

    @property
    def key(self) -> str:
        """Content address of the result."""
        return qualification_key(self.examined, self.seat, self.seed)


class Examiner:
    """Examines judges in the order they were asked for.

    Parameters
    ----------
    device
        Waits for the device and has it.
    place
        The device's name: what was asked for on another one is not taken up here.
    """

    def __init__(self, house: House, device: HaveDevice, place: str = "local") -> None:
        self._house = house
        self._device = device
        self._place = place
        self._asked: dict[str, int] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()

    async def begin(self, order: Order, *, again: bool = False) -> Hearing:
        """Queue an examination; one that is under way or was held before is not held twice unless `again` says so.

        On return it is stored: it will be held, whatever ends this process.
        """
        key, judge, database = order.key, order.seat.model.name, self._house.database
        async with self._turn:
            if key in self._tasks:
                found = await self.of_judge(judge)
                if found is not None and found.key == key:
                    return found
            kept = None if again else await qualifications.find(database, key)
            if kept is not None:
                return _held(kept)
            calls = order.examined.calls
            hearing = Hearing(key=key, judge=judge, state="queued", calls=calls, asked=0, began_at=now())
            encoded = msgspec.json.encode(order).decode()
            await hearings.keep(database, hearing, device=self._place, order=encoded)
            self._queue(order, hearing)
        return hearing

    async def take_up(self) -> None:
        """Queue what an earlier process was asked for and did not end."""
        for one in await hearings.unfinished(self._house.database, self._place):
            hearing = one.hearing
            held = await qualifications.find(self._house.database, hearing.key)
            order = _order(one)
            if held is not None and held.created_at >= hearing.began_at:
                # It died between keeping the result and saying so.
                await self._end(replace(hearing, state="done", asked=hearing.calls))
            elif isinstance(order, Failure):
                await self._end(replace(hearing, state="failed", failure=order))
            else:
                self._queue(order, hearing)

    async def of_judge(self, judge: str) -> Hearing | None:
        """Return the newest examination of a judge that was asked for; ``None`` when there is none."""
        found = await hearings.of_judge(self._house.database, judge)
        if found is None or found.state in {"done", "failed"}:
            return found
        return replace(found, asked=self._asked.get(found.key, found.asked))

    async def stop(self) -> None:
        """Interrupt whatever is under way: it is held at the next start."""
        tasks = dict(self._tasks)
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        for key in tasks:
            with suppress(DatabaseUnavailable):
                await hearings.forgive(self._house.database, key)

    def _queue(self, order: Order, hearing: Hearing) -> None:
        key = hearing.key
        task = asyncio.create_task(self._hold(order, hearing))
        self._tasks[key] = task

        def gone(_: asyncio.Task[None]) -> None:
            self._tasks.pop(key, None)
            self._asked.pop(key, None)

        task.add_done_callback(gone)

    async def _hold(self, order: Order, hearing: Hearing) -> None:
        key = hearing.key
        try:
            async with self._device(f"the examination of {hearing.judge}"):
                await _insist(lambda: hearings.begin(self._house.database, key))
                found = await self._examine(order, key)
        except Exception as error:
            log.exception("the examination of %s failed", hearing.judge)
            found = Failure(kind=FailureKind.UNEXPECTED, message=f"{type(error).__name__}: {error}")
        asked = self._asked.get(key, 0)
        if isinstance(found, Failure):
            await self._end(replace(hearing, state="failed", asked=asked, failure=found))
        else:
            await self._end(replace(hearing, state="done", asked=hearing.calls))

    async def _examine(self, order: Order, key: str) -> Qualification | Failure:
        house = self._house

        def heard(asked: int) -> None:
            self._asked[key] = asked

        async with house.open_judge(order.seat.model) as session:
            loaded = await session.load()
            if isinstance(loaded, Failure):
                return loaded
            found = await qualify(
                order.examined,
                order.seat,
                seed=order.seed,
                ask=session.ask,
                now=now,
                deadline=order.deadline,
                concurrency=house.crowding.most(order.seat.model),
                heard=heard,
                alive=lambda: session.alive,
            )
        if isinstance(found, Qualification):
            await _insist(lambda: qualifications.keep(house.database, found, anew=True))
        return found

    async def _end(self, hearing: Hearing) -> None:
        await _insist(lambda: hearings.end(self._house.database, hearing))


def _order(one: Unfinished) -> Order | Failure:
    """Return what is to be asked, or why it is not asked any more."""
    waited = (now() - one.hearing.began_at).total_seconds()
    if one.starts >= STARTS and waited >= SECONDS:
        message = (
            f"The service ended {one.starts} times during this examination: find out what ended it (memory, as a rule), "
            "then ask again."
        )
        return Failure(kind=FailureKind.RUNNER_DIED, message=message)
    try:
        return msgspec.json.decode(one.order, type=Order)
    except msgspec.DecodeError as error:
        message = (
            "It was asked for by another version of the service, whose request cannot be read: ask again."
        )
        return Failure(kind=FailureKind.UNEXPECTED, message=message, raw=str(error))


async def _insist(query: Callable[[], Awaitable[None]]) -> None:
    """Ask the database again while it does not answer: giving up would lose what was found out."""
    for pause in RECONNECT:
        try:
            return await query()
        except DatabaseUnavailable as error:
            log.warning("the database is asked again in %s s: %s", pause, error)
            await asyncio.sleep(pause)
    return await query()


def _held(kept: Qualification) -> Hearing:
    return Hearing(
        key=kept.key,
        judge=kept.judge,
        state="done",
        calls=kept.asked,
        asked=kept.asked,
        began_at=kept.created_at,
    )
