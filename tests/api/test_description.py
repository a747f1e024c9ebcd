"""The description is true, complete and shown offline: its examples fit their schemas, its page asks nobody else."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from service.api.description import METHODS
from tests.api.test_problems import problem

PROBLEM = "application/problem+json"
Tree = dict[str, Any]


@pytest.fixture
async def document(client: httpx.AsyncClient) -> Tree:
    response = await client.get("/schema/openapi.json")
    assert response.headers["content-type"] == "application/json"
    found: Tree = response.json()
    return found


def operations(document: Tree) -> Iterator[Tree]:
    for path in document["paths"].values():
        yield from (path[method] for method in METHODS if method in path)


def test_every_operation_has_a_name_a_summary_and_a_tag_that_is_explained(document: Tree) -> None:
    assert document["openapi"].startswith("3.1.")
    explained = {tag["name"] for tag in document["tags"] if tag["description"]}
    names = [one["operationId"] for one in operations(document)]
    assert len(names) == len(set(names))
    for one in operations(document):
        assert one["summary"], one["operationId"]
        assert one["description"], one["operationId"]
        assert set(one["tags"]) <= explained, one["operationId"]


def test_every_error_is_described_in_its_true_shape(document: Tree) -> None:
    for one in operations(document):
        wrong = {status: body for status, body in one["responses"].items() if int(status) >= 400}
        assert {"400", "403", "422", "500", "503"} <= set(wrong), one["operationId"]
        for status, response in wrong.items():
            assert list(response["content"]) == [PROBLEM], (one["operationId"], status)


def test_reports_are_described_with_all_their_formats(document: Tree) -> None:
    by_name = {one["operationId"]: one for one in operations(document)}
    report = by_name["get_report"]["responses"]["200"]["content"]
    assert list(report) == ["application/json", "text/csv", "text/markdown", "text/html"]
    assert "$ref" in report["application/json"]["schema"]
    assert list(by_name["list_items"]["responses"]["200"]["content"]) == ["application/json", "text/csv"]
    for name in ("get_report", "get_ranking", "get_evaluation"):
        assert "304" in by_name[name]["responses"]


def test_no_answer_is_described_as_just_any_object(document: Tree) -> None:
    for one in operations(document):
        for status, response in one["responses"].items():
            schema = response.get("content", {}).get("application/json", {}).get("schema")
            assert schema != {"type": "object"}, (one["operationId"], status)
            assert schema != {}, (one["operationId"], status)


def test_every_example_fits_its_schema(document: Tree) -> None:
    registry = Registry().with_resource("urn:api", DRAFT202012.create_resource(document))
    seen = 0
    for one in operations(document):
        for media in contents(one):
            for example in media.get("examples", {}).values():
                schema = absolute(media["schema"])
                jsonschema.Draft202012Validator(schema, registry=registry).validate(example["value"])
                seen += 1
    assert seen > 10


def contents(operation: Tree) -> Iterator[Tree]:
    yield from operation.get("requestBody", {}).get("content", {}).values()
    for response in operation["responses"].values():
        yield from response.get("content", {}).values()


def absolute(schema: Any) -> Any:
    """Return the schema with references that find the document from anywhere."""
    if isinstance(schema, dict):
        return {key: "urn:api" + value if key == "$ref" else absolute(value) for key, value in schema.items()}
    return [absolute(one) for one in schema] if isinstance(schema, list) else schema


async def test_creating_requests_of_the_examples_are_accepted(
    client: httpx.AsyncClient, document: Tree
) -> None:
    create = document["paths"]["/api/v1/evaluations"]["post"]["requestBody"]["content"]["application/json"]
    for example in create["examples"].values():
        response = await client.post("/api/v1/evaluations", json=example["value"], params={"dry_run": "true"})
        assert response.status_code == 200, response.text


async def test_the_page_needs_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs", headers={"Accept": "text/html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    # Everything from the service itself, no script in the page, nothing from a network.
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    named = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert len(named) == 6
    for address in named:
        assert address.startswith("/")
        answer = await client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["x-content-type-options"] == "nosniff"
    kinds = {
        name: (await client.get(f"/docs/{name}")).headers["content-type"]
        for name in ("start.js", "swagger-ui.css")
    }
    assert kinds == {
        "start.js": "text/javascript; charset=utf-8",
        "swagger-ui.css": "text/css; charset=utf-8",
    }
    problem(await client.get("/docs/swagger-editor.css"), 404, "not-found")
    problem(await client.get("/docs/..%2f..%2fsettings.py"), 404, "not-found")
