"""The judges of a request: one or several, their defaults, and those that are refused for whose kin they are."""

from dataclasses import replace

import httpx
import pytest

from service.api.judging import asked_judges
from service.api.serving import Serving
from service.api.wire import JudgeRequest
from service.domain.models import Judge, Model
from service.store import evaluations as store
from tests.api.conftest import BODY
from tests.api.test_problems import problem

LIST = "/api/v1/evaluations"
PLAIN = Model(name="box:phi", source="endpoint", runner="http", capabilities=("chat", "judge"))


def seat(request: str | JudgeRequest, model: Model = PLAIN) -> Judge:
    (one,) = asked_judges(request, {model.name: model})
    return one.judge


async def judges(client: httpx.AsyncClient, **changes: object) -> list[dict[str, object]]:
    response = await client.post(LIST, json={**BODY, **changes})
    assert response.status_code == 202, response.text
    found: list[dict[str, object]] = response.json()["judges"]
    return found


def test_without_cached_beginnings_a_judge_is_asked_for_all_facets_at_once() -> None:
    assert (seat("box:phi").mode, seat("box:phi").template) == ("joint", "joint")


def test_where_the_endpoint_keeps_the_beginning_a_judge_is_asked_facet_by_facet() -> None:
    keeps = replace(PLAIN, capabilities=("chat", "judge", "cached_tokens"))
    assert (seat("box:phi", keeps).mode, seat("box:phi", keeps).template) == ("separate", "separate")


def test_the_template_follows_the_mode_and_the_mode_the_template() -> None:
    assert seat(JudgeRequest(model="box:phi", mode="separate")).template == "separate"
    assert seat(JudgeRequest(model="box:phi", template="separate")).mode == "separate"
    own = replace(PLAIN, judge_template="mine", capabilities=("judge", "cached_tokens"))
    assert (seat("box:phi", own).template, seat("box:phi", own).mode) == ("mine", "joint")


async def test_one_judge_may_say_everything_about_itself(client: httpx.AsyncClient) -> None:
    asked = {
        "model": "tiny-judge",
        "mode": "joint",
        "temperature": 0.5,
        "thinking_tokens": 100,
        "examination": "full",
        "max_tokens": 99,
        "template": "tiny",
        "samples": 2,
        "max_samples": 5,
        "scoring": "sampled",
    }
    assert await judges(client, judge=asked) == [asked]


async def test_several_judges_can_be_named(client: httpx.AsyncClient) -> None:
    found = await judges(client, judge=["tiny-judge", {"model": "tiny-l", "template": "separate"}])
    assert [(one["model"], one["mode"]) for one in found] == [("tiny-judge", "joint"), ("tiny-l", "separate")]


@pytest.mark.parametrize(
    ("judge", "pointer"),
    [
        ([], "/judge"),
        (["tiny-judge"] * 10, "/judge"),
        (["tiny-judge", "tiny-judge"], "/judge/1"),
        (["tiny-judge", "nobody"], "/judge/1"),
        ([{"model": "tiny-judge", "template": "absent"}], "/judge/0/template"),
        ([{"model": "tiny-judge", "mode": "both"}], "/judge/0/mode"),
        ({"model": "tiny-judge", "mode": "both"}, "/judge/mode"),
        ({"model": "tiny-judge", "temperature": 3}, "/judge/temperature"),
        ({"model": "tiny-judge", "thinking_tokens": -1}, "/judge/thinking_tokens"),
        ({"model": "tiny-judge", "examination": "long"}, "/judge/examination"),
        ({"model": "tiny-judge", "max_tokens": 0}, "/judge/max_tokens"),
        ({"model": "tiny-judge", "samples": 0}, "/judge/samples"),
        ({"model": "tiny-judge", "max_samples": 10}, "/judge/max_samples"),
        ({"model": "tiny-judge", "samples": 3, "max_samples": 2}, "/judge/max_samples"),
        ({"model": "tiny-judge", "scoring": "expectation"}, "/judge/scoring"),
        ({"model": "tiny-judge", "scoring": "guess"}, "/judge/scoring"),
        ([{"model": "tiny-judge", "samples": 3, "max_samples": 2}], "/judge/0/max_samples"),
        (["tiny-judge", "tiny-s"], "/judge/1"),
        (7, "/judge"),
    ],
)
async def test_a_judge_that_cannot_be_is_told_where_it_stands(
    client: httpx.AsyncClient, judge: object, pointer: str
) -> None:
    response = await client.post(LIST, json={**BODY, "judge": judge})
    faults = problem(response, 422, "invalid")["errors"]
    assert isinstance(faults, list)
    assert pointer in {one["pointer"] for one in faults}


async def test_a_judge_that_is_a_candidate_can_be_flagged_instead_of_refused(
    client: httpx.AsyncClient,
) -> None:
    body = {**BODY, "judge": "tiny-s", "related_judge": "flag"}
    response = await client.post(LIST, json=body)
    assert response.status_code == 202
    said = response.json()["cautions"]
    assert "The judge tiny-s judges itself as tiny-s." in said
    assert any("of the same family" in one and "tiny-m" in one for one in said)


@pytest.mark.parametrize(
    ("body", "canaries"),
    [({}, 9), ({"canaries": False}, 0), ({"judge": None, "rubric": "extraction"}, 0)],
)
async def test_answers_of_known_grade_ride_along_unless_nobody_wants_them_or_nobody_judges(
    client: httpx.AsyncClient, serving: Serving, body: dict[str, object], canaries: int
) -> None:
    made = (await client.post(LIST, json={**BODY, **body})).json()
    spec = (await store.get(serving.database, made["id"])).spec
    assert len(spec.canaries) == canaries


async def test_a_judge_of_the_family_can_be_refused(client: httpx.AsyncClient) -> None:
    body = {**BODY, "candidates": ["tiny-s"], "judge": "tiny-l", "rubric": "tiny"}
    assert (await client.post(LIST, json=body)).status_code == 202
    response = await client.post(LIST, json={**body, "related_judge": "refuse"})
    faults = problem(response, 422, "invalid")["errors"]
    assert isinstance(faults, list)
    assert [one["pointer"] for one in faults] == ["/judge"]
    assert "family" in faults[0]["detail"]
