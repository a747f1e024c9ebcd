"""Kill the whole process tree of the service again and again during one evaluation: nothing lost, nothing doubled."""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psutil
import pytest

from tests.conftest import Databases
from tests.service_process import ServiceProcess

BODY = {
    "candidates": [{"model": name, "max_tokens": 64} for name in ("tiny-xs", "tiny-s", "tiny-m", "tiny-l")],
    "judge": {"model": "tiny-judge", "template": "tiny", "max_tokens": 64},
    "rubric": "tiny",
    "prompt_set": "tiny",
    "profile": "tiny",
    "rounds": 8,
    "warmup": 1,
    "seed": 5,
}


class Outcome(NamedTuple):
    """What a run found, and how many kills met it at work."""

    facts: dict[str, Any]
    report: dict[str, Any]
    hit: int


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


def run_with_kills(service: ServiceProcess, kills: int, *, rounds: int = 8, pause: float = 1.5) -> Outcome:
    """Run one evaluation and kill the service so often meanwhile, each time up to `pause` seconds after it is up."""
    moments = random.Random(kills)
    hit = 0
    service.folder.mkdir()
    service.start()
    try:
        identity = service.accept({**BODY, "rounds": rounds})
        for number in range(kills):
            if number % 3 == 2:
                # On a machine so busy that no start gets anywhere, the service would rightly give up in the end.
                await_progress(service, identity)
            time.sleep(moments.uniform(0.0, pause))
            hit += service.rows("select status from evaluations")[0][0] in {"queued", "running"}
            service.kill()
            service.start()
        ended = service.wait(identity, 600)
        assert ended["status"] == "succeeded", ended
        return Outcome(facts(service), report(service, identity), hit)
    finally:
        service.stop()


def await_progress(service: ServiceProcess, identity: str) -> None:
    """Wait until one thing more is kept than now, or nothing more is to come."""

    def kept() -> int:
        tables = ("responses", "verdicts", "evaluation_qualifications")
        return sum(int(service.rows(f"select count(*) from {table}")[0][0]) for table in tables)

    before, deadline = kept(), time.monotonic() + 120
    while kept() == before and service.state(identity)["status"] in {"queued", "running"}:
        assert time.monotonic() < deadline, "it gets nowhere"
        time.sleep(0.02)


def same_as_undisturbed(disturbed: ServiceProcess, calm: ServiceProcess, kills: int, *, rounds: int) -> None:
    """Kill one service often and another one never: both must have found the same."""
    undisturbed = run_with_kills(calm, 0, rounds=rounds)
    killed = run_with_kills(disturbed, kills, rounds=rounds)
    assert len(undisturbed.facts["answers"]) == 4 * 24 * rounds
    assert killed.facts == undisturbed.facts
    assert killed.report == undisturbed.report
    assert killed.hit >= kills // 2, "most kills must hit a running evaluation"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_twenty_kills_of_the_whole_tree_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    same_as_undisturbed(ServiceProcess(tmp_path / "killed"), ServiceProcess(tmp_path / "calm"), 20, rounds=8)


@pytest.mark.nightly
@pytest.mark.timeout(3000)
def test_a_hundred_kills_of_the_whole_tree_lose_nothing_on_either_database(
    databases: Databases, tmp_path: Path
) -> None:
    folders = [tmp_path / "killed", tmp_path / "calm"]
    killed, calm = (ServiceProcess(folder, database=server_of(databases)) for folder in folders)
    try:
        same_as_undisturbed(killed, calm, 100, rounds=30)
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
