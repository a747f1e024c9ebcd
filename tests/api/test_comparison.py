"""Comparisons over HTTP: shapes, refusals at their parameter, Markdown."""

from typing import cast

import httpx

from service.domain.evaluations import Status
from service.store import evaluations as store
from tests.api.conftest import World
from tests.api.test_evaluations import ANY, LIST, made
from tests.api.test_problems import problem

NAMED = {"candidates": [{"model": "tiny-s", "name": "small"}, {"model": "tiny-l", "name": "large"}]}


def faults(response: httpx.Response) -> list[dict[str, str]]:
    return cast(list[dict[str, str]], problem(response, 422, "invalid")["errors"])


async def over(client: httpx.AsyncClient, world: World, **changes: object) -> str:
    id_ = await made(client, **{**NAMED, **changes})
    await store.set_status(world.database, id_, Status.SUCCEEDED, only_from=ANY)
    return id_


async def test_an_evaluation_is_compared_with_its_baseline(client: httpx.AsyncClient, world: World) -> None:
    earlier, now = await over(client, world), await over(client, world)
    response = await client.get(f"{LIST}/{now}/comparison", params={"baseline": earlier})
    assert response.status_code == 200, response.text
    body = response.json()
    assert (body["evaluation"], body["baseline"]) == (now, earlier)
    assert [one["candidate"] for one in body["matches"]] == ["small", "large"]
    latency = next(one for one in body["matches"][0]["figures"] if one["figure"] == "latency")
    assert latency["effect"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 2, "reason": None}
    assert latency["verdict"] == "equivalent"


async def test_two_candidates_meet_and_markdown_is_written(client: httpx.AsyncClient, world: World) -> None:
    id_ = await over(client, world)
    asked = {"candidate": "large", "against": "small", "only": "quality, memory", "format": "md"}
    response = await client.get(f"{LIST}/{id_}/comparison", params=asked)
    assert response.headers["content-type"] == "text/markdown; charset=utf-8"
    assert "## large against small:" in response.text
    assert "| memory | 9 MiB |" in response.text
    assert "latency" not in response.text.split("## How")[0]


async def test_refusals_name_the_parameter_and_the_cure(client: httpx.AsyncClient, world: World) -> None:
    id_ = await over(client, world)
    other = await over(client, world, prompt_set=["One?", "Two?"])
    address = f"{LIST}/{id_}/comparison"
    (fault,) = faults(await client.get(address, params={"baseline": other}))
    assert fault["parameter"] == "baseline"
    assert "the prompt sets differ, tiny (" in fault["detail"]
    gone = "01936b00-0000-7000-8000-00000000dead"
    (fault,) = faults(await client.get(address, params={"baseline": gone}))
    assert fault["parameter"] == "baseline"
    for wrong in ({"margin": "-1"}, {"tolerance": "2"}, {"baseline": "yesterday"}):
        assert [one["parameter"] for one in faults(await client.get(address, params=wrong))] == list(wrong)
    running = await made(client, **NAMED)
    problem(await client.get(address, params={"baseline": running}), 409, "conflict")
    problem(await client.get(f"{LIST}/{gone}/comparison"), 404, "not-found")
    problem(await client.get(address, params={"format": "csv"}), 406, "not-acceptable")
    assert world.found_with == [], "nothing is computed for a refusal"
