"""Everything that goes wrong is problem+json, with no inside of the service in it."""

import json
import logging

import httpx
import pytest
from litestar import Litestar

from service.api.problem_pages import words
from service.api.problems import KINDS
from tests.api.conftest import BODY, World

NOBODY = "/api/v1/evaluations/01936b00-0000-7000-8000-00000000dead"
JSON = {"Content-Type": "application/json"}


def problem(response: httpx.Response, status: int, slug: str) -> dict[str, object]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"/problems/{slug}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["instance"] == response.request.url.path
    assert isinstance(body, dict)
    return body


async def test_an_unknown_address_is_a_problem(client: httpx.AsyncClient) -> None:
    problem(await client.get("/nowhere"), 404, "not-found")
    problem(await client.get("/api/v1/evaluations/not-a-uuid"), 404, "not-found")


async def test_an_unknown_evaluation_says_where_the_known_ones_are(client: httpx.AsyncClient) -> None:
    body = problem(await client.get(NOBODY), 404, "not-found")
    assert "00000000dead" in str(body["detail"])


async def test_a_wrong_method_says_which_ones_are_allowed(client: httpx.AsyncClient) -> None:
    response = await client.put("/api/v1/evaluations", json={})
    problem(response, 405, "method-not-allowed")
    assert {"GET", "POST"} <= set(response.headers["allow"].split(", "))


@pytest.mark.parametrize("body", [b"{", b"nonsense", b"\xff\xfe", b'{"a": NaN}'])
async def test_a_body_that_is_no_json_is_unparsable(client: httpx.AsyncClient, body: bytes) -> None:
    problem(await client.post("/api/v1/evaluations", content=body, headers=JSON), 400, "unparsable")


async def test_a_name_that_is_given_twice_is_refused_wherever_it_is(
    client: httpx.AsyncClient, world: World
) -> None:
    whole = json.dumps(BODY)[:-1]
    body = f'{whole}, "j\\u0075dge": "tiny-judge", "candidates": ["tiny-s", {{"model": "tiny-m", "model": "tiny-l"}}]}}'
    found = problem(await client.post("/api/v1/evaluations", content=body, headers=JSON), 422, "invalid")
    assert found["errors"] == [
        {"pointer": f"/{at}", "detail": f"'{name}' is given more than once: keep one of them"}
        for at, name in (
            ("candidates", "candidates"),
            ("candidates/1/model", "model"),
            ("judge", "judge"),
        )
    ]
    assert not world.submitted


@pytest.mark.parametrize("depth", range(100, 1100, 50))
async def test_a_body_nested_to_any_depth_is_refused_and_breaks_nothing(
    client: httpx.AsyncClient, depth: int
) -> None:
    body = '{"a":' * depth + '{"b": 1, "b": 2}' + "}" * depth
    response = await client.post("/api/v1/evaluations", content=body, headers=JSON)
    assert response.status_code in {400, 422}, response.text


@pytest.mark.parametrize("body", ["[" * 10_000 + "]" * 10_000, '{"a":' * 5_000 + "1" + "}" * 5_000])
async def test_a_body_nested_a_thousand_deep_is_refused(client: httpx.AsyncClient, body: str) -> None:
    response = await client.post("/api/v1/evaluations", content=body, headers=JSON)
    problem(response, 400, "unparsable")


async def test_a_body_that_is_too_large_is_refused(client: httpx.AsyncClient) -> None:
    body = json.dumps({**BODY, "name": "x" * 70_000})
    problem(await client.post("/api/v1/evaluations", content=body, headers=JSON), 413, "too-large")


async def test_a_large_body_sent_in_pieces_is_refused_too(client: httpx.AsyncClient) -> None:
    async def pieces() -> object:
        for _ in range(100):
            yield b" " * 1000

    response = await client.post("/api/v1/evaluations", content=pieces(), headers=JSON)  # type: ignore[arg-type]
    problem(response, 413, "too-large")


