"""Scripted work for the engine, and waiting for what it leads to."""

import asyncio
import time

from service.domain.evaluations import Evaluation, Status
from service.domain.responses import Slot
from service.store import evaluations
from service.store.database import Database
from tests.store import examples

SLOTS = tuple(
    Slot(candidate=candidate, prompt=prompt, pass_number=1, round_number=number)
    for candidate in "abc"
    for prompt in "1234"
    for number in (1, 2)
)


async def stored(database: Database, **changes: object) -> Evaluation:
    evaluation = examples.evaluation(**changes)
    await evaluations.add(database, evaluation)
    return evaluation


async def reaches(
    database: Database, evaluation: Evaluation, *statuses: Status, seconds: float = 20
) -> Evaluation:
    """Wait until the evaluation has one of `statuses`."""
    until = time.monotonic() + seconds
    while (found := await evaluations.get(database, evaluation.id)).status not in statuses:
        assert time.monotonic() < until, f"still {found.status} after {seconds} s, not {statuses}"
        await asyncio.sleep(0.02)
    return found


class Work:
    """Work that starts, waits for `go` and ends, and remembers what happened to it."""

    def __init__(self, error: BaseException | None = None, *, wait: bool = True) -> None:
        self.started: list[str] = []
        self.cancelled: list[str] = []
        self.begun = asyncio.Event()
        self.go = asyncio.Event()
        self.error = error
        self.at_once = 0
        self.most_at_once = 0
        if not wait:
            self.go.set()

    async def __call__(self, evaluation: str) -> None:
        self.started.append(evaluation)
        self.begun.set()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.go.wait()
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            self.cancelled.append(evaluation)
            raise
        finally:
            self.at_once -= 1
        if self.error is not None:
            raise self.error
