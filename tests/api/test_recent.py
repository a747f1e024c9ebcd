"""Recent: many readers cost one look, and nobody reads something older than what was changed here."""

import asyncio

import httpx
import pytest

from service.api.recent import GOOD_FOR, MOST, Reading, Recent
from service.domain.evaluations import Status
from service.store import evaluations
from service.store.news import News
from tests.api.conftest import BODY, World

LIST = "/api/v1/evaluations"


class Rows:
    """What is read, and how often."""

    def __init__(self) -> None:
        self.looks = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def read(self) -> Reading:
        self.looks += 1
        said = str(self.looks)
        await self.gate.wait()
        return Reading(body=said.encode(), tag=f'"{said}"', wait=None)


async def ask(recent: Recent, rows: Rows, evaluation: str = "e") -> str:
    found = recent.known(evaluation) or await recent.look(evaluation, rows.read)
    return found.body.decode()


async def test_a_reading_is_shown_again_for_a_moment_and_then_looked_up_again() -> None:
    now = 0.0
    recent, rows = Recent(News(), clock=lambda: now), Rows()
    assert [await ask(recent, rows), await ask(recent, rows)] == ["1", "1"]
    now = GOOD_FOR + 0.001
    assert await ask(recent, rows) == "2"


async def test_what_is_told_of_any_evaluation_ends_every_reading() -> None:
    news = News()
    recent, rows = Recent(news, clock=lambda: 0.0), Rows()
    await ask(recent, rows)
    news.tell("another")
    assert await ask(recent, rows) == "2"


async def test_readers_at_the_same_time_share_a_look_unless_something_changed_since_it_began() -> None:
    news = News()
    recent, rows = Recent(news, clock=lambda: 0.0), Rows()
    rows.gate.clear()
    first, second = (asyncio.create_task(ask(recent, rows)) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    news.tell("e")
    third = asyncio.create_task(ask(recent, rows))
    await asyncio.sleep(0)
    rows.gate.set()
    assert [await first, await second, await third] == ["1", "1", "2"]
    assert await ask(recent, rows) == "2", "the look that began before the change is not kept"


async def test_a_reader_that_goes_away_takes_nothing_from_the_others_and_a_failed_look_is_not_kept() -> None:
    recent, rows = Recent(News(), clock=lambda: 0.0), Rows()
    rows.gate.clear()
    leaves, stays = (asyncio.create_task(ask(recent, rows)) for _ in range(2))
    await asyncio.sleep(0)
    leaves.cancel()
    rows.gate.set()
    assert await stays == "1"

    async def fail() -> Reading:
        raise LookupError("gone")

    with pytest.raises(LookupError):
        await recent.look("f", fail)
    assert recent.known("f") is None


async def test_only_so_many_readings_are_held() -> None:
    recent, rows = Recent(News(), clock=lambda: 0.0), Rows()
    for number in range(MOST + 1):
        await ask(recent, rows, str(number))
    assert recent.known("0") is None
    assert recent.known("1") is not None


async def test_whoever_changes_an_evaluation_reads_the_change_at_once(
    client: httpx.AsyncClient, world: World
) -> None:
    made = (await client.post(LIST, json=BODY)).json()["id"]
    at = f"{LIST}/{made}"
    assert (await client.get(at)).json()["labels"] == []
    await client.patch(at, json={"labels": ["new"]})
    assert (await client.get(at)).json()["labels"] == ["new"]
    await client.post(f"{at}/cancel")
    seen = await client.get(at)
    assert seen.json()["status"] == "cancelled"
    assert "retry-after" not in seen.headers
    await client.post(f"{at}/retry")
    again = await client.get(at)
    assert again.json()["status"] == "queued"
    assert again.headers["retry-after"]
    assert (await client.get(at, headers={"If-None-Match": again.headers["etag"]})).status_code == 304
    cancelled = frozenset({Status.QUEUED})
    await evaluations.set_status(world.database, made, Status.CANCELLED, only_from=cancelled)
    assert (await client.delete(at)).status_code == 204
    assert (await client.get(at)).status_code == 404
