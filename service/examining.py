"""Examine a judge apart from any evaluation: one at a time on the device, and the result kept for whoever relies on it.

What is under way is remembered in this process only: an examination that a restart interrupts has to be asked for again.
Its result is kept like those of evaluations, under the same content address, so that each of both spares the other one.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from service.domain.failures import Failure, FailureKind
from service.domain.verdicts import Qualification
from service.judge import Examination, Seat, qualification_key, qualify
from service.keeping import House, now
from service.store import qualifications

log = logging.getLogger(__name__)

HaveDevice = Callable[[str], AbstractAsyncContextManager[None]]
"""Waits until the device is free and has it for a piece of work, which is told to whoever asks meanwhile."""
State = Literal["queued", "running", "done", "failed"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """How far an examination is: `asked` of `calls` questions, asking again left out."""

    key: str
    judge: str
    state: State
    calls: int
    asked: int
    began_at: datetime
    failure: Failure | None = None


class Examiner:
    """Examines judges in the order they were asked for."""

    def __init__(self, house: House, device: HaveDevice) -> None:
        self._house = house
        self._device = device
        self._hearings: dict[str, Hearing] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def begin(self, order: Order, *, again: bool = False) -> Hearing:
        """Queue an examination; one that is under way or was held before is not held twice unless `again` says so."""
        key = order.key
        if key in self._tasks:
            return self._hearings[key]
        kept = None if again else await qualifications.find(self._house.database, key)
        if kept is not None:
            return _held(kept)
        hearing = Hearing(
            key=key,
            judge=order.seat.model.name,
            state="queued",
            calls=order.examined.calls,
            asked=0,
            began_at=now(),
        )
        self._hearings[key] = hearing
        task = asyncio.create_task(self._hold(order, key))
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._tasks.pop(key, None))
        return hearing

    def of_judge(self, judge: str) -> Hearing | None:
        """Return the newest examination of a judge since the service started; ``None`` when there is none."""
        own = [one for one in self._hearings.values() if one.judge == judge]
        return max(own, key=lambda one: one.began_at, default=None)

    async def stop(self) -> None:
        """Stop whatever is under way."""
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _hold(self, order: Order, key: str) -> None:
        try:
            async with self._device(f"the examination of {order.seat.model.name}"):
                self._note(key, state="running")
                found = await self._examine(order, key)
        except asyncio.CancelledError:
            self._fail(key, Failure(kind=FailureKind.CANCELLED, message="The service stopped: ask again."))
            raise
        except Exception as error:
            log.exception("the examination of %s failed", order.seat.model.name)
            found = Failure(kind=FailureKind.UNEXPECTED, message=f"{type(error).__name__}: {error}")
        if isinstance(found, Failure):
            self._fail(key, found)
        else:
            self._note(key, state="done", asked=order.examined.calls)

    async def _examine(self, order: Order, key: str) -> Qualification | Failure:
        house = self._house
        async with house.watch.sessions(house.open_session, "judge")(order.seat.model) as session:
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
                concurrency=house.judge_concurrency,
                heard=lambda asked: self._note(key, asked=asked),
                alive=lambda: session.alive,
            )
        if isinstance(found, Qualification):
            await qualifications.keep(house.database, found, anew=True)
        return found

    def _fail(self, key: str, failure: Failure) -> None:
        self._hearings[key] = replace(self._hearings[key], state="failed", failure=failure)

    def _note(self, key: str, *, state: State | None = None, asked: int | None = None) -> None:
        before = self._hearings[key]
        self._hearings[key] = replace(
            before, state=state or before.state, asked=before.asked if asked is None else asked
        )


def _held(kept: Qualification) -> Hearing:
    return Hearing(
        key=kept.key,
        judge=kept.judge,
        state="done",
        calls=kept.asked,
        asked=kept.asked,
        began_at=kept.created_at,
    )
