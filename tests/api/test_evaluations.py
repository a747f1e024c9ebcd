"""Create, list, read, cancel, retry and delete evaluations."""

import asyncio
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import httpx
import pytest

from service.api import evaluations
from service.api.evaluations import wait
from service.domain.evaluations import Status
from service.domain.stopping import StopWhen
from service.store import evaluations as store
from tests.api.conftest import BODY, World
from tests.api.test_problems import problem
from tests.report import scenes

LIST = "/api/v1/evaluations"
ANY = frozenset(Status)


async def made(client: httpx.AsyncClient, **changes: object) -> str:
    response = await client.post(LIST, json={**BODY, **changes})
    assert response.status_code == 202, response.text
    return str(response.json()["id"])


async def test_creating_stores_submits_and_says_where_to_look(
    client: httpx.AsyncClient, world: World
) -> None:
    response = await client.post(LIST, json=BODY)
    assert response.status_code == 202
    body = response.json()
    assert response.headers["location"] == f"/api/v1/evaluations/{body['id']}"
    assert int(response.headers["retry-after"]) >= 1
    assert body["status"] == "queued"
    assert body["name"] == "tiny-s, tiny-m on tiny"
    (judge,) = body["judges"]
    assert (judge["model"], judge["template"], judge["mode"], judge["max_tokens"]) == (
        "tiny-judge",
        "tiny",
        "joint",
        64,
    )
    assert len(body["rubric"]["fingerprint"]) == 64
    assert world.submitted == [body["id"]]
    assert datetime.fromisoformat(body["created_at"]).utcoffset() is not None
    stored = await store.get(world.database, body["id"])
    assert [template.name for template in stored.spec.templates] == ["tiny"]


async def test_a_dry_run_stores_nothing(client: httpx.AsyncClient, world: World) -> None:
    response = await client.post(LIST, params={"dry_run": "true"}, json=BODY)
    assert response.status_code == 200
    assert response.json()["candidate_calls"] > 0
    assert response.json()["expected_seconds"] is None
    assert world.submitted == []
    assert (await client.get(LIST)).json()["items"] == []


async def test_when_judging_may_stop_is_taken_and_shown(client: httpx.AsyncClient, world: World) -> None:
    response = await client.post(LIST, json=BODY | {"stop_when": {"confidence": 0.9}})
    assert response.json()["stop_when"] == {"confidence": 0.9, "batch": 10}
    stored = await store.get(world.database, response.json()["id"])
    assert stored.spec.stop_when == StopWhen(confidence=0.9, batch=10)
    assert (await client.post(LIST, json=BODY)).json()["stop_when"] is None
    few = await client.post(LIST, json=BODY | {"stop_when": {}, "prompt_set": ["One?", "Two?"]})
    assert "nothing is decided before 20 prompts, and there are 2" in few.json()["cautions"][-1]


async def test_a_time_budget_is_taken_and_shown(client: httpx.AsyncClient, world: World) -> None:
    response = await client.post(LIST, json=BODY | {"time_budget": 600})
    assert response.json()["time_budget"] == 600.0
    stored = await store.get(world.database, response.json()["id"])
    assert stored.spec.time_budget == 600.0
    assert (await client.post(LIST, json=BODY)).json()["time_budget"] is None


@pytest.mark.parametrize(
    ("changes", "pointer", "cure"),
    [
        ({"stop_when": {"confidence": 1.5}}, "/stop_when/confidence", "write float <= 0.999"),
        ({"stop_when": {"batch": 2}}, "/stop_when/batch", "write int >= 5"),
        ({"stop_when": {"sure": 1}}, "/stop_when/sure", "unknown field"),
        ({"stop_when": "decided"}, "/stop_when", "write object | null"),
        ({"stop_when": {}, "judge": None}, "/stop_when", "without a judge there is no judging to stop"),
        ({"time_budget": 0}, "/time_budget", "write float > 0"),
        ({"time_budget": -5.5}, "/time_budget", "write float > 0"),
        ({"time_budget": 604_801}, "/time_budget", "write float <= 604800"),
        ({"time_budget": "10 min"}, "/time_budget", "write float | null"),
    ],
)
async def test_a_rule_for_stopping_that_cannot_be_is_refused_with_the_cure(
    client: httpx.AsyncClient, changes: dict[str, object], pointer: str, cure: str
) -> None:
    response = await client.post(LIST, json=BODY | changes)
    problem(response, 422, "invalid")
    (fault,) = [one for one in response.json()["errors"] if one["pointer"] == pointer]
    assert fault["detail"].startswith(cure)


