"""Kill the whole process tree of the service again and again during one evaluation: nothing lost, nothing doubled."""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psutil
import pytest

from service.measure.schedule import derive_seed
from tests.conftest import Databases
from tests.forks import Forks
from tests.killing import Kills, Moment, kill_at, moments
from tests.scripted_server import ScriptedServer
from tests.service_process import ServiceProcess

BODY = {
    "candidates": [{"model": name, "max_tokens": 64} for name in ("tiny-xs", "tiny-s", "tiny-m", "box:good")],
    "judge": {"model": "tiny-judge", "template": "tiny", "max_tokens": 64},
    "rubric": "tiny",
    "prompt_set": "tiny",
    "profile": "tiny",
    "warmup": 1,
    "seed": 5,
}
WARM_UPS = {derive_seed(5, "warm-up", number) for number in range(20)}


class Outcome(NamedTuple):
    """What a run found, how it was killed, and how often the counting server was asked a timed question once more."""

    facts: dict[str, Any]
    report: dict[str, Any]
    kills: Kills
    again: int


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    started = ServiceProcess(tmp_path)
    yield started
    started.stop()


def facts(service: ServiceProcess) -> dict[str, Any]:
    """Everything of the evaluation that must not depend on how often it was killed."""
    return {
        "answers": service.rows(
            "select candidate, prompt, pass_number, round_number, text, finish from responses order by 1, 2, 3, 4",
        ),
        "verdicts": service.rows("select key, facet, score, by, rationale, raw from verdicts order by 1"),
    }


def report(service: ServiceProcess, identity: str) -> dict[str, Any]:
    """The report without what depends on the clock: timings, memory and what follows from them."""
    whole = httpx.get(f"{service.url}/api/v1/evaluations/{identity}/report?format=json", timeout=60).json()
    lasting = ("coverage", "quality", "disk_bytes", "context_tokens", "licence")
    return {
        "candidates": [
            {key: candidate[key] for key in ("name", "model", "parameters")}
            | {key: candidate["measured"][key] for key in lasting}
            for candidate in whole["candidates"]
        ],
        "judges": timeless(whole["judges"]),
    }


def timeless(value: Any) -> Any:
    """The same without the moments at which things happened."""
    if isinstance(value, dict):
        return {key: timeless(inner) for key, inner in value.items() if not key.endswith("_at")}
    return [timeless(inner) for inner in value] if isinstance(value, list) else value


def run_with_kills(
    service: ServiceProcess, server: ScriptedServer, plan: list[Moment], *, rounds: int
) -> Outcome:
    """Run one evaluation and kill the service at the moments of `plan`."""
    before = len(server.requests)
    service.folder.mkdir()
    service.start()
    try:
        identity = service.accept({**BODY, "rounds": rounds})
        kills = kill_at(service, plan, seed=len(plan))
        ended = service.wait(identity, 600)
        assert ended["status"] == "succeeded", ended
        asked = Counter(
            (one.body["messages"][-1]["content"], one.body["seed"])
            for one in server.requests[before:]
            if one.path.endswith("completions") and one.body["seed"] not in WARM_UPS
        )
        again = asked.total() - len(asked)
        return Outcome(facts(service), report(service, identity), kills, again)
    finally:
        service.stop()


def same_as_undisturbed(
    disturbed: ServiceProcess, calm: ServiceProcess, server: ScriptedServer, number: int, *, rounds: int
) -> None:
    """Kill one service so often and another one never: both must have found the same."""
    undisturbed = run_with_kills(calm, server, [], rounds=rounds)
    answers = len(undisturbed.facts["answers"])
    assert answers == 4 * 24 * rounds
    assert undisturbed.again == 0
    verdicts = len(undisturbed.facts["verdicts"])
    plan = moments(number, answers=answers, verdicts=verdicts, seed=number)
    killed = run_with_kills(disturbed, server, plan, rounds=rounds)
    told = {table: differences(undisturbed.facts[table], killed.facts[table]) for table in killed.facts}
    sys.stderr.write(f"{killed.kills}, asked again: {killed.again}, {told}\n")
    assert killed.facts == undisturbed.facts
    assert killed.report == undisturbed.report
    assert killed.kills.number == number
    assert killed.kills.hit >= 0.9 * number, "kills must hit a running evaluation"
    assert killed.again <= number, "answers are timed one at a time: at most one was in flight at each kill"


