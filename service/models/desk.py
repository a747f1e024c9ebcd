"""A runner's desk: takes the parent's orders, has them worked on at once, and says what came of each."""

import asyncio
import contextlib
import gc
import sys
from collections.abc import Coroutine
from typing import Any, Protocol

from service.models import protocol

ENDING = 1.0
"""Seconds for a polite end: the parent waits two."""


class Worker(Protocol):
    """What a runner can do."""

    async def load(self, order: protocol.Load) -> protocol.FromRunner:
        """Load a model."""
        ...

    async def ask(self, order: protocol.Ask) -> protocol.FromRunner:
        """Ask it."""
        ...

    async def unload(self) -> None:
        """Let go of it."""
        ...


def say(message: protocol.FromRunner) -> None:
    """Send one message to the parent; an answer too long for a line becomes a failure."""
    line = protocol.encode(message)
    if len(line) >= protocol.LONGEST_LINE and isinstance(message, protocol.Answered):
        long = protocol.Failed(id=message.id, kind="oversized", message="The answer is longer than 8 MiB.")
        line = protocol.encode(long)
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


class Desk:
    """Takes orders and has them worked on, answers at once and loads one by one."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._under_way: dict[int, asyncio.Task[None]] = {}

    async def serve(self, orders: "asyncio.Queue[protocol.FromParent | None]") -> None:
        """Do what is ordered until the parent says bye or is gone."""
        while (order := await orders.get()) is not None and not isinstance(order, protocol.Bye):
            match order:
                case protocol.Load():
                    await self._work(0, self._worker.load(order))
                    gc.freeze()
                case protocol.Ask():
                    self._under_way[order.id] = asyncio.create_task(
                        self._work(order.id, self._worker.ask(order))
                    )
                case protocol.Cancel():
                    self._stop(order.id)
        for identity in tuple(self._under_way):
            self._stop(identity)
        # The end is not put off for a server that is not there.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(ENDING):
                await self._worker.unload()

    def _stop(self, identity: int) -> None:
        if task := self._under_way.get(identity):
            task.cancel()

    async def _work(self, identity: int, job: Coroutine[Any, Any, protocol.FromRunner]) -> None:
        try:
            say(await job)
        except asyncio.CancelledError:
            say(protocol.Failed(id=identity, kind="cancelled", message="Cancelled."))
        except Exception as error:  # noqa: BLE001  # a fault of ours must cost one answer, not the process
            what = f"{type(error).__name__} in the runner"
            say(protocol.Failed(id=identity, kind="unexpected", message=f"{what}: please report it."))
        finally:
            self._under_way.pop(identity, None)
            if not self._under_way:
                # Collected between answers, so that it never happens inside one.
                gc.collect()