async def test_a_row_is_there_before_the_engine_hears_of_it(client: httpx.AsyncClient, world: World) -> None:
    async def die(_: object) -> None:
        msg = "the process was killed"
        raise OSError(msg)

    world.submit = die  # type: ignore[method-assign,assignment]
    assert (await client.post(LIST, json=BODY)).status_code == 500
    (kept,) = await store.unfinished(world.database, "local")
    assert kept.status is Status.QUEUED


def test_who_waits_is_told_for_how_long_one_minute_at_most() -> None:
    told = [wait(replace(scenes.findings().progress, seconds_left=left)) for left in (None, 0.0, 7.2, 900.0)]
    assert told == ["1", "1", "8", "60"]


async def test_reading_tells_the_progress_and_when_to_look_again(client: httpx.AsyncClient) -> None:
    id_ = await made(client)
    response = await client.get(f"{LIST}/{id_}")
    assert response.headers["retry-after"] == "1"
    progress = response.json()["progress"]
    assert progress["answers_wanted"] == 8
    assert progress["share"] == 1.0


async def test_one_that_is_over_needs_no_second_look(client: httpx.AsyncClient, world: World) -> None:
    id_ = await made(client)
    await store.set_status(world.database, id_, Status.SUCCEEDED, only_from=ANY)
    response = await client.get(f"{LIST}/{id_}")
    assert "retry-after" not in response.headers
    assert response.json()["finished_at"] is not None