def differences(expected: list[tuple[Any, ...]], found: list[tuple[Any, ...]]) -> dict[str, int]:
    """Count the rows that are missing and those that are there more often than they should be."""
    wanted, there = Counter(expected), Counter(found)
    return {"lost": (wanted - there).total(), "doubled": (there - wanted).total()}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def forks() -> Iterator[Forks]:
    with Forks() as running:
        yield running


def two_services(
    folder: Path, server: ScriptedServer, forks: Forks, database: Callable[[], str | None]
) -> list[ServiceProcess]:
    place = json.dumps([{"name": "box", "url": server.url, "models": ["good"]}])
    return [
        ServiceProcess(folder / name, {"SLM_JUDGE_ENDPOINTS": place}, database(), forks=forks)
        for name in ("killed", "calm")
    ]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_twenty_kills_of_the_whole_tree_lose_nothing_and_double_nothing(
    server: ScriptedServer, forks: Forks, tmp_path: Path
) -> None:
    killed, calm = two_services(tmp_path, server, forks, lambda: None)
    same_as_undisturbed(killed, calm, server, 20, rounds=3)


@pytest.mark.nightly
@pytest.mark.timeout(5400)
def test_a_hundred_kills_lose_nothing_on_either_database(
    databases: Databases, server: ScriptedServer, forks: Forks, tmp_path: Path
) -> None:
    killed, calm = two_services(tmp_path, server, forks, lambda: server_of(databases))
    try:
        same_as_undisturbed(killed, calm, server, 100, rounds=4)
    finally:
        for one in (killed, calm):
            if one.database:
                databases.drop(one.database)


def server_of(databases: Databases) -> str | None:
    """Return a new database where there is a server; a file is the data directory's own."""
    url = databases.new()
    if url.startswith("sqlite"):
        databases.drop(url)
        return None
    return url.replace("postgresql+psycopg", "postgresql")


@pytest.mark.slow
def test_one_kill_of_the_whole_tree_leaves_no_process_and_resumes(service: ServiceProcess) -> None:
    service.start()
    identity = service.accept({**BODY, "candidates": ["tiny-xs"], "rounds": 2})
    service.wait_for_answers(1)
    assert service.process is not None
    children = psutil.Process(service.process.pid).children(recursive=True)
    os.kill(service.process.pid, 9)
    service.process.wait()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive, "runners end by themselves when the service is gone"
    service.start()
    ended = service.wait(identity, 100)
    assert ended["status"] == "succeeded"
    assert service.rows("select count(*) from responses") == [(48,)]
    text = httpx.get(f"{service.url}/api/v1/evaluations/{identity}/report?format=md", timeout=30).text
    assert "2 loads" in text


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_an_examination_that_was_asked_for_survives_a_kill_and_ends(service: ServiceProcess) -> None:
    service.start()
    here = "/api/v1/judges/tiny-judge/qualification"
    body = {
        "rubric": "tiny",
        "prompt_set": "tiny",
        "template": "tiny",
        "max_tokens": 64,
        "examination": "full",
    }
    asked = httpx.post(service.url + here, json=body, timeout=60, trust_env=False)
    assert asked.status_code == 202, asked.text

    def state() -> dict[str, Any]:
        found = httpx.get(service.url + here, timeout=60, trust_env=False).json()
        return dict(found["under_way"], held=len(found["held"]))

    await_that(lambda: state()["asked"] > 0)
    service.kill()
    service.start()
    assert state()["key"] == asked.json()["key"]
    assert state()["state"] in {"queued", "running"}
    await_that(lambda: state()["state"] not in {"queued", "running"})
    ended = state()
    assert (ended["state"], ended["asked"], ended["held"]) == ("done", ended["calls"], 1), ended


def await_that(reached: Callable[[], bool], patience: float = 120) -> None:
    deadline = time.monotonic() + patience
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)
