"""A creating request that is sent again under its key creates nothing, on both databases and after a restart."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest

from service.api.routes import litestar_app
from service.api.serving import Serving
from service.domain.evaluations import Evaluation
from service.store import evaluations as store
from service.store import receipts
from service.store.database import Database
from tests.api.conftest import BODY, HOST, World
from tests.api.test_problems import problem
from tests.report import scenes

LIST = "/api/v1/evaluations"
KEY = {"Idempotency-Key": "a-1"}


def served(serving: Serving) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=cast(Any, litestar_app(serving)))
    return httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}")


async def test_the_same_request_again_gets_the_first_answer_byte_for_byte(
    client: httpx.AsyncClient, world: World
) -> None:
    first = await client.post(LIST, json=BODY, headers=KEY)
    assert first.status_code == 202
    assert "idempotent-replayed" not in first.headers
    again = await client.post(LIST, json=BODY, headers=KEY)
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    for name in ("location", "retry-after", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert world.submitted == [first.json()["id"]]
    assert len(await store.page(world.database)) == 1


async def test_another_request_under_the_key_is_refused(client: httpx.AsyncClient, world: World) -> None:
    await client.post(LIST, json=BODY, headers=KEY)
    response = await client.post(LIST, json={**BODY, "seed": 2}, headers=KEY)
    body = problem(response, 422, "invalid")
    assert cast(list[dict[str, str]], body["errors"])[0]["parameter"] == "Idempotency-Key"
    other = {"Idempotency-Key": "a-2"}
    assert (await client.post(LIST, json={**BODY, "seed": 2}, headers=other)).status_code == 202
    assert len(world.submitted) == 2


async def test_what_was_refused_may_be_corrected_under_the_same_key(client: httpx.AsyncClient) -> None:
    assert (await client.post(LIST, json={**BODY, "rubric": "absent"}, headers=KEY)).status_code == 422
    assert (await client.post(LIST, json=BODY, headers=KEY)).status_code == 202


async def test_a_dry_run_keeps_nothing_under_its_key(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        planned = await client.post(LIST, json=BODY, headers=KEY, params={"dry_run": "true"})
        assert (planned.status_code, "idempotent-replayed" in planned.headers) == (200, False)
    assert (await client.post(LIST, json=BODY, headers=KEY)).status_code == 202


@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "käse".encode()])
async def test_a_key_that_cannot_be_kept_is_refused(client: httpx.AsyncClient, key: str | bytes) -> None:
    response = await client.post(LIST, json=BODY, headers=cast(Any, {"Idempotency-Key": key}))
    body = problem(response, 422, "invalid")
    assert cast(list[dict[str, str]], body["errors"])[0]["parameter"] == "Idempotency-Key"


async def test_while_the_first_is_worked_on_the_second_is_told_to_wait(
    client: httpx.AsyncClient, world: World
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(evaluation: Evaluation) -> None:
        begun.set()
        await go_on.wait()
        world.submitted.append(evaluation.id)

    world.submit = slow  # type: ignore[method-assign]
    first = asyncio.create_task(client.post(LIST, json=BODY, headers=KEY))
    await begun.wait()
    waiting = await client.post(LIST, json=BODY, headers=KEY)
    problem(waiting, 409, "conflict")
    assert waiting.headers["retry-after"] == "1"
    problem(await client.post(LIST, json={**BODY, "seed": 2}, headers=KEY), 422, "invalid")
    go_on.set()
    assert (await first).status_code == 202
    assert (await client.post(LIST, json=BODY, headers=KEY)).headers["idempotent-replayed"] == "true"


async def test_a_default_is_adopted_once_per_key(client: httpx.AsyncClient, world: World) -> None:
    one = scenes.evaluation()
    await store.add(world.database, one)
    answers = [
        await client.post("/api/v1/defaults", json={"evaluation": one.id}, headers=KEY) for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len((await client.get("/api/v1/defaults")).json()["items"]) == 1


async def test_twenty_at_once_through_two_services_create_one(
    serving: Serving, world: World, database: Database
) -> None:
    shared = replace(serving, database=database)
    async with served(shared) as one, served(shared) as other:
        sent = [(one, other)[n % 2].post(LIST, json=BODY, headers=KEY) for n in range(20)]
        answers = await asyncio.gather(*sent)
    seen = Counter(answer.status_code for answer in answers)
    assert set(seen) <= {202, 409}, seen
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 202}) == 1
    assert len(await store.page(database)) == 1
    assert len(world.submitted) == 1


async def test_a_restart_does_not_forget(serving: Serving, database: Database) -> None:
    shared = replace(serving, database=database)
    async with served(shared) as before:
        first = await before.post(LIST, json=BODY, headers=KEY)
    async with served(shared) as after:
        again = await after.post(LIST, json=BODY, headers=KEY)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")


async def test_a_day_later_the_key_is_free_again(serving: Serving, database: Database) -> None:
    async with served(replace(serving, database=database)) as client:
        await client.post(LIST, json=BODY, headers=KEY)
    (evaluation,) = await store.page(database)
    now = evaluation.created_at + timedelta(hours=25)
    assert await receipts.find(database, "", "a-1", now - timedelta(hours=2)) is not None
    assert await receipts.find(database, "", "a-1", now) is None


async def test_without_its_receipt_nothing_is_created(serving: Serving, database: Database) -> None:
    """A process that dies between the two writes must leave neither: they are one transaction."""
    async with served(replace(serving, database=database)) as client:
        await client.post(LIST, json=BODY, headers=KEY)
    (kept,) = await store.page(database)
    receipt = await receipts.find(database, "", "a-1", kept.created_at)
    assert receipt is not None
    with pytest.raises(Exception, match="came first"):
        await store.add(
            database, replace(kept, id="01936b00-0000-7000-8000-000000000009"), replace(receipt, request="x")
        )
    assert len(await store.page(database)) == 1
