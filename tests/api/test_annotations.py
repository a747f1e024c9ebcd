"""People score answers over HTTP: blind, in random order, by JSON and by file, and every fault has its place."""

import csv
import io
import json
from dataclasses import replace

import httpx
import numpy as np
import pytest_asyncio

from service.api.serving import Serving
from service.domain.archives import Archive
from service.store.archives import put
from tests.api.conftest import World
from tests.api.test_problems import problem
from tests.report.scenes import item
from tests.synthetic import Truth, evaluation, rows

TRUTHS = (
    Truth(name="secret-a", quality=4.0, latency=1.0, memory=2.0**30),
    Truth(name="secret-b", quality=3.0, latency=1.0, memory=2.0**30),
)
CSV = {"Content-Type": "text/csv"}


@pytest_asyncio.fixture
async def here(serving: Serving, world: World) -> str:
    """The address of an evaluation of two candidates, three prompts and two facets."""
    made = evaluation(TRUTHS, profile=serving.library.profile("tiny"), prompts=3, rounds=1, facets=2)
    found = rows(made, TRUTHS, np.random.default_rng(1))
    archive = Archive(
        evaluation=made,
        loads=found.loads,
        responses=found.answers,
        verdicts=found.verdicts,
        attempts=(),
        qualifications=found.qualifications,
    )
    await put(serving.database, archive)
    world.items = [
        replace(item(answer=f"=answer {at}", candidate=truth.name), prompt=f"p000{at % 3}")
        for truth in TRUTHS
        for at in range(3)
    ]
    world.items[3] = replace(world.items[3], answer="another answer")
    return f"/api/v1/evaluations/{made.id}"


async def test_answers_are_handed_out_blind_once_each_and_in_an_order_of_ones_own(
    client: httpx.AsyncClient, here: str
) -> None:
    found = {}
    for who in ("ann", "bob"):
        response = await client.get(f"{here}/annotations/tasks", params={"annotator": who})
        assert response.status_code == 200, response.text
        assert "secret" not in response.text
        found[who] = response.json()
    assert found["ann"]["left"] == 4  # two of the three pairs are equal answers
    assert [one["facet"] for one in found["ann"]["facets"]] == ["facet-0", "facet-1"]
    prompts = {who: [one["prompt"] for one in tasks["items"]] for who, tasks in found.items()}
    assert prompts["ann"] == prompts["bob"]
    limited = await client.get(f"{here}/annotations/tasks", params={"annotator": "ann", "limit": "1"})
    assert limited.json()["items"] == found["ann"]["items"][:1]


async def test_a_table_goes_out_and_comes_back(client: httpx.AsyncClient, here: str) -> None:
    asked = {"annotator": "ann", "format": "csv"}
    handed = await client.get(f"{here}/annotations/tasks", params=asked)
    assert handed.headers["content-type"].startswith("text/csv")
    assert "'=answer" in handed.text  # no formula
    table = list(csv.DictReader(io.StringIO(handed.text)))
    for row in table[:2]:
        row |= {"facet-0": "4", "facet-1": "5.0"}
    table[2] |= {"facet-0": " 2 "}
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(table[0]))
    writer.writeheader()
    writer.writerows(table)
    sent = await client.post(
        f"{here}/annotations", params={"annotator": "ann"}, content=out.getvalue().encode(), headers=CSV
    )
    assert (sent.status_code, sent.json()) == (201, {"kept": 5}), sent.text
    kept = (await client.get(f"{here}/annotations")).json()["items"]
    assert sorted(one["score"] for one in kept) == [2, 4, 4, 5, 5]
    left = await client.get(f"{here}/annotations/tasks", params={"annotator": "ann"})
    assert left.json()["left"] == 2
    others = await client.get(f"{here}/annotations/tasks", params={"annotator": "bob"})
    assert others.json()["left"] == 4


async def test_json_lines_go_out_and_come_back(client: httpx.AsyncClient, here: str) -> None:
    asked = {"annotator": "ann", "format": "jsonl"}
    lines = [
        json.loads(line)
        for line in (await client.get(f"{here}/annotations/tasks", params=asked)).text.splitlines()
    ]
    lines[0]["scores"] = {"facet-0": 1, "facet-1": None}
    body = "\n".join(map(json.dumps, lines)).encode()
    kind = {"Content-Type": "application/x-ndjson"}
    sent = await client.post(f"{here}/annotations", params={"annotator": "ann"}, content=body, headers=kind)
    assert sent.json() == {"kept": 1}


async def test_a_later_score_of_the_same_person_takes_the_place_of_the_first(
    client: httpx.AsyncClient, here: str
) -> None:
    task = (await client.get(f"{here}/annotations/tasks", params={"annotator": "ann"})).json()["items"][0]
    for score in (2, 5):
        said = [{"item": task["item"], "facet": "facet-0", "score": score, "note": "hm"}]
        sent = await client.post(f"{here}/annotations", json={"annotator": "ann", "scores": said})
        assert sent.status_code == 201
    kept = (await client.get(f"{here}/annotations", params={"annotator": "ann"})).json()["items"]
    assert [(one["score"], one["note"]) for one in kept] == [(5, "hm")]


async def test_every_fault_has_its_place_and_nothing_is_kept(client: httpx.AsyncClient, here: str) -> None:
    task = (await client.get(f"{here}/annotations/tasks", params={"annotator": "ann"})).json()["items"][0]
    body = f"item,facet-0,facet-1\n{task['item']},6,x\nnobody,3,\n".encode()
    response = await client.post(
        f"{here}/annotations", params={"annotator": "ann"}, content=body, headers=CSV
    )
    problem(response, 422, "invalid")
    assert [one["pointer"] for one in response.json()["errors"]] == [
        "/2/facet-0",
        "/2/facet-1",
        "/3/facet-0",
    ]
    for bad in (b"", b"a,b\n1,2\n", b"\xff\xfe", b"item,facet-0\n,\n"):
        problem(
            await client.post(f"{here}/annotations", params={"annotator": "a"}, content=bad, headers=CSV),
            422,
            "invalid",
        )
    wrong = {"annotator": "ann", "scores": [{"item": task["item"], "facet": "charm", "score": 3}]}
    problem(await client.post(f"{here}/annotations", json=wrong), 422, "invalid")
    wrong["scores"] = [{"item": task["item"], "facet": "facet-0", "score": 7}]
    problem(await client.post(f"{here}/annotations", json=wrong), 422, "invalid")
    problem(await client.get(f"{here}/annotations/tasks"), 422, "invalid")
    problem(
        await client.post(f"{here}/annotations", content=b"x", headers={"Content-Type": "text/plain"}),
        415,
        "not-json",
    )
    assert (await client.get(f"{here}/annotations")).json() == {"items": []}


async def test_before_anybody_scored_the_agreement_says_so(client: httpx.AsyncClient, here: str) -> None:
    found = (await client.get(f"{here}/agreement")).json()
    assert (found["items"], found["counted"]) == (0, False)
    assert "nobody" in found["reason"]
