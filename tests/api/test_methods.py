"""HEAD wherever GET is, OPTIONS and 405 with an Allow header that tells the truth."""

import httpx
import pytest
from litestar import Litestar

from tests.api.conftest import World
from tests.api.test_problems import problem
from tests.report import scenes

LIST = "/api/v1/evaluations"


def readable(app: Litestar) -> list[str]:
    """Return every address without parameters that takes GET."""
    paths = app.openapi_schema.paths or {}
    return [path for path, item in paths.items() if item.get is not None and "{" not in path]


async def test_head_is_get_without_a_body(app: Litestar, client: httpx.AsyncClient) -> None:
    for address in readable(app):
        head, get = await client.head(address), await client.get(address)
        if get.headers["content-type"].startswith("text/event-stream"):
            continue
        if address == "/metrics":  # every request changes what it says
            continue
        assert head.status_code == get.status_code, address
        assert head.content == b"", address
        for name in ("content-type", "content-length", "etag", "vary", "x-content-type-options"):
            assert head.headers.get(name) == get.headers.get(name), (address, name)


async def test_head_of_what_is_not_there_is_get_without_the_problem(client: httpx.AsyncClient) -> None:
    response = await client.head(f"{LIST}/01936b00-0000-7000-8000-00000000dead")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.content == b""


async def test_head_does_not_let_a_stream_run(client: httpx.AsyncClient, world: World) -> None:
    one = scenes.evaluation()
    await store_add(world, one.id)
    response = await client.head(f"{LIST}/{one.id}/items", params={"format": "csv"})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/csv")
    assert response.content == b""


async def store_add(world: World, id_: str) -> None:
    from service.store import evaluations as store

    await store.add(world.database, scenes.evaluation(id_=id_))


async def test_head_where_only_post_is_allowed_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.head("/api/v1/models/refresh")
    # /models/{name} takes GET: "refresh" is a model that is not there, or a method that is not.
    assert response.status_code in {404, 405}


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("/", "GET, HEAD, OPTIONS"),
        ("/health/live", "GET, HEAD, OPTIONS"),
        ("/api/v1/evaluations", "GET, HEAD, OPTIONS, POST"),
        ("/api/v1/models/tiny-s/check", "OPTIONS, POST"),
    ],
)
async def test_options_and_405_say_what_is_allowed(
    client: httpx.AsyncClient, address: str, allowed: str
) -> None:
    asked = await client.options(address)
    assert (asked.status_code, asked.content) == (204, b"")
    assert asked.headers["allow"] == allowed
    assert asked.headers.get("accept-post") == ("application/json" if "POST" in allowed else None)
    refused = await client.put(address, json={})
    problem(refused, 405, "method-not-allowed")
    assert refused.headers["allow"] == allowed


async def test_methods_are_refused_before_their_bodies_are_looked_at(client: httpx.AsyncClient) -> None:
    for method in ("PUT", "TRACE", "QUERY", "PROPFIND"):
        response = await client.request(method, LIST)
        problem(response, 405, "method-not-allowed")
        assert response.headers["allow"] == "GET, HEAD, OPTIONS, POST"
