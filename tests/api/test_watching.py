"""Every request has an id, a count under its route's template, and a line without what it asked for."""

import json
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio

from service import readiness
from service.api.routes import litestar_app
from service.api.serving import Serving
from tests.api.conftest import BODY, HOST, World
from tests.api.test_problems import problem

LIST = "/api/v1/evaluations"


@pytest_asyncio.fixture
async def client(serving: Serving) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application of its own: that of the other tests counts for all of them."""
    transport = httpx.ASGITransport(app=cast(Any, litestar_app(serving)))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as opened:
        yield opened


async def counted(client: httpx.AsyncClient) -> list[str]:
    found = await client.get("/metrics")
    assert found.status_code == 200
    assert found.headers["content-type"].count("charset") == 1
    return [line for line in found.text.splitlines() if line.startswith("slm_judge_http_requests_total")]


async def test_an_id_is_taken_echoed_and_in_problems(client: httpx.AsyncClient) -> None:
    found = await client.get(LIST, headers={"X-Request-ID": "mine-1"})
    assert found.headers["x-request-id"] == "mine-1"
    refused = await client.get("/nowhere", headers={"X-Request-ID": "mine-2"})
    problem(refused, 404, "not-found")
    assert refused.headers["x-request-id"] == refused.json()["request_id"] == "mine-2"


@pytest.mark.parametrize("given", ["a b", "x" * 65, "<script>", ""])
async def test_an_id_that_could_do_harm_is_replaced(client: httpx.AsyncClient, given: str) -> None:
    found = await client.get("/nowhere", headers={"X-Request-ID": given})
    made = found.headers["x-request-id"]
    assert made != given
    assert len(made) == 32
    assert found.json()["request_id"] == made


async def test_requests_are_counted_by_template_and_status_unrouted_ones_together(
    client: httpx.AsyncClient,
) -> None:
    for number in range(3):
        await client.get(f"/nowhere/{number}")
        await client.get(f"{LIST}/0197a000-0000-7000-8000-00000000000{number}")
    await client.get(LIST, headers={"Host": "evil.example"})
    lines = await counted(client)
    for line in (
        'slm_judge_http_requests_total{method="GET",route="unrouted",status="404"} 3.0',
        'slm_judge_http_requests_total{method="GET",route="/api/v1/evaluations/{evaluation_id}",status="404"} 3.0',
        'slm_judge_http_requests_total{method="GET",route="/api/v1/evaluations",status="400"} 1.0',
    ):
        assert line in lines, lines
    assert len(lines) == 3


async def test_an_odd_method_is_no_label_of_its_own(client: httpx.AsyncClient) -> None:
    await client.request("BREW", "/nowhere")
    assert any('method="other"' in line for line in await counted(client))


async def test_a_line_says_who_asked_where_and_not_what(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    prompts = [{"text": "what is in the cellar", "reference": "a treasure"}]
    made = await client.post(
        LIST, params={"dry_run": "true", "secret": "hidden"}, json={**BODY, "prompt_set": prompts}
    )
    assert made.status_code in {200, 422}
    (record,) = [one for one in caplog.records if one.name == "service.requests"]
    assert vars(record)["route"] == LIST
    assert vars(record)["status"] == made.status_code
    ours = [one for one in caplog.records if one.name.startswith("service")]
    said = json.dumps([vars(one) for one in ours], default=str)
    for hidden in ("cellar", "treasure", "hidden"):
        assert hidden not in said


async def test_evaluations_are_counted_by_status(client: httpx.AsyncClient, world: World) -> None:
    await client.post(LIST, json=BODY)
    assert world.submitted
    assert 'slm_judge_evaluations{status="queued"} 1.0' in (await client.get("/metrics")).text


async def test_readiness_says_what_is_missing(serving: Serving, tmp_path: Path) -> None:
    async def look() -> Mapping[str, str]:
        return await readiness.look(serving.database, tmp_path, lambda: False)

    assert (await look())["database"] == "ok"
    assert (await look())["disk"] == "ok"
    app = litestar_app(replace(serving, ready=look))
    transport = httpx.ASGITransport(app=cast(Any, app))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
        found = await client.get("/health/ready")
        problem(found, 503, "unavailable")
        assert "engine: evaluations do not run" in found.json()["detail"]
        assert found.headers["retry-after"]
        assert (await client.get("/health/live")).status_code == 200


async def test_a_full_disk_and_an_old_schema_are_noticed(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlalchemy as sa

    from service.store.database import writing

    async with writing(serving.database) as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    monkeypatch.setattr(readiness, "LEAST_FREE", 2**60)
    found = await readiness.look(serving.database, tmp_path, lambda: True)
    assert "slm-judge db upgrade" in found["database"]
    assert "free some space" in found["disk"]
    assert found["engine"] == "ok"
