"""Lag: a loop that stands still is seen, for as long as it stood."""

import asyncio
import time

from service.observability.lag import sampled
from service.observability.metrics import Metrics, exposition


async def test_a_loop_that_stands_still_is_seen_and_a_quiet_one_is_not() -> None:
    quiet: list[float] = []
    stood: list[float] = []
    async with sampled(quiet.append, period=0.01):
        await asyncio.sleep(0.1)
    async with sampled(stood.append, period=0.01):
        await asyncio.sleep(0)
        time.sleep(0.1)  # noqa: ASYNC251  # this is the fault
        await asyncio.sleep(0.02)
    # The first sample was due 0.01 s after the start and came 0.09 s late; eight more were due while the loop stood.
    assert max(stood) > 0.08
    assert sum(delay > 0.015 for delay in stood) >= 6
    assert len(quiet) > 2


async def test_sampling_ends_with_its_context() -> None:
    seen: list[float] = []
    async with sampled(seen.append, period=0.001):
        await asyncio.sleep(0.01)
    count = len(seen)
    await asyncio.sleep(0.01)
    assert len(seen) == count


def test_operators_find_the_lag_among_the_metrics() -> None:
    metrics = Metrics()
    metrics.loop_lag.observe(value=0.03)
    metrics.loop_lag.observe(value=0.2)
    text = exposition(metrics, evaluations={}, version="1")[0].decode()
    assert 'slm_judge_event_loop_lag_seconds_bucket{le="0.05"} 1.0' in text
    assert "slm_judge_event_loop_lag_seconds_count 2.0" in text
