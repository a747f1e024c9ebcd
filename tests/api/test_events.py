"""Following an evaluation: as a stream that can be taken up again, and the same facts by polling."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx
import pytest

from service.api.streams import Streams
from service.domain.evaluations import Status
from service.domain.events import Event, Happening
from service.errors import Unavailable
from service.store import evaluations as store
from service.store import events
from tests.api.conftest import World
from tests.api.test_evaluations import ANY, LIST, made
from tests.api.test_problems import problem

STREAM = {"Accept": "text/event-stream"}
JSON = {"Accept": "application/json"}


def messages(body: str) -> list[tuple[int, str, dict[str, object]]]:
    found = []
    for block in body.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "id" in lines:
            found.append((int(lines["id"]), lines["event"], json.loads(lines["data"])))
    return found


async def over(client: httpx.AsyncClient, world: World) -> str:
    """An evaluation with four events, the last of which says that it is over."""
    id_ = await made(client)
    await store.set_status(world.database, id_, Status.RUNNING, only_from=ANY)
    await events.record(world.database, id_, Happening(warning="one\nthing", candidate="tiny-s"))
    await store.set_status(world.database, id_, Status.FAILED, only_from=ANY, reason="why")
    return id_


async def test_a_stream_tells_everything_in_order_and_ends_when_it_is_over(
    client: httpx.AsyncClient, world: World
) -> None:
    response = await client.get(f"{LIST}/{await over(client, world)}/events", headers=STREAM)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    assert response.text.startswith("retry: 2000\n\n")
    found = messages(response.text)
    assert [(seq, kind) for seq, kind, _ in found] == [
        (1, "state"),
        (2, "state"),
        (3, "warning"),
        (4, "done"),
    ]
    assert found[2][2]["warning"] == "one\nthing"
    assert (found[3][2]["status"], found[3][2]["reason"]) == ("failed", "why")


async def test_polling_gives_the_same_facts(client: httpx.AsyncClient, world: World) -> None:
    address = f"{LIST}/{await over(client, world)}/events"
    streamed = [data for *_, data in messages((await client.get(address, headers=STREAM)).text)]
    polled, after = [], 0
    while True:
        page = (await client.get(address, headers=JSON, params={"after": after, "limit": 3})).json()
        polled += page["items"]
        after = page["after"]
        if page["over"]:
            break
    assert polled == streamed


async def test_one_that_runs_is_to_be_polled_again(client: httpx.AsyncClient) -> None:
    response = await client.get(f"{LIST}/{await made(client)}/events", headers=JSON, params={"after": 1})
    assert response.json() == {"items": [], "after": 1, "over": False}
    assert int(response.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("headers", "query"),
    [({"Last-Event-ID": "3"}, {}), ({}, {"after": 3}), ({"Last-Event-ID": "1"}, {"after": 3})],
)
async def test_who_comes_back_gets_what_is_behind_the_last_event_seen(
    client: httpx.AsyncClient, world: World, headers: dict[str, str], query: dict[str, int]
) -> None:
    id_ = await over(client, world)
    response = await client.get(f"{LIST}/{id_}/events", headers=STREAM | headers, params=query)
    assert [seq for seq, *_ in messages(response.text)] == [4]


async def test_behind_the_end_there_is_nothing_until_a_retry(client: httpx.AsyncClient, world: World) -> None:
    id_ = await over(client, world)
    response = await client.get(f"{LIST}/{id_}/events", headers=STREAM | {"Last-Event-ID": "4"})
    assert (response.status_code, response.content) == (204, b"")
    await client.post(f"{LIST}/{id_}/retry")
    await store.set_status(world.database, id_, Status.CANCELLED, only_from=ANY)
    response = await client.get(f"{LIST}/{id_}/events", headers=STREAM | {"Last-Event-ID": "2"})
    assert [kind for _, kind, _ in messages(response.text)] == ["warning", "done", "state", "done"]


async def test_wrong_requests_say_what_to_do(client: httpx.AsyncClient) -> None:
    id_ = await made(client)
    nobody = f"{LIST}/0190a000-0000-7000-8000-000000000009/events"
    problem(await client.get(nobody), 404, "not-found")
    problem(await client.get(nobody, headers=JSON), 404, "not-found")
    problem(await client.get(f"{LIST}/{id_}/events", params={"after": -1}), 422, "invalid")
    problem(await client.get(f"{LIST}/{id_}/events", headers={"Last-Event-ID": "x"}), 422, "invalid")
    problem(await client.get(f"{LIST}/{id_}/events", params={"format": "csv"}), 406, "not-acceptable")


async def collected(stream: AsyncIterator[Event | None]) -> list[int | None]:
    return [None if event is None else event.seq async for event in stream]


async def test_a_quiet_stream_shows_that_it_is_alive(client: httpx.AsyncClient, world: World) -> None:
    id_ = await made(client)
    async with aclosing(Streams(world.database, heartbeat=0.05).follow(id_, 1)) as stream:
        assert await anext(stream) is None


async def test_many_follow_one_evaluation_with_one_look_at_its_rows(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = await made(client)
    streams, looks = Streams(world.database), 0
    since = events.since

    async def counted(*args: object, **options: object) -> tuple[Event, ...]:
        nonlocal looks
        looks += 1
        return await since(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(events, "since", counted)
    following = [asyncio.create_task(collected(streams.follow(id_, 1))) for _ in range(20)]
    await asyncio.sleep(0.2)
    for number in range(5):
        await events.record(world.database, id_, Happening(warning=str(number)))
    await store.set_status(world.database, id_, Status.SUCCEEDED, only_from=ANY)
    assert await asyncio.gather(*following) == [[2, 3, 4, 5, 6, 7]] * 20
    # Each of the six writes wakes one look, and each look is repeated until it finds nothing.
    assert looks <= 2 * 6 + 2
    assert world.database.news._waiting == {}, "nobody is left behind"


async def test_what_another_process_wrote_is_found_by_the_slow_look(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = await made(client)
    monkeypatch.setattr("service.api.streams.SLOW_LOOK", 0.05)
    monkeypatch.setattr(world.database.news, "tell", lambda _: None)
    following = asyncio.create_task(collected(Streams(world.database).follow(id_, 0)))
    await asyncio.sleep(0.1)
    await store.set_status(world.database, id_, Status.SUCCEEDED, only_from=ANY)
    assert await asyncio.wait_for(following, 5) == [1, 2]


async def test_streams_end_when_the_process_stops_and_no_new_one_begins(
    client: httpx.AsyncClient, world: World
) -> None:
    id_, streams = await made(client), Streams(world.database)
    following = asyncio.create_task(collected(streams.follow(id_, 0)))
    await asyncio.sleep(0.1)
    streams.close()
    assert await asyncio.wait_for(following, 1) == [1]
    with pytest.raises(Unavailable, match="poll"):
        streams.admit()


async def test_more_streams_than_the_process_can_bear_are_refused(
    client: httpx.AsyncClient, world: World
) -> None:
    id_, streams = await made(client), Streams(world.database, most=1)
    streams.admit()
    async with aclosing(streams.follow(id_, 0)) as stream:
        await anext(stream)
        with pytest.raises(Unavailable, match="1 at most"):
            streams.admit()
    streams.admit()