async def test_an_empty_body_is_told_so(client: httpx.AsyncClient) -> None:
    body = problem(await client.post("/api/v1/evaluations", headers=JSON), 422, "invalid")
    assert "empty" in str(body["detail"])


async def test_a_bad_query_parameter_is_named(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/v1/evaluations", params={"limit": 0})
    body = problem(response, 422, "invalid")
    assert body["errors"] == [{"detail": "write int >= 1", "parameter": "limit"}]


async def test_a_parameter_that_would_change_nothing_is_refused(client: httpx.AsyncClient) -> None:
    address = "/api/v1/evaluations?formt=md&status=failed&status=queued&label=&use=null&limit=2"
    errors = problem(await client.get(address), 422, "invalid")["errors"]
    assert isinstance(errors, list)
    assert {one["parameter"]: one["detail"].split(":")[0].split(",")[0] for one in errors} == {
        "formt": "unknown parameter",
        "status": "give it once",
        "label": "give it a value",
        "use": "give it a value",
    }


@pytest.mark.parametrize("cursor", ["x", "!!", "W10", "WyIx", "eyJhIjoxfQ", "WyJhXHUwMDAwYiJd"])
async def test_a_made_up_cursor_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    problem(await client.get("/api/v1/evaluations", params={"cursor": cursor}), 422, "invalid")
    assert (await client.get(f"{NOBODY}/items", params={"cursor": cursor})).status_code in {404, 422}


async def test_a_fault_of_ours_says_nothing_of_its_inside(
    client: httpx.AsyncClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_: object) -> None:
        msg = "secret /etc/passwd"
        raise OSError(msg)

    world.submit = broken  # type: ignore[method-assign,assignment]
    with caplog.at_level(logging.ERROR):
        response = await client.post("/api/v1/evaluations", json=BODY)
    body = problem(response, 500, "unexpected")
    assert "secret" not in json.dumps(body)
    assert "secret" in caplog.text


async def test_every_kind_of_problem_has_a_page_as_text_and_as_html(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/problems")).text
    for kind in KINDS:
        assert f"/problems/{kind.slug} " in listed
        page = await client.get(f"/problems/{kind.slug}")
        assert page.headers["content-type"] == "text/plain; charset=utf-8"
        assert page.text.startswith(f"{kind.title} ({kind.status})\n\n")
        assert len(page.text.split("\n\n")) >= 3  # the title, what it means, what to do
        shown = await client.get(f"/problems/{kind.slug}", headers={"Accept": "text/html,*/*;q=0.8"})
        assert shown.headers["content-type"] == "text/html; charset=utf-8"
        assert shown.headers["vary"] == "Accept"
        assert "<h1>" in shown.text
    problem(await client.get("/problems/unheard-of"), 404, "not-found")
    problem(await client.get("/problems/conflict", params={"format": "pdf"}), 406, "not-acceptable")


def test_no_page_is_about_a_problem_that_there_is_not() -> None:
    assert set(words()) == {kind.slug for kind in KINDS}


async def test_safety_headers_are_on_every_answer(client: httpx.AsyncClient) -> None:
    for address in ("/", "/nowhere", NOBODY, "/schema/openapi.json"):
        headers = (await client.get(address)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]


async def test_the_description_shows_problems_in_their_true_shape(
    app: Litestar, client: httpx.AsyncClient
) -> None:
    document = (await client.get("/schema/openapi.json")).json()
    create = document["paths"]["/api/v1/evaluations"]["post"]
    assert {"200", "202", "400", "403", "413", "415", "422", "500", "503"} <= set(create["responses"])
    names = set()
    for path in document["paths"].values():
        for operation in path.values():
            names.add(operation["operationId"])
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], (
                        operation["operationId"],
                        status,
                    )
    assert "create_evaluation" in names
    assert create["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/EvaluationRequest"
    )
    assert app.openapi_schema.info.title == "slm-judge"
