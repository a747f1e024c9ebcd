"""Judging stored answers again over HTTP: what is kept, what is refused, and what it would take."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.api import evaluations
from service.domain.evaluations import Evaluation, Spec, Status
from service.domain.failures import Failure, FailureKind
from service.domain.responses import Load, Response, Slot, Timing
from service.gathering import works_of
from service.store import attempts, loads, responses
from service.store import evaluations as store
from tests.api.conftest import BODY, World
from tests.api.test_problems import problem

LIST = "/api/v1/evaluations"


@pytest.fixture
async def judged(client: httpx.AsyncClient, world: World) -> Evaluation:
    """An evaluation that is over, with one answer."""
    made = await client.post(LIST, json=BODY)
    found = await store.get(world.database, made.json()["id"])
    load = Load(
        id=str(uuid4()),
        evaluation=found.id,
        role="candidate",
        name="tiny-s",
        pass_number=1,
        pid=1,
        model_id="tiny-s",
        device="cpu",
        runtime="test",
        seconds=0.1,
        started_at=found.created_at,
    )
    await loads.keep(world.database, load)
    await responses.keep(
        world.database,
        Response(
            evaluation=found.id,
            slot=Slot(
                candidate="tiny-s", prompt=found.spec.prompt_set.prompts[0].id, pass_number=1, round_number=1
            ),
            load=load.id,
            text="Sofia",
            finish="stop",
            timing=Timing(first=1, last=2, end=3, prompt_tokens=1, completion_tokens=1, chunks=1),
            order=1,
            created_at=found.created_at,
        ),
    )
    await over(world, found.id)
    return found


async def over(world: World, identity: str) -> None:
    await store.set_status(
        world.database, identity, Status.SUCCEEDED, only_from=frozenset({Status.QUEUED, Status.RUNNING})
    )


async def spec_of(world: World, identity: str) -> Spec:
    return (await store.get(world.database, identity)).spec


async def test_a_judging_takes_over_the_answers_and_keeps_what_it_was_not_told_to_change(
    client: httpx.AsyncClient, world: World, judged: Evaluation
) -> None:
    made = await client.post(f"{LIST}/{judged.id}/judgings", json={"rubric": "general"})
    assert made.status_code == 202, made.text
    body = made.json()
    assert body["answers_of"] == judged.id
    assert world.submitted[-1] == body["id"]
    assert body["rubric"]["name"] == "general"
    spec = await spec_of(world, body["id"])
    assert replace(spec, rubric=judged.spec.rubric, source=None) == judged.spec
    (answer,) = await responses.all_of(world.database, body["id"])
    (load,) = await loads.all_of(world.database, body["id"])
    assert (answer.text, answer.load) == ("Sofia", load.id)


async def test_the_same_request_sent_twice_under_one_key_judges_once(
    client: httpx.AsyncClient, judged: Evaluation
) -> None:
    sent = [
        await client.post(f"{LIST}/{judged.id}/judgings", json={}, headers={"Idempotency-Key": "k1"})
        for _ in range(2)
    ]
    assert [one.status_code for one in sent] == [202, 202]
    assert sent[0].json()["id"] == sent[1].json()["id"]


async def test_another_judge_brings_its_model_and_template(
    client: httpx.AsyncClient, world: World, judged: Evaluation
) -> None:
    body = {"judge": {"model": "tiny-l", "mode": "separate"}, "name": "second opinion"}
    made = (await client.post(f"{LIST}/{judged.id}/judgings", json=body)).json()
    assert made["name"] == "second opinion"
    spec = await spec_of(world, made["id"])
    assert [judge.model for judge in spec.judges] == ["tiny-l"]
    assert [template.name for template in spec.templates] == ["separate"]
    assert {model.name for model in spec.models} == {"tiny-s", "tiny-m", "tiny-l"}


async def test_a_judging_of_a_judging_belongs_to_the_first_answers(
    client: httpx.AsyncClient, world: World, judged: Evaluation
) -> None:
    first = (await client.post(f"{LIST}/{judged.id}/judgings", json={"rubric": "general"})).json()["id"]
    await over(world, first)
    second = (await client.post(f"{LIST}/{first}/judgings", json={})).json()
    assert second["answers_of"] == judged.id
    listed = (await client.get(f"{LIST}/{first}/judgings")).json()["items"]
    assert [one["id"] for one in listed] == [second["id"], first, judged.id]


async def test_what_it_would_take_is_said_and_nothing_is_stored(
    client: httpx.AsyncClient, world: World, judged: Evaluation
) -> None:
    before = list(world.submitted)
    found = await client.post(f"{LIST}/{judged.id}/judgings", params={"dry_run": True}, json={})
    assert found.status_code == 200
    said = found.json()
    assert (said["answers"], said["judge_calls"], said["verdicts_wanted"]) == (1, 1, 4)
    assert said["verdicts_taken_over"] == 0
    assert world.submitted == before


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"rubric": "absent"}, "/rubric"),
        ({"profile": "absent"}, "/profile"),
        ({"judge": "nobody"}, "/judge"),
        ({"judge": ["tiny-judge", "nobody"]}, "/judge/1"),
        ({"judge": "tiny-s"}, "/judge"),
        ({"judge": {"model": "tiny-judge", "mode": "both"}}, "/judge/mode"),
        ({"candidates": ["tiny-s"]}, "/candidates"),
        ({"use": "military"}, "/use"),
        ({"name": ""}, "/name"),
        ({"related_judge": "marry"}, "/related_judge"),
    ],
)
async def test_faults_are_told_at_their_place(
    client: httpx.AsyncClient, judged: Evaluation, body: dict[str, Any], pointer: str
) -> None:
    found = problem(await client.post(f"{LIST}/{judged.id}/judgings", json=body), 422, "invalid")["errors"]
    assert isinstance(found, list)
    assert [one["pointer"] for one in found] == [pointer]


async def test_an_evaluation_that_runs_or_has_no_answers_is_not_judged_again(
    client: httpx.AsyncClient, world: World
) -> None:
    made = (await client.post(LIST, json=BODY)).json()["id"]
    problem(await client.post(f"{LIST}/{made}/judgings", json={}), 409, "conflict")
    await over(world, made)
    answer = problem(await client.post(f"{LIST}/{made}/judgings", json={}), 409, "conflict")
    assert "no answers" in str(answer["detail"])
    problem(await client.post(f"{LIST}/{uuid4()}/judgings", json={}), 404, "not-found")


async def test_judgings_of_the_same_answers_are_compared_and_others_refused(
    client: httpx.AsyncClient, world: World, judged: Evaluation
) -> None:
    second = (await client.post(f"{LIST}/{judged.id}/judgings", json={"rubric": "general"})).json()["id"]
    here = f"{LIST}/{second}/judgings/comparison"
    problem(await client.get(here, params={"baseline": judged.id}), 409, "conflict")
    await over(world, second)
    found = await client.get(here, params={"baseline": judged.id})
    assert found.status_code == 200, found.text
    assert found.json()["changed"][0].startswith("rubric: tiny")
    for baseline in (second, str(uuid4())):
        faults = problem(await client.get(here, params={"baseline": baseline}), 422, "invalid")["errors"]
        assert isinstance(faults, list)
        assert faults[0]["parameter"] == "baseline"


async def test_a_full_queue_takes_no_judging(
    client: httpx.AsyncClient, judged: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await client.post(LIST, json=BODY)).status_code == 202
    monkeypatch.setattr(evaluations, "MOST_WAITING", 1)
    here = f"{LIST}/{judged.id}/judgings"
    refused = await client.post(here, json={"rubric": "general"})
    problem(refused, 429, "too-many-requests")
    assert [one["id"] for one in (await client.get(here)).json()["items"]] == [judged.id], "nothing is kept"
    assert (await client.post(f"{here}?dry_run=true", json={})).status_code == 200, "a plan takes no place"


async def test_each_wanted_verdict_can_be_read_with_the_reply_as_it_came(
    client: httpx.AsyncClient, world: World, judged: Evaluation
) -> None:
    here = f"{LIST}/{judged.id}/verdicts"
    whole = (await client.get(here)).json()["items"]
    # One answer, four facets of the rubric; nobody judged it.
    assert [(one["outcome"], one["score"]) for one in whole] == [("judge_failed", None)] * 4
    (work,) = works_of(judged.spec, await responses.all_of(world.database, judged.id))
    lost = work[1].places[0]
    failure = Failure(kind=FailureKind.TRUNCATED, message="cut off", raw='{"accuracy')
    await attempts.record(
        world.database,
        evaluation=judged.id,
        stage="verdict",
        subject=lost.key,
        failure=failure,
        give_up_after=1,
    )
    (told,) = (await client.get(here, params={"outcome": "truncated"})).json()["items"]
    assert (told["facet"], told["judge"], told["raw"], told["failure"]) == (
        lost.facet,
        "tiny-judge",
        '{"accuracy',
        "truncated",
    )
    assert (told["candidate"], told["pass"], told["round"], told["tries"]) == ("tiny-s", 1, 1, 1)
    first = await client.get(here, params={"limit": 3})
    assert len(first.json()["items"]) == 3
    rest = await client.get(here, params={"limit": 3, "cursor": first.json()["next_cursor"]})
    assert [*first.json()["items"], *rest.json()["items"]] == (await client.get(here)).json()["items"]
    assert rest.json()["next_cursor"] is None
    assert (await client.get(f"{LIST}/{judged.id}/canaries")).json() == {"items": []}


@pytest.mark.parametrize(
    ("parameters", "name"),
    [({"outcome": "zero"}, "outcome"), ({"cursor": "x"}, "cursor"), ({"limit": "0"}, "limit")],
)
async def test_a_wrong_parameter_of_the_verdicts_is_named(
    client: httpx.AsyncClient, judged: Evaluation, parameters: dict[str, str], name: str
) -> None:
    response = await client.get(f"{LIST}/{judged.id}/verdicts", params=parameters)
    faults = problem(response, 422, "invalid")["errors"]
    assert isinstance(faults, list)
    assert [one["parameter"] for one in faults] == [name]
