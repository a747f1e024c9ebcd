"""Export and import over HTTP: another service has it afterwards; twice is harmless, something else is a conflict."""

import gzip
from dataclasses import replace

import httpx
import numpy as np
import pytest

from service.api.serving import Serving
from service.domain.archives import Archive
from service.domain.evaluations import Status
from service.moving import pack
from service.store.archives import put
from tests.api.conftest import BODY
from tests.api.test_problems import problem
from tests.synthetic import Truth, evaluation, rows

LIST = "/api/v1/evaluations"
GZIP = {"Content-Type": "application/gzip"}
TRUTHS = (Truth(name="a", quality=4.0, latency=1.0, memory=2.0**30),)


@pytest.fixture
def archive(serving: Serving) -> Archive:
    made = evaluation(TRUTHS, profile=serving.library.profile("tiny"), prompts=3, rounds=1, facets=1)
    found = rows(made, TRUTHS, np.random.default_rng(1))
    return Archive(
        evaluation=made,
        loads=found.loads,
        responses=found.answers,
        verdicts=found.verdicts,
        attempts=(),
        qualifications=found.qualifications,
    )


async def test_what_was_exported_can_be_imported(client: httpx.AsyncClient, archive: Archive) -> None:
    id_ = archive.evaluation.id
    response = await client.post(f"{LIST}/import", content=pack(archive), headers=GZIP)
    assert response.status_code == 201, response.text
    assert response.headers["location"] == f"{LIST}/{id_}"
    assert response.json()["status"] == "succeeded"
    exported = await client.get(f"{LIST}/{id_}/export")
    assert exported.headers["content-type"] == "application/gzip"
    assert f'filename="evaluation-{id_}.jsonl.gz"' in exported.headers["content-disposition"]
    assert exported.content == pack(archive)
    again = await client.post(f"{LIST}/import", content=exported.content, headers=GZIP)
    assert again.status_code == 200
    other = replace(archive, verdicts=archive.verdicts[:-1])
    problem(await client.post(f"{LIST}/import", content=pack(other), headers=GZIP), 409, "conflict")


async def test_a_bad_file_is_refused_and_nothing_is_stored(
    client: httpx.AsyncClient,
) -> None:
    for body in (b"", b"nonsense", gzip.compress(b"{}\n")):
        problem(await client.post(f"{LIST}/import", content=body, headers=GZIP), 422, "invalid")
    problem(await client.post(f"{LIST}/import", json=BODY), 415, "not-json")
    assert (await client.get(LIST)).json()["items"] == []


async def test_what_still_runs_cannot_be_exported(
    client: httpx.AsyncClient, serving: Serving, archive: Archive
) -> None:
    running = replace(archive.evaluation, status=Status.RUNNING, finished_at=None)
    await put(serving.database, replace(archive, evaluation=running))
    problem(await client.get(f"{LIST}/{running.id}/export"), 409, "conflict")
