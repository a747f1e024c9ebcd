"""Names and labels can be changed, evaluations are found by what they are, and lists say where they go on."""

import json
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from service.domain.evaluations import Status
from service.store import evaluations as store
from tests.api.conftest import BODY, World
from tests.api.test_evaluations import ANY, LIST, made
from tests.api.test_problems import problem

PATCH = {"Content-Type": "application/merge-patch+json"}


async def patched(client: httpx.AsyncClient, id_: str, change: object) -> httpx.Response:
    return await client.patch(f"{LIST}/{id_}", content=json.dumps(change), headers=PATCH)


async def test_a_patch_changes_what_it_names_and_null_takes_it_away(client: httpx.AsyncClient) -> None:
    id_ = await made(client, name="first", labels=["nightly", "box", "nightly"])
    assert (await client.get(f"{LIST}/{id_}")).json()["labels"] == ["box", "nightly"]
    renamed = (await patched(client, id_, {"name": "second"})).json()
    assert (renamed["name"], renamed["labels"]) == ("second", ["box", "nightly"])
    relabelled = (await patched(client, id_, {"labels": ["a"]})).json()
    assert (relabelled["name"], relabelled["labels"]) == ("second", ["a"])
    bare = (await patched(client, id_, {"name": None, "labels": None})).json()
    assert (bare["name"], bare["labels"]) == ("tiny-s, tiny-m on tiny", [])
    same = await patched(client, id_, {})
    assert same.status_code == 200
    assert (await client.get(f"{LIST}/{id_}")).json() == same.json()


async def test_a_patch_is_refused_with_every_fault_at_its_place(client: httpx.AsyncClient) -> None:
    id_ = await made(client)
    body = problem(
        await patched(client, id_, {"nme": "x", "name": "", "labels": ["ok", "not ok"]}), 422, "invalid"
    )
    errors = body["errors"]
    assert isinstance(errors, list)
    assert {one["pointer"] for one in errors} == {"/nme", "/name", "/labels/1"}
    problem(await patched(client, "01936b00-0000-7000-8000-00000000dead", {}), 404, "not-found")
    for wrong in (["x"], "x", None):
        problem(await patched(client, id_, wrong), 422, "invalid")
    foreign = await client.patch(f"{LIST}/{id_}", content="{}", headers={"Content-Type": "text/plain"})
    problem(foreign, 415, "not-json")
    assert foreign.headers["accept-patch"] == "application/merge-patch+json"


async def test_a_patch_changes_the_tag(client: httpx.AsyncClient) -> None:
    id_ = await made(client)
    tag = (await client.get(f"{LIST}/{id_}")).headers["etag"]
    await patched(client, id_, {"labels": ["new"]})
    assert (await client.get(f"{LIST}/{id_}", headers={"If-None-Match": tag})).status_code == 200


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({"label": "nightly"}, {"a", "c"}),
        ({"label": "night"}, set()),
        ({"candidate": "tiny-m"}, {"a", "b"}),
        ({"candidate": "warm"}, {"c"}),
        ({"candidate": "tiny-s"}, {"a", "c"}),
        ({"judge": "tiny-judge"}, {"a", "b", "c"}),
        ({"rubric": "tiny", "status": "failed"}, {"b"}),
        ({"prompt_set": "workshop"}, set()),
        ({"profile": "tiny", "use": "commercial", "device": "local"}, {"a", "b", "c"}),
        ({"use": "research"}, set()),
        ({"label": "nightly", "candidate": "tiny-m"}, {"a"}),
    ],
)
async def test_evaluations_are_found_by_what_they_are(
    client: httpx.AsyncClient, world: World, search: dict[str, str], found: set[str]
) -> None:
    await made(client, name="a", labels=["nightly", "x"])
    b = await made(client, name="b", candidates=["tiny-m"])
    warm: list[dict[str, Any]] = [{"model": "tiny-s", "name": "warm"}]
    await made(client, name="c", labels=["nightly"], candidates=warm)
    await store.set_status(world.database, b, Status.FAILED, only_from=ANY)
    listed = (await client.get(LIST, params=search)).json()["items"]
    assert {one["name"] for one in listed} == found


async def test_lists_link_to_their_next_page_until_there_is_none(client: httpx.AsyncClient) -> None:
    for n in range(5):
        await made(client, name=f"number {n}", labels=["x"])
    address, names = f"{LIST}?limit=2&label=x", []
    while True:
        response = await client.get(address)
        names += [one["name"] for one in response.json()["items"]]
        following = response.links.get("next")
        if following is None:
            break
        address = str(following["url"])
        assert urlsplit(address).path == LIST
    assert names == [f"number {n}" for n in (4, 3, 2, 1, 0)]
    assert BODY["judge"] == "tiny-judge"


@pytest.mark.parametrize("shelf", ["rubrics", "prompt-sets", "profiles", "models"])
async def test_shelves_are_paged_too(client: httpx.AsyncClient, shelf: str) -> None:
    whole = (await client.get(f"/api/v1/{shelf}")).json()
    names = [one["name"] for one in whole["items"]]
    assert whole["next_cursor"] is None
    assert names == sorted(names)
    first = await client.get(f"/api/v1/{shelf}", params={"limit": 1})
    second = await client.get(str(first.links["next"]["url"]))
    assert [first.json()["items"][0]["name"], second.json()["items"][0]["name"]] == names[:2]
