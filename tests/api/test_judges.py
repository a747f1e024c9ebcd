"""A judge is examined by request: once under the same terms, never held against it that nobody could ask it."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from service.domain.asking import Answer, Question
from service.domain.failures import Failure, FailureKind
from service.domain.models import Loaded, Memory
from service.examining import Examiner
from service.store import hearings
from tests.api.conftest import World
from tests.api.test_problems import problem

HERE = "/api/v1/judges/tiny-judge/qualification"
BODY = {"rubric": "tiny", "prompt_set": "tiny"}


@dataclass
class Session:
    """A model that always says the same."""

    says: str | Failure
    refuses: Failure | None = None
    asked: int = 0
    pid: int = 1
    alive: bool = True

    async def load(self) -> Loaded | Failure:
        return self.refuses or Loaded(seconds=0.1, model_id="m", device="cpu", runtime="test")

    async def ask(self, question: Question) -> Answer | Failure:
        del question
        self.asked += 1
        await asyncio.sleep(0)
        if isinstance(self.says, Failure):
            return self.says
        return Answer(
            text=self.says,
            finish="stop",
            prompt_tokens=1,
            completion_tokens=1,
            sent=0,
            first=1,
            last=2,
            end=3,
        )

    async def memory(self) -> Memory:
        return Memory(resident=None, peak=None, method="none")


FOURS = '{"rationale": "fine", "accuracy": 4, "completeness": 4, "relevance": 4, "clarity": 4}'


async def over(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(500):
        found = (await client.get(HERE)).json()
        if found["under_way"]["state"] in {"done", "failed"}:
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(found)


async def test_a_judge_that_always_says_four_is_examined_and_barred(
    client: httpx.AsyncClient, world: World
) -> None:
    world.session = Session(FOURS)
    made = await client.post(HERE, json=BODY)
    assert made.status_code == 202
    assert made.headers["location"] == HERE
    assert made.json()["calls"] == 102
    found = await over(client)
    assert found["under_way"]["asked"] == 102
    (held,) = found["held"]
    assert held["terms"]["rubric"] == "tiny"
    assert held["terms"]["examination"] == "quick"
    assert {facet["standing"] for facet in held["facets"]} == {"barred"}


async def test_it_is_not_examined_twice_under_the_same_terms_unless_somebody_says_so(
    client: httpx.AsyncClient, world: World
) -> None:
    world.session = session = Session(FOURS)
    await client.post(HERE, json=BODY)
    await over(client)
    asked = session.asked
    second = await client.post(HERE, json=BODY)
    assert (second.status_code, second.json()["state"]) == (200, "done")
    assert session.asked == asked
    third = await client.post(HERE, json={**BODY, "again": True})
    assert third.status_code == 202
    await over(client)
    assert session.asked > asked


async def test_other_terms_are_another_examination(client: httpx.AsyncClient, world: World) -> None:
    world.session = Session(FOURS)
    first = (await client.post(HERE, json=BODY)).json()["key"]
    await over(client)
    for change in ({"examination": "full"}, {"max_tokens": 65}, {"template": "joint"}, {"temperature": 0.5}):
        made = await client.post(HERE, json={**BODY, **change})
        assert made.status_code == 202, change
        assert made.json()["key"] != first


@pytest.mark.parametrize("kind", [FailureKind.UNREACHABLE, FailureKind.UNAUTHORISED, FailureKind.RUNNER_DIED])
async def test_a_judge_that_nobody_could_ask_is_not_found_wanting(
    client: httpx.AsyncClient, world: World, kind: FailureKind
) -> None:
    world.session = Session(Failure(kind=kind, message="the cable is out"))
    await client.post(HERE, json=BODY)
    found = await over(client)
    assert found["under_way"]["state"] == "failed"
    assert found["under_way"]["failure"] == {"kind": kind.value, "message": "the cable is out"}
    assert found["held"] == []


async def test_a_judge_that_cannot_be_loaded_says_so(client: httpx.AsyncClient, world: World) -> None:
    world.session = Session("", refuses=Failure(kind=FailureKind.LOAD_FAILED, message="no such file"))
    await client.post(HERE, json=BODY)
    assert (await over(client))["under_way"]["failure"]["message"] == "no such file"


async def test_an_examination_waits_for_whoever_has_the_device(
    client: httpx.AsyncClient, world: World
) -> None:
    world.session = session = Session(FOURS)
    async with world.place.measured("an evaluation"):
        made = await client.post(HERE, json=BODY)
        await asyncio.sleep(0.05)
        assert (await client.get(HERE)).json()["under_way"]["state"] == "queued"
        again = await client.post(HERE, json=BODY)
        assert again.json()["key"] == made.json()["key"]
        assert session.asked == 0
    assert (await over(client))["under_way"]["state"] == "done"


async def test_one_that_the_service_stopped_is_held_at_the_next_start(
    client: httpx.AsyncClient, world: World, serving: Any
) -> None:
    world.session = session = Session(FOURS)
    stopped: Examiner = serving.examiner
    async with world.place.measured("an evaluation"):
        await client.post(HERE, json=BODY)
        await asyncio.sleep(0)
        await stopped.stop()
    found = (await client.get(HERE)).json()
    assert (found["under_way"]["state"], found["held"], session.asked) == ("queued", [], 0)
    await Examiner(world.house(), world.place.measured).take_up()
    found = await over(client)
    assert (found["under_way"]["state"], found["under_way"]["asked"]) == ("done", 102)
    assert len(found["held"]) == 1
    await Examiner(world.house(), world.place.measured).take_up()
    assert session.asked == 102, "what has ended is not held again"


async def test_one_interrupted_after_its_result_was_kept_is_not_held_again(
    client: httpx.AsyncClient, world: World
) -> None:
    world.session = session = Session(FOURS)
    key = (await client.post(HERE, json=BODY)).json()["key"]
    await over(client)
    await hearings.begin(world.database, key)
    await Examiner(world.house(), world.place.measured).take_up()
    found = (await client.get(HERE)).json()["under_way"]
    assert (found["state"], found["asked"], session.asked) == ("done", 102, 102)


async def interrupted(world: World, client: httpx.AsyncClient, serving: Any, ago: timedelta) -> None:
    """Have an examination asked for some time ago and begun three times, without an end."""
    stopped: Examiner = serving.examiner
    async with world.place.measured("an evaluation"):
        made = (await client.post(HERE, json=BODY)).json()
        await asyncio.sleep(0)
        await stopped.stop()
    (one,) = await hearings.unfinished(world.database, "local")
    earlier = replace(one.hearing, began_at=datetime.now(UTC) - ago)
    await hearings.keep(world.database, earlier, device="local", order=one.order)
    for _ in range(3):
        await hearings.begin(world.database, made["key"])


async def test_one_that_the_service_dies_of_is_not_begun_for_ever(
    client: httpx.AsyncClient, world: World, serving: Any
) -> None:
    world.session = session = Session(FOURS)
    await interrupted(world, client, serving, timedelta(minutes=2))
    await Examiner(world.house(), world.place.measured).take_up()
    found = await over(client)
    assert found["under_way"]["failure"]["message"].startswith("The service ended 3 times")
    assert session.asked == 0


async def test_three_kills_within_a_minute_say_nothing_against_an_examination(
    client: httpx.AsyncClient, world: World, serving: Any
) -> None:
    world.session = Session(FOURS)
    await interrupted(world, client, serving, timedelta(seconds=10))
    await Examiner(world.house(), world.place.measured).take_up()
    assert (await over(client))["under_way"]["state"] == "done"


async def test_a_request_of_another_version_is_told_and_not_guessed_at(
    client: httpx.AsyncClient, world: World
) -> None:
    world.session = Session(FOURS)
    key = (await client.post(HERE, json=BODY)).json()["key"]
    await over(client)
    found = await hearings.of_judge(world.database, "tiny-judge")
    assert found is not None
    newer = replace(found, state="queued", began_at=datetime.now(UTC))
    await hearings.keep(world.database, newer, device="local", order='{"seat": 1}')
    await hearings.keep(world.database, replace(newer, key="k2", judge="far"), device="far", order="{}")
    await Examiner(world.house(), world.place.measured).take_up()
    told = (await client.get(HERE)).json()["under_way"]
    assert (told["key"], told["state"], told["failure"]["kind"]) == (key, "failed", "unexpected")
    assert len(await hearings.unfinished(world.database, "far")) == 1, (
        "what another device was asked for is its own"
    )


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"prompt_set": ...}, "/prompt_set"),
        ({"prompt_set": "absent"}, "/prompt_set"),
        ({"prompt_set": "workshop"}, "/prompt_set"),
        ({"rubric": "absent"}, "/rubric"),
        ({"template": "absent"}, "/template"),
        ({"mode": "both"}, "/mode"),
        ({"examination": "long"}, "/examination"),
        ({"model": "tiny-s"}, "/model"),
        ({"seed": -1}, "/seed"),
        ({"deadline": 0}, "/deadline"),
        ({"again": 1}, "/again"),
    ],
)
async def test_every_fault_of_a_request_is_told_at_its_place(
    client: httpx.AsyncClient, change: dict[str, Any], pointer: str
) -> None:
    body = {key: value for key, value in {**BODY, **change}.items() if value is not ...}
    found = problem(await client.post(HERE, json=body), 422, "invalid")["errors"]
    assert isinstance(found, list)
    assert [one["pointer"] for one in found] == [pointer]


async def test_a_judge_that_nobody_knows_is_not_there(client: httpx.AsyncClient) -> None:
    for response in (
        await client.get(HERE.replace("tiny-judge", "nobody")),
        await client.post(HERE.replace("tiny-judge", "nobody"), json=BODY),
    ):
        problem(response, 404, "not-found")
