"""kill -9 at random moments: after the last restart everything is there exactly once."""

import asyncio
import random
from multiprocessing.context import ForkServerContext

import pytest

from service.domain.evaluations import Status
from service.store import responses
from service.store.database import Database
from tests.engine.scripted_service import serve
from tests.engine.scripts import SLOTS, reaches, stored


class Service:
    """A service in a process of its own."""

    def __init__(
        self, forked: ForkServerContext, database: Database, system_url: str, executor: str = "local"
    ) -> None:
        self.told, tell = forked.Pipe(duplex=False)
        self.process = forked.Process(
            target=serve, args=(database.url, system_url, executor, tell), daemon=True
        )
        self.process.start()
        tell.close()

    async def ready(self) -> None:
        assert await asyncio.to_thread(self.told.poll, 60), "never ready"
        assert self.told.recv() == "ready"

    async def kill(self) -> None:
        self.process.kill()
        await asyncio.to_thread(self.process.join)
        self.process.close()
        self.told.close()


async def killed_and_restarted(
    forked: ForkServerContext, database: Database, system_url: str, kills: int, *, new_names: bool
) -> int:
    """Kill a service again and again while one evaluation runs; return how often it had done something by then."""
    dice = random.Random(kills)
    evaluation = await stored(database)
    met_at_work = 0
    for number in range(kills):
        service = Service(forked, database, system_url, f"executor-{number}" if new_names else "local")
        try:
            if dice.random() < 0.3:
                await asyncio.sleep(dice.uniform(0, 1))  # perhaps before it is ready
            else:
                await service.ready()
                before = len(await responses.kept_slots(database, evaluation.id))
                await asyncio.sleep(dice.uniform(0, 0.6))
                met_at_work += len(await responses.kept_slots(database, evaluation.id)) > before
        finally:
            await service.kill()
    service = Service(forked, database, system_url)
    try:
        found = await reaches(database, evaluation, Status.SUCCEEDED, Status.FAILED, seconds=40)
    finally:
        await service.kill()
    assert (found.status, found.reason) == (Status.SUCCEEDED, None)
    kept = await responses.all_of(database, evaluation.id)
    assert [one.slot for one in kept] == sorted(
        SLOTS, key=lambda slot: (slot.candidate, slot.prompt, slot.pass_number, slot.round_number)
    )
    return met_at_work


@pytest.mark.slow_on_postgresql
async def test_a_service_killed_twice_finishes_with_every_row_once(
    forked: ForkServerContext, database: Database, system_url: str
) -> None:
    await killed_and_restarted(forked, database, system_url, 2, new_names=False)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_service_killed_ten_times_finishes_with_every_row_once(
    forked: ForkServerContext, database: Database, system_url: str
) -> None:
    assert await killed_and_restarted(forked, database, system_url, 10, new_names=False) > 0


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_and_so_does_one_that_comes_back_under_another_name_each_time(
    forked: ForkServerContext, database: Database, system_url: str
) -> None:
    await killed_and_restarted(forked, database, system_url, 5, new_names=True)
