"""Only programs and our own pages on known hosts may call, and only with JSON."""

import httpx
import pytest

from tests.api.conftest import BODY, World
from tests.api.test_problems import problem

LIST = "/api/v1/evaluations"
EVIL = "https://evil.example"


@pytest.mark.parametrize("host", ["127.0.0.1:8321", "localhost:8321", "[::1]:8321", "LOCALHOST:8321"])
async def test_a_known_host_with_its_port_is_let_in(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get(LIST, headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost", "127.0.0.1:9999", "localhost:8321.evil.example", ""]
)
async def test_another_host_is_a_problem(client: httpx.AsyncClient, host: str) -> None:
    problem(await client.get(LIST, headers={"Host": host}), 400, "wrong-host")


async def test_a_program_without_origin_is_let_in(client: httpx.AsyncClient, world: World) -> None:
    assert (await client.post(LIST, json=BODY)).status_code == 202
    assert len(world.submitted) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
async def test_another_sites_page_is_refused(
    client: httpx.AsyncClient, world: World, headers: dict[str, str]
) -> None:
    problem(await client.post(LIST, json=BODY, headers=headers), 403, "foreign-origin")
    assert world.submitted == []


async def test_our_own_page_is_let_in(client: httpx.AsyncClient) -> None:
    headers = {"Origin": "http://127.0.0.1:8321", "Sec-Fetch-Site": "same-origin"}
    assert (await client.post(LIST, json=BODY, headers=headers)).status_code == 202


async def test_a_link_from_another_site_may_be_followed(client: httpx.AsyncClient) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert (await client.get("/api/v1/recommendation", headers=link)).status_code == 200


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "application/yaml",
    ],
)
async def test_a_body_that_is_not_declared_as_json_is_refused(
    client: httpx.AsyncClient, world: World, kind: str
) -> None:
    body = b'{"candidates": ["tiny-s"], "judge": "tiny-judge", "prompt_set": "tiny"}'
    response = await client.post(LIST, content=body, headers={"Content-Type": kind})
    problem(response, 415, "not-json")
    assert response.headers["accept-post"] == "application/json"
    assert world.submitted == []


async def test_a_compressed_body_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    problem(await client.post(LIST, content=b"x", headers=headers), 415, "not-json")


async def test_a_charset_does_no_harm(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    body = b'{"candidates": ["tiny-s"], "judge": "tiny-judge", "rubric": "tiny", "prompt_set": "tiny"}'
    assert (await client.post(LIST, content=body, headers=headers)).status_code == 202
