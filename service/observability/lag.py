"""Lag: how late the event loop comes to what is due, sampled in the loop itself while the service runs."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

PERIOD = 0.05
"""Seconds between two samples."""


def delays(late: float, period: float = PERIOD) -> Iterator[float]:
    """Yield how late each sample was that was due by now, given how late the first one comes.

    A loop that stands still for a second would have missed nineteen samples more: they would have come later by a period
    less each. Leaving them out would make long stops look rare (coordinated omission).

    Examples
    --------
    >>> [round(delay, 2) for delay in delays(0.12, 0.05)]
    [0.12, 0.07, 0.02]
    >>> list(delays(0.001, 0.05))
    [0.001]
    """
    while late > period:
        yield late
        late -= period
    yield max(0.0, late)


@asynccontextmanager
async def sampled(
    observe: Callable[[float], None],
    *,
    period: float = PERIOD,
    clock: Callable[[], float] = time.perf_counter,
) -> AsyncIterator[None]:
    """Sample the lag of the running event loop, in seconds, until the context ends."""

    async def go_on() -> None:
        while True:
            due = clock() + period
            await asyncio.sleep(period)
            for delay in delays(clock() - due, period):
                observe(delay)

    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
