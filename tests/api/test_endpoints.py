"""Endpoints over HTTP: what they serve, what was tried, and what requests may use them for."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio

from service.api.routes import litestar_app
from service.api.serving import Serving
from service.domain.endpoints import Endpoint, NamedModel
from service.domain.evaluations import Status
from service.models.endpoint_views import probe_model, refresh_views
from service.store import evaluations as store
from tests.api.conftest import BODY, HOST, World
from tests.api.test_problems import problem
from tests.report import scenes
from tests.scripted_server import ScriptedServer

API = "/api/v1"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer("ollama") as running:
        yield running


@pytest_asyncio.fixture
async def client(
    serving: Serving, server: ScriptedServer, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """A service with one endpoint that may judge only, and one that is not there."""
    file = tmp_path / "endpoints.json"
    places = (
        Endpoint(
            name="there",
            url=server.url,
            purposes=("judge",),
            models=(NamedModel(id="able"), NamedModel(id="good")),
        ),
        Endpoint(name="gone", url="http://127.0.0.1:9/v1", key_env="THEIR_KEY"),
    )
    shelf = replace(serving.shelf, endpoints=places, endpoints_file=file)
    await refresh_views(file, places)
    app = litestar_app(
        replace(
            serving,
            shelf=shelf,
            probe=partial(probe_model, file, places),
            see_endpoints=partial(refresh_views, file, places),
        )
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=cast(Any, app)), base_url=f"http://{HOST}"
    ) as opened:
        yield opened


async def test_endpoints_say_what_they_are_and_never_where(
    client: httpx.AsyncClient, server: ScriptedServer
) -> None:
    response = await client.get(f"{API}/endpoints")
    gone, there = response.json()["items"]
    assert (there["state"], there["dialect"], there["version"], there["use"]) == (
        "fresh",
        "ollama",
        "0.12.3",
        ["judge"],
    )
    assert there["models"][1]["model"] == "there:good"
    assert there["models"][1]["server_reported"]["disk_bytes"] == 397_821_319
    assert (gone["state"], gone["kind"]) == ("unreachable", "unauthorised"), "its key is not set"
    assert str(server.port) not in response.text


async def test_endpoints_alone_can_be_asked_anew(client: httpx.AsyncClient) -> None:
    before = (await client.get(f"{API}/endpoints")).json()
    after = (await client.post(f"{API}/endpoints/refresh")).json()
    assert [one["state"] for one in after["items"]] == [one["state"] for one in before["items"]]
    assert after == (await client.get(f"{API}/endpoints")).json()


async def test_what_a_model_honours_is_tried_kept_and_shown(client: httpx.AsyncClient) -> None:
    tried = (await client.post(f"{API}/models/there:able/probe")).json()
    assert (tried["ok"], tried["capabilities"]["lark"], tried["failure"]) == (True, True, None)
    shown = (await client.get(f"{API}/endpoints")).json()["items"][1]["models"][0]
    assert shown["capabilities"] == tried["capabilities"]
    assert shown["probed_at"]
    assert "json_schema" in (await client.get(f"{API}/models/there:able")).json()["capabilities"]


async def test_what_cannot_be_tried_says_why(client: httpx.AsyncClient, world: World) -> None:
    own = (await client.post(f"{API}/models/tiny-s/probe")).json()
    assert (own["ok"], own["failure"]["kind"]) == (False, "rejected")
    problem(await client.post(f"{API}/models/absent/probe"), 404, "not-found")
    await store.add(world.database, scenes.evaluation(status=Status.RUNNING))
    problem(await client.post(f"{API}/models/there:able/probe"), 409, "conflict")


async def test_an_endpoint_is_used_only_for_what_the_settings_allow(client: httpx.AsyncClient) -> None:
    judged = await client.post(
        f"{API}/evaluations", params={"dry_run": "true"}, json=BODY | {"judge": "there:good"}
    )
    assert judged.status_code == 200, judged.text
    refused = problem(
        await client.post(f"{API}/evaluations", json=BODY | {"candidates": ["there:good"]}), 422, "invalid"
    )
    assert "/candidates/0" in str(refused["errors"])
    assert "as a candidate" in str(refused["errors"])