async def test_lists_are_paged_newest_first(client: httpx.AsyncClient) -> None:
    ids = [await made(client, name=f"number {n}") for n in range(3)]
    first = (await client.get(LIST, params={"limit": 2})).json()
    assert [one["id"] for one in first["items"]] == [ids[2], ids[1]]
    second = (await client.get(LIST, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [one["id"] for one in second["items"]] == [ids[0]]
    assert second["next_cursor"] is None


async def test_lists_can_be_narrowed_to_a_status(client: httpx.AsyncClient, world: World) -> None:
    first, second = await made(client), await made(client)
    await store.set_status(world.database, first, Status.FAILED, only_from=ANY, reason="why")
    listed = (await client.get(LIST, params={"status": "failed"})).json()["items"]
    assert [(one["id"], one["reason"]) for one in listed] == [(first, "why")]
    assert [one["id"] for one in (await client.get(LIST, params={"status": "queued"})).json()["items"]] == [
        second
    ]
    problem(await client.get(LIST, params={"status": "lost"}), 422, "invalid")


async def test_a_word_that_is_no_choice_is_answered_with_the_choices(client: httpx.AsyncClient) -> None:
    told = "'fun' is not known: write one of commercial, research, internal"
    id_ = await made(client)
    for path in (f"{LIST}/{id_}/ranking", LIST, "/api/v1/recommendation"):
        refused = await client.get(path, params={"use": "fun"})
        problem(refused, 422, "invalid")
        assert refused.json()["errors"] == [{"parameter": "use", "detail": told}]
    status = await client.get(LIST, params={"status": "lost"})
    assert "write one of queued, running" in status.json()["errors"][0]["detail"], "an enumeration, too"
    asked = {**BODY, "use": "fun", "judge": {"model": "tiny-judge", "mode": "fast"}}
    faults = {one["pointer"]: one["detail"] for one in (await client.post(LIST, json=asked)).json()["errors"]}
    assert faults["/use"] == told
    assert faults["/judge/mode"] == "'fast' is not known: write one of joint, separate"


async def test_cancelling_twice_is_harmless(client: httpx.AsyncClient) -> None:
    id_ = await made(client)
    for _ in range(2):
        response = await client.post(f"{LIST}/{id_}/cancel")
        assert response.status_code == 200
        assert response.json()["status"] == "cancelled"


async def test_a_paused_evaluation_rests_until_it_is_resumed(client: httpx.AsyncClient, world: World) -> None:
    id_ = await made(client)
    for _ in range(2):
        paused = await client.post(f"{LIST}/{id_}/pause")
        assert (paused.status_code, paused.json()["status"]) == (200, "paused")
    assert "retry-after" not in (await client.get(f"{LIST}/{id_}")).headers
    assert (await client.get(LIST, params={"status": "paused"})).json()["items"][0]["id"] == id_
    problem(await client.delete(f"{LIST}/{id_}"), 409, "conflict")
    resumed = await client.post(f"{LIST}/{id_}/resume")
    assert (resumed.status_code, resumed.json()["status"], resumed.json()["attempt"]) == (202, "queued", 2)
    assert world.submitted == [id_, id_]
    await client.post(f"{LIST}/{id_}/cancel")
    problem(await client.post(f"{LIST}/{id_}/resume"), 409, "conflict")
    problem(await client.post(f"{LIST}/{id_}/pause"), 409, "conflict")


async def test_what_is_over_cannot_be_cancelled(client: httpx.AsyncClient, world: World) -> None:
    id_ = await made(client)
    await store.set_status(world.database, id_, Status.SUCCEEDED, only_from=ANY)
    problem(await client.post(f"{LIST}/{id_}/cancel"), 409, "conflict")


async def test_a_retry_queues_it_once_more(client: httpx.AsyncClient, world: World) -> None:
    id_ = await made(client)
    problem(await client.post(f"{LIST}/{id_}/retry"), 409, "conflict")
    await store.set_status(world.database, id_, Status.FAILED, only_from=ANY)
    response = await client.post(f"{LIST}/{id_}/retry")
    assert response.status_code == 202
    assert response.json()["attempt"] == 2
    assert world.submitted == [id_, id_]


async def test_a_full_queue_takes_no_resumed_one_and_no_retry(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused, failed = await made(client), await made(client)
    await client.post(f"{LIST}/{paused}/pause")
    await store.set_status(world.database, failed, Status.FAILED, only_from=ANY)
    waiting = await made(client)
    monkeypatch.setattr(evaluations, "MOST_WAITING", 1)
    for id_, order, status in ((paused, "resume", "paused"), (failed, "retry", "failed")):
        refused = await client.post(f"{LIST}/{id_}/{order}")
        problem(refused, 429, "too-many-requests")
        assert refused.headers["retry-after"] == "60"
        state = (await client.get(f"{LIST}/{id_}")).json()
        assert (state["status"], state["attempt"]) == (status, 1), "nothing was changed"
    # What would be refused or harmless anyway is answered as ever.
    assert (await client.post(f"{LIST}/{waiting}/resume")).status_code == 202
    problem(await client.post(f"{LIST}/{waiting}/retry"), 409, "conflict")
    problem(await client.post(f"{LIST}/{uuid4()}/retry"), 404, "not-found")
    await client.post(f"{LIST}/{waiting}/cancel")
    assert (await client.post(f"{LIST}/{paused}/resume")).status_code == 202


async def test_many_at_once_do_not_overfill_the_queue(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluations, "MOST_WAITING", 2)
    answers = await asyncio.gather(*(client.post(LIST, json=BODY) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [202, 202, 429, 429, 429, 429]
    assert len((await client.get(LIST)).json()["items"]) == len(world.submitted) == 2


async def test_a_service_that_runs_nothing_stores_nothing_to_run(
    client: httpx.AsyncClient, world: World
) -> None:
    paused, failed = await made(client), await made(client)
    await client.post(f"{LIST}/{paused}/pause")
    await store.set_status(world.database, failed, Status.FAILED, only_from=ANY)
    world.running = False
    problem(await client.post(LIST, json=BODY), 503, "unavailable")
    problem(await client.post(f"{LIST}/{paused}/resume"), 503, "unavailable")
    problem(await client.post(f"{LIST}/{failed}/retry"), 503, "unavailable")
    found = (await client.get(LIST)).json()["items"]
    assert {one["id"]: one["status"] for one in found} == {paused: "paused", failed: "failed"}
    assert (await client.post(f"{LIST}?dry_run=true", json=BODY)).status_code == 200


async def test_one_that_runs_cannot_be_deleted(client: httpx.AsyncClient, world: World) -> None:
    id_ = await made(client)
    await store.set_status(world.database, id_, Status.RUNNING, only_from=ANY)
    problem(await client.delete(f"{LIST}/{id_}"), 409, "conflict")
    await store.set_status(world.database, id_, Status.SUCCEEDED, only_from=ANY)
    response = await client.delete(f"{LIST}/{id_}")
    assert (response.status_code, response.content) == (204, b"")
    problem(await client.get(f"{LIST}/{id_}"), 404, "not-found")


async def test_items_are_paged_and_filtered(client: httpx.AsyncClient, world: World) -> None:
    id_ = await made(client)
    world.items = [scenes.item(candidate=name) for name in ("a", "b", "c")]
    address = f"{LIST}/{id_}/items"
    first = (await client.get(address, params={"limit": 2})).json()
    assert [one["candidate"] for one in first["items"]] == ["a", "b"]
    assert first["items"][0]["pass"] == 1
    second = (await client.get(address, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [one["candidate"] for one in second["items"]] == ["c"]
    only = (await client.get(address, params={"candidate": "b", "prompt": "p1"})).json()["items"]
    assert [one["candidate"] for one in only] == ["b"]
    problem(await client.get(address, params={"candidate": "a\0"}), 422, "invalid")


async def test_all_items_come_as_csv(client: httpx.AsyncClient, world: World) -> None:
    id_ = await made(client)
    world.items = [scenes.item(candidate=f"c{n:03}", answer="=1+1") for n in range(3)]
    response = await client.get(f"{LIST}/{id_}/items", headers={"Accept": "text/csv"})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.text.count("\r\n") == 4
    assert ",'=1+1," in response.text


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        ({}, "application/json"),
        ({"Accept": "text/csv"}, "text/csv; charset=utf-8"),
        ({"Accept": "text/html;q=0.5, text/markdown"}, "text/markdown; charset=utf-8"),
        ({"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}, "text/html; charset=utf-8"),
    ],
)
async def test_the_report_comes_as_accept_wants_it(
    client: httpx.AsyncClient, wanted: dict[str, str], kind: str
) -> None:
    id_ = await made(client)
    response = await client.get(f"{LIST}/{id_}/report", headers=wanted)
    assert response.status_code == 200
    assert response.headers["content-type"] == kind
    assert response.headers["vary"] == "Accept"


async def test_a_format_by_name_wins_over_accept(client: httpx.AsyncClient) -> None:
    id_ = await made(client)
    response = await client.get(
        f"{LIST}/{id_}/report", params={"format": "md"}, headers={"Accept": "application/json"}
    )
    assert response.text.startswith("# ")
    assert f'filename="report-{id_}.md"' in response.headers["content-disposition"]


async def test_a_browser_may_apply_the_pages_own_style_and_nothing_else(client: httpx.AsyncClient) -> None:
    id_ = await made(client)
    response = await client.get(f"{LIST}/{id_}/report", params={"format": "html"})
    assert response.text.startswith("<!DOCTYPE html>")
    assert response.headers["content-disposition"].startswith("inline;")
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy


async def test_another_format_is_not_acceptable(client: httpx.AsyncClient) -> None:
    id_ = await made(client)
    for arguments in ({"params": {"format": "pdf"}}, {"headers": {"Accept": "image/png"}}):
        response = await client.get(f"{LIST}/{id_}/report", **arguments)  # type: ignore[arg-type]
        problem(response, 406, "not-acceptable")


async def test_another_profile_ranks_again_without_running(client: httpx.AsyncClient, world: World) -> None:
    id_ = await made(client)
    response = await client.get(f"{LIST}/{id_}/ranking", params={"profile": "balanced"})
    assert response.status_code == 200
    assert [one["candidate"] for one in response.json()["candidates"]] == ["small", "large"]
    assert response.json()["recommendation"]["decision"] == "model"
    assert world.found_with == ["balanced"]
    problem(await client.get(f"{LIST}/{id_}/ranking", params={"profile": "unheard"}), 404, "not-found")


async def test_the_first_answer_has_five_figures_and_the_rest_comes_on_request(
    client: httpx.AsyncClient,
) -> None:
    ranking = f"{LIST}/{await made(client)}/ranking"
    first = (await client.get(ranking)).json()
    assert set(first["candidates"][0]) == {
        *("rank", "candidate", "eligible", "reason"),
        *("score", "quality", "latency_p95_seconds", "memory_bytes", "licence"),
    }
    assert first["terms"]["criteria"][0] == {
        "criterion": "quality",
        "weight": 0.5,
        "zero": 2.5,
        "full": 5.0,
        "scale": "linear",
    }
    assert "sensitivity" not in first
    asked = (await client.get(ranking, params={"detail": "chances, evidence"})).json()
    assert asked["candidates"][0]["chances"]["p_best"] == 1.0
    assert asked["evidence"]["judges"][0]["facets"][0]["standing"] == "qualified"
    assert "gates" not in asked["candidates"][0]
    everything = (await client.get(ranking, params={"detail": "all"})).json()
    assert {"figures", "chances", "gates", "criteria"} <= set(everything["candidates"][0])
    assert {"weights", "anchors", "facets", "further", "evpi"} == set(everything["sensitivity"])


async def test_weights_gates_anchors_and_use_reach_the_ranking(
    client: httpx.AsyncClient, world: World
) -> None:
    id_ = await made(client)
    changes = {"weights": "quality:1,memory:1", "gates": "memory:1GiB", "use": "research"}
    for what in ("ranking", "report"):
        assert (await client.get(f"{LIST}/{id_}/{what}", params=changes)).status_code == 200
    first, second = world.found_as
    assert first == second
    assert first is not None
    assert {one.name: one.weight for one in first.criteria if one.weight} == {"quality": 1.0, "memory": 1.0}
    assert (first.use, first.name) == ("research", "tiny, changed")


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("weights", "quality:-1"),
        ("weights", "quality:0"),
        ("weights", "speed:1"),
        ("anchors", "quality:3..3"),
        ("gates", "memory:much"),
        ("detail", "everything"),
        ("use", "profit"),
    ],
)
async def test_a_bad_parameter_is_named(client: httpx.AsyncClient, parameter: str, value: str) -> None:
    response = await client.get(f"{LIST}/{await made(client)}/ranking", params={parameter: value})
    problem(response, 422, "invalid")
    assert [one["parameter"] for one in response.json()["errors"]] == [parameter]
