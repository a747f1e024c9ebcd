"""A request is accepted whole or refused with every fault at its place."""

import httpx
import pytest

from service.store import evaluations as store
from tests.api.conftest import BODY, World
from tests.api.test_problems import problem

LIST = "/api/v1/evaluations"


async def faults(client: httpx.AsyncClient, **changes: object) -> dict[str, str]:
    body = {key: value for key, value in {**BODY, **changes}.items() if value is not ...}
    response = await client.post(LIST, json=body)
    found = problem(response, 422, "invalid")["errors"]
    assert isinstance(found, list)
    return {one["pointer"]: one["detail"] for one in found}


async def test_every_unknown_name_is_told_at_once_with_the_known_ones(
    client: httpx.AsyncClient, world: World
) -> None:
    found = await faults(
        client,
        candidates=["tiny-s", "gpt-9"],
        judge="nobody",
        rubric="r",
        prompt_set="p",
        profile="f",
        device="moon",
    )
    assert set(found) == {"/candidates/1", "/judge", "/rubric", "/prompt_set", "/profile", "/device"}
    assert "tiny-s" in found["/candidates/1"]
    assert "general" in found["/rubric"]
    assert "workshop" in found["/prompt_set"]
    assert "balanced" in found["/profile"]
    assert "local" in found["/device"]
    assert world.submitted == []


async def test_every_structural_fault_is_told_at_once(client: httpx.AsyncClient) -> None:
    found = await faults(
        client,
        rounds=0,
        seed="one",
        candidates=[{"model": "tiny-s", "temprature": 1, "temperature": 9}, 7],
        judge=...,
        colour="red",
    )
    assert set(found) == {
        "/colour",
        "/candidates/0/temprature",
        "/candidates/0/temperature",
        "/candidates/1",
        "/judge",
        "/rounds",
        "/seed",
    }
    assert "unknown field" in found["/colour"]
    assert found["/rounds"] == "write int >= 1"
    assert found["/judge"] == "'judge' is missing: add it"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"candidates": []}, "/candidates"),
        ({"candidates": "tiny-s"}, "/candidates"),
        ({"candidates": ["tiny-s\n"]}, "/candidates/0"),
        ({"candidates": ["../../etc/passwd"]}, "/candidates/0"),
        ({"candidates": ["x" * 65]}, "/candidates/0"),
        ({"rounds": 1001}, "/rounds"),
        ({"rounds": 1.5}, "/rounds"),
        ({"rounds": True}, "/rounds"),
        ({"rounds": 10**400}, "/rounds"),
        ({"deadline": 0}, "/deadline"),
        ({"seed": -1}, "/seed"),
        ({"use": "military"}, "/use"),
        ({"name": ""}, "/name"),
        ({"prompt_set": []}, "/prompt_set"),
        ({"prompt_set": [""]}, "/prompt_set/0"),
        ({"prompt_set": [{"txt": "x"}]}, "/prompt_set/0/txt"),
    ],
)
async def test_what_does_not_fit_is_told_where(
    client: httpx.AsyncClient, change: dict[str, object], pointer: str
) -> None:
    assert pointer in await faults(client, **change)


async def test_a_body_that_is_no_object_is_refused(client: httpx.AsyncClient) -> None:
    problem(await client.post(LIST, json=[BODY]), 422, "invalid")


async def test_two_candidates_of_one_name_are_refused(client: httpx.AsyncClient) -> None:
    found = await faults(client, candidates=["tiny-s", {"model": "tiny-m", "name": "tiny-s"}])
    assert set(found) == {"/candidates/0", "/candidates/1"}


async def test_one_model_may_take_part_twice_under_two_names(client: httpx.AsyncClient) -> None:
    candidates = ["tiny-s", {"model": "tiny-s", "name": "warm", "temperature": 0.7}]
    response = await client.post(LIST, json={**BODY, "candidates": candidates})
    assert response.status_code == 202
    assert [one["name"] for one in response.json()["candidates"]] == ["tiny-s", "warm"]


async def test_a_judge_that_is_also_a_candidate_is_refused(client: httpx.AsyncClient) -> None:
    found = await faults(client, judge="tiny-s")
    assert "choose another judge" in found["/judge"]


async def test_an_unknown_judge_template_is_told(client: httpx.AsyncClient) -> None:
    found = await faults(client, judge={"model": "tiny-judge", "template": "absent"})
    assert "joint" in found["/judge/template"]


async def test_more_calls_than_the_cap_are_refused(client: httpx.AsyncClient) -> None:
    found = await faults(client, rounds=1000, passes=20)
    assert "100000 at most" in found["/rounds"]


async def test_without_a_judge_the_rubric_needs_checks(client: httpx.AsyncClient) -> None:
    found = await faults(client, judge=None, rubric="general")
    assert set(found) == {"/judge"}


async def test_inline_prompts_work_as_strings_and_objects(client: httpx.AsyncClient) -> None:
    prompts = ["What is the capital of France?", {"text": "Say yes.", "reference": "yes", "id": "yes"}]
    response = await client.post(LIST, json={**BODY, "prompt_set": prompts})
    assert response.status_code == 202
    assert response.json()["prompt_set"]["name"] == "inline"
    assert response.json()["prompts"] == 2


async def test_faults_in_inline_prompts_are_at_their_place(client: httpx.AsyncClient) -> None:
    twice = [{"text": "One?", "id": "a"}, {"text": "Two?", "id": "a"}]
    assert "/prompt_set/1/id" in await faults(client, prompt_set=twice)
    remote = [{"text": "x", "expect": {"json_schema": {"$ref": "http://127.0.0.1:9/x"}}}]
    assert "/prompt_set/0/expect/json_schema" in await faults(client, prompt_set=remote)


async def test_rubric_and_profile_have_defaults(client: httpx.AsyncClient) -> None:
    body = {"candidates": ["tiny-s"], "judge": "tiny-judge", "prompt_set": "tiny"}
    response = await client.post(LIST, json=body)
    assert response.status_code == 202
    assert response.json()["rubric"]["name"] == "general"
    assert response.json()["profile"]["name"] == "balanced"
    assert response.json()["use"] == "commercial"


async def test_a_conversation_comes_with_the_body_and_its_faults_are_told_where_they_are(
    client: httpx.AsyncClient, world: World
) -> None:
    turns = [{"role": role, "content": "Hello."} for role in ("user", "assistant")]
    asked = {"messages": [*turns, {"role": "user", "content": "And now?"}], "facets": ["accuracy"]}
    found = await faults(
        client, prompt_set=["Why?", {"messages": turns}, {"text": "Who?", "facets": ["tone"]}]
    )
    assert set(found) == {"/prompt_set/1/messages/1/role"}
    found = await faults(client, prompt_set=["Why?", {"text": "Who?", "facets": ["tone"]}])
    assert "to be scored on tone, which the rubric 'tiny' lacks" in found["/prompt_set"]
    response = await client.post("/api/v1/evaluations", json={**BODY, "prompt_set": ["Why?", asked]})
    assert response.status_code == 202, response.text
    stored = await store.get(world.database, response.json()["id"])
    prompt = stored.spec.prompt_set.prompts[1]
    assert prompt.conversation == "user: Hello.\n\nassistant: Hello.\n\nuser: And now?"
    assert prompt.facets == ("accuracy",)
