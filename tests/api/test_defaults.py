"""Adopt a recommendation, read the history, and be told when the default is stale."""

from dataclasses import replace
from typing import Any, cast

import httpx
import pytest

from service.api.serving import Serving
from service.api.staleness import stale_default
from service.domain.evaluations import Status
from service.store import defaults
from service.store import evaluations as store
from tests.api.conftest import World
from tests.api.test_comparison import NAMED, faults, over
from tests.api.test_evaluations import ANY, LIST, made
from tests.api.test_problems import problem

DEFAULTS = "/api/v1/defaults"


async def adopt(client: httpx.AsyncClient, **body: object) -> httpx.Response:
    return await client.post(DEFAULTS, json=body)


async def test_a_recommendation_becomes_the_default(client: httpx.AsyncClient, world: World) -> None:
    id_ = await over(client, world)
    response = await adopt(client, evaluation=id_, note="first choice")
    assert response.status_code == 201, response.text
    body = response.json()
    assert (body["model"], body["use"], body["device"]) == ("tiny-s", "commercial", "local")
    assert (body["current"], body["stale"], body["note"]) == (True, [], "first choice")
    assert body["model_version"]
    assert world.found_with == [None], "ranked by the evaluation's own profile and use"


async def test_the_history_says_what_counts_now_and_what_counted_before(
    client: httpx.AsyncClient, world: World
) -> None:
    id_ = await over(client, world)
    for note in ("one", "two", "three"):
        await adopt(client, evaluation=id_, note=note)
    await adopt(client, evaluation=id_, device="kiosk")
    page = (await client.get(DEFAULTS, params={"device": "local", "limit": 2})).json()
    assert [(one["note"], one["current"]) for one in page["items"]] == [("three", True), ("two", False)]
    rest = (await client.get(DEFAULTS, params={"device": "local", "cursor": page["next_cursor"]})).json()
    assert [one["note"] for one in rest["items"]] == ["one"]
    assert rest["next_cursor"] is None
    everything = (await client.get(DEFAULTS)).json()
    assert [one["device"] for one in everything["current"]] == ["kiosk", "local"]
    assert everything["current"][0]["cautions"] == ["it was measured on local, not on kiosk"]


async def test_a_default_is_stale_when_what_it_rested_on_changed(
    client: httpx.AsyncClient, world: World, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = await over(client, world)
    await adopt(client, evaluation=id_)
    assert (await client.get(DEFAULTS)).json()["current"][0]["stale"] == []
    now = [replace(one, version="other") if one.name == "tiny-s" else one for one in serving.shelf.models()]
    monkeypatch.setattr(type(serving.shelf), "models", lambda _: tuple(now))
    rubric = replace(serving.library.rubric("tiny"), fingerprint="f" * 64)
    monkeypatch.setattr(type(serving.library), "rubric", lambda *_: rubric)
    (current,) = (await client.get(DEFAULTS)).json()["current"]
    assert current["stale"] == ["the model tiny-s changed", "the rubric tiny changed"]
    monkeypatch.setattr(type(serving.shelf), "models", lambda _: ())
    (current,) = (await client.get(DEFAULTS)).json()["current"]
    assert current["stale"][:2] == ["the model tiny-s is gone", "the model tiny-judge is gone"]


async def test_a_default_is_stale_when_the_runtime_changed(
    client: httpx.AsyncClient, world: World, serving: Serving
) -> None:
    await adopt(client, evaluation=await over(client, world))
    (kept,) = await defaults.current(world.database)
    assert kept.basis.runtimes == ("test",)
    assert stale_default(replace(serving, runtime="test"), kept) == []
    # What other servers run as cannot be told from here.
    assert stale_default(replace(serving, runtime="another 1.0"), kept) == []
    newer = stale_default(replace(serving, runtime="test 2.0"), kept)
    assert newer == ["the runtime changed: test became test 2.0"]
    older = replace(kept, basis=replace(kept.basis, runtimes=()))
    assert stale_default(replace(serving, runtime="test 2.0"), older) == []


async def test_another_use_is_ranked_for_that_use(client: httpx.AsyncClient, world: World) -> None:
    id_ = await over(client, world)
    assert (await adopt(client, evaluation=id_, use="research")).json()["use"] == "research"
    assert (await adopt(client, evaluation=id_, profile="balanced")).json()["profile"] == "balanced"
    assert world.found_with == ["tiny", "balanced"]


async def test_refusals_name_the_place_and_nothing_is_kept(client: httpx.AsyncClient, world: World) -> None:
    id_ = await over(client, world)
    gone = "01936b00-0000-7000-8000-00000000dead"
    refusals: list[tuple[dict[str, Any], str]] = [
        ({"evaluation": gone}, "/evaluation"),
        ({"evaluation": "yesterday"}, "/evaluation"),
        ({"evaluation": id_, "candidate": "absent"}, "/candidate"),
        ({"evaluation": id_, "candidate": "large", "note": "please"}, "/candidate"),
        ({"evaluation": id_, "profile": "unheard"}, "/profile"),
        ({"evaluation": id_, "use": "fun"}, "/use"),
        ({"evaluation": id_, "why": "x"}, "/why"),
        ({"evaluation": id_, "note": ""}, "/note"),
        ({}, "/evaluation"),
    ]
    for body, pointer in refusals:
        assert [one["pointer"] for one in faults(await adopt(client, **body))] == [pointer], body
    running = await made(client, **cast(dict[str, object], NAMED))
    problem(await adopt(client, evaluation=running), 409, "conflict")
    assert (await client.get(DEFAULTS)).json() == {"current": [], "items": [], "next_cursor": None}


async def test_the_record_outlives_its_evaluation(client: httpx.AsyncClient, world: World) -> None:
    id_ = await over(client, world)
    await adopt(client, evaluation=id_)
    await store.set_status(world.database, id_, Status.SUCCEEDED, only_from=ANY)
    assert (await client.delete(f"{LIST}/{id_}")).status_code == 204
    (current,) = (await client.get(DEFAULTS)).json()["current"]
    assert (current["evaluation"], current["model"]) == (id_, "tiny-s")
