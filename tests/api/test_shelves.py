"""What can be asked and who can be asked, the smoke check, the recommendation, health and the index."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from service.domain.evaluations import Status
from service.domain.failures import Failure, FailureKind
from service.store import evaluations as store
from tests.api.conftest import World
from tests.api.test_comparison import faults
from tests.api.test_problems import problem
from tests.report import scenes

API = "/api/v1"


@pytest.mark.parametrize(
    ("shelf", "name"), [("rubrics", "tiny"), ("prompt-sets", "workshop"), ("profiles", "balanced")]
)
async def test_shelves_can_be_listed_and_read(client: httpx.AsyncClient, shelf: str, name: str) -> None:
    listed = (await client.get(f"{API}/{shelf}")).json()["items"]
    one = (await client.get(f"{API}/{shelf}/{name}")).json()
    assert one in listed
    assert len(one["fingerprint"]) == 64


@pytest.mark.parametrize("shelf", ["rubrics", "prompt-sets", "profiles", "models"])
@pytest.mark.parametrize("name", ["absent", "..%2f..%2fetc%2fpasswd", "%2e%2e", "a%00b", "..%5c..%5cx"])
async def test_a_name_that_is_not_there_is_a_problem(
    client: httpx.AsyncClient, shelf: str, name: str
) -> None:
    response = await client.get(f"{API}/{shelf}/{name}")
    assert response.status_code in {404, 422}
    assert response.headers["content-type"] == "application/problem+json"
    assert "root:" not in response.text


async def test_models_come_with_licence_and_the_state_of_the_catalog(client: httpx.AsyncClient) -> None:
    page = (await client.get(f"{API}/models")).json()
    small = next(one for one in page["items"] if one["name"] == "tiny-s")
    assert small["licence"] == "MIT"
    assert small["disk_bytes"] > 0
    assert small["cached"] is True
    assert page["catalog"]["state"] == "never"
    assert (await client.get(f"{API}/models/tiny-s")).json() == small


async def test_models_can_be_narrowed_to_a_capability(client: httpx.AsyncClient) -> None:
    page = (await client.get(f"{API}/models", params={"capability": "judge"})).json()
    assert [one["name"] for one in page["items"]] == ["tiny-judge"]


async def test_a_catalog_that_cannot_be_reached_is_an_answer(client: httpx.AsyncClient) -> None:
    response = await client.post(f"{API}/models/refresh")
    assert response.status_code == 200
    assert response.json()["state"] == "unreachable"
    assert response.json()["reason"] == "no network"


async def test_a_smoke_check_tells_latency_tokens_and_text(client: httpx.AsyncClient) -> None:
    response = await client.post(f"{API}/models/tiny-s/check", json={"prompt": "hello", "max_tokens": 8})
    assert response.status_code == 200
    body = response.json()
    assert body["ok"] is True
    assert body["text"] == "tiny-s heard hello (8)"
    assert body["first_token_seconds"] == pytest.approx(0.002)
    assert body["latency_seconds"] == pytest.approx(0.008)
    assert body["completion_tokens"] == 5


async def test_a_model_that_fails_its_check_says_why(client: httpx.AsyncClient, world: World) -> None:
    world.says = Failure(kind=FailureKind.LOAD_FAILED, message="there is no genai_config.json")
    body = (await client.post(f"{API}/models/tiny-s/check", json={})).json()
    assert body["ok"] is False
    assert body["failure"] == {"kind": "load_failed", "message": "there is no genai_config.json"}


async def test_a_check_waits_for_what_is_timed(client: httpx.AsyncClient, world: World) -> None:
    await store.add(world.database, scenes.evaluation(status=Status.RUNNING))
    problem(await client.post(f"{API}/models/tiny-s/check", json={}), 409, "conflict")
    problem(await client.post(f"{API}/models/absent/check", json={}), 404, "not-found")


async def test_without_an_evaluation_the_recommendation_is_an_honest_none(client: httpx.AsyncClient) -> None:
    body = (await client.get(f"{API}/recommendation", params={"use": "research"})).json()
    assert body["decision"] == "none"
    assert body["reasons"] == ["No evaluation has succeeded for use research yet."]
    assert body["evaluation"] is None


async def test_the_newest_that_fits_recommends(client: httpx.AsyncClient, world: World) -> None:
    ended = datetime.now(UTC) - timedelta(hours=1)
    older = scenes.evaluation(id_="01936b00-0000-7000-8000-000000000001")
    newer = replace(
        scenes.evaluation(id_="01936b00-0000-7000-8000-000000000002"),
        spec=replace(older.spec, use="research"),
    )
    running = scenes.evaluation(id_="01936b00-0000-7000-8000-000000000003", status=Status.RUNNING)
    for one in (older, newer, running):
        await store.add(world.database, replace(one, finished_at=ended if one.status.over else None))
    newest = (await client.get(f"{API}/recommendation")).json()
    assert newest["evaluation"]["id"] == newer.id
    assert newest["model"] == "tiny-s"
    assert 3600 <= newest["age_seconds"] < 3700
    fitting = (await client.get(f"{API}/recommendation", params={"use": "commercial"})).json()
    assert fitting["evaluation"]["id"] == older.id
    for asked in ({"use": "internal"}, {"device": "kiosk"}, {"profile": "other"}):
        assert (await client.get(f"{API}/recommendation", params=asked)).json()["evaluation"] is None
    named = (await client.get(f"{API}/recommendation", params={"evaluation": older.id})).json()
    assert named["candidate"] == "small"
    response = await client.get(f"{API}/recommendation", params={"evaluation": older.id, "device": "kiosk"})
    (fault,) = faults(response)
    assert fault["parameter"] == "device"
    assert "was measured on 'local'" in fault["detail"]
    response = await client.get(f"{API}/recommendation", params={"evaluation": "7"})
    (fault,) = faults(response)
    assert fault == {"parameter": "evaluation", "detail": "write an id as the service shows it: a UUID"}
    response = await client.get(f"{API}/recommendation", params={"evaluation": running.id})
    problem(response, 409, "conflict")


async def test_what_changed_since_makes_a_recommendation_stale(
    client: httpx.AsyncClient, world: World
) -> None:
    await store.add(world.database, scenes.evaluation())
    body = (await client.get(f"{API}/recommendation")).json()
    # The made-up evaluation has versions and fingerprints that nothing on disk has.
    assert "the model tiny-s changed" in body["stale"]
    assert "the rubric tiny changed" in body["stale"]


async def test_the_index_has_lines_to_paste(client: httpx.AsyncClient) -> None:
    body = (await client.get("/")).json()
    assert body["try"][0] == "curl http://127.0.0.1:8321/api/v1/models"
    for address in body["links"].values():
        assert (await client.get(address)).status_code == 200


async def test_health_tells_alive_from_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json()["status"] == "alive"
    assert (await client.get("/health/ready")).json()["status"] == "ready"
