"""Kill the service while a judge scores: what is asked again is what was in flight, and the outcome is the same, byte for byte.

The judge is scripted, greedy and counted. Answers are timed only once: both services begin with a copy of one data
directory, made when every answer was kept and no verdict was, so that the timings in both reports are the same rows.
"""

import asyncio
import json
import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx
import pytest

from service import resources
from service.library import Folders, Library
from tests.judge.simulated_judges import honest
from tests.scripted_server import BEHAVIOURS, DONE, ScriptedServer, Wire, delta, usage
from tests.service_process import ServiceProcess

LIBRARY = Library(Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts")))
REFERENCES = {one.text: one.reference or "" for one in LIBRARY.prompt_set("tiny").prompts}
CANDIDATES = ("right", "hasty", "chatty")
ROUNDS = 5
ANSWERS = len(CANDIDATES) * len(REFERENCES) * ROUNDS
CONCURRENCY = 2
BODY = {
    "candidates": [f"box:{name}" for name in CANDIDATES],
    "judge": {"model": "box:the-judge", "template": "joint", "mode": "joint"},
    "rubric": "tiny",
    "prompt_set": "tiny",
    "profile": "tiny",
    "rounds": ROUNDS,
    "warmup": 1,
    "seed": 11,
}


def answers(name: str) -> Callable[[Wire], object]:
    """Return a candidate whose answers hang on the question and the seed, so that rounds differ."""

    async def answer(wire: Wire) -> None:
        words = REFERENCES.get(wire.prompt, "yes").split()
        draw = Random(f"{name} {wire.asked.body.get('seed')}")
        if name == "hasty":
            words = words[: max(1, len(words) - draw.randint(0, 4))]
        elif name == "chatty":
            words += draw.sample(("well", "so", "then", "there", "anyway", "indeed"), draw.randint(0, 5))
        await wire.begin()
        for at, word in enumerate(words):
            await wire.piece(delta(content=(" " if at else "") + word))
        await wire.piece(delta("stop") + usage(9, len(words)) + DONE)
        await wire.end()

    return answer


@dataclass
class Judge:
    """Grades what it is shown; it says nothing at all before it may."""

    may: bool = False
    asked: Counter[str] = field(default_factory=Counter)

    async def __call__(self, wire: Wire) -> None:
        while not self.may:
            await asyncio.sleep(0.05)
        shown = str(wire.asked.body["messages"][-1]["content"])
        # The code of the marks is made from the content: the same question is the same text.
        self.asked[shown] += 1
        await asyncio.sleep(0.02)
        grades = honest(between("answer", shown), between("reference", shown), Random(0))
        await wire.begin()
        await wire.piece(delta(content=json.dumps({"rationale": "as compared", **grades})))
        await wire.piece(delta("stop") + DONE)
        await wire.end()


def between(mark: str, shown: str) -> str:
    found = re.search(rf"<{mark} (\w+)>\n(.*?)\n</{mark} \1>", shown, re.DOTALL)
    return found[2] if found else ""


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Judge:
    made = Judge()
    monkeypatch.setitem(BEHAVIOURS, "the-judge", made)
    for name in CANDIDATES:
        monkeypatch.setitem(BEHAVIOURS, name, answers(name))
    return made


@pytest.fixture
def services(judge: Judge, tmp_path: Path) -> Iterator[tuple[ServiceProcess, ServiceProcess, str]]:
    """Two services that know of all answers and of no verdict."""
    del judge
    with ScriptedServer() as server:
        place = [{"name": "box", "url": server.url, "models": [*CANDIDATES, "the-judge"]}]
        settings = {
            "SLM_JUDGE_ENDPOINTS": json.dumps(place),
            "SLM_JUDGE_JUDGE_CONCURRENCY": str(CONCURRENCY),
        }
        calm, killed = (ServiceProcess(tmp_path / name, settings) for name in ("calm", "killed"))
        calm.folder.mkdir()
        killed.folder.mkdir()
        try:
            calm.start()
            identity = calm.accept(BODY)
            calm.wait_for_answers(ANSWERS)
            calm.kill()
            shutil.copytree(calm.data, killed.data)
            yield calm, killed, identity
        finally:
            calm.stop()
            killed.stop()


def outcome(service: ServiceProcess, identity: str) -> tuple[list[bytes], bytes]:
    """Return the report's lines and the ranking, but for what a kill may change: loads are counted, and two moments.

    The moments are those at which the judge was examined and the evaluation ended.
    """
    here = f"{service.url}/api/v1/evaluations/{identity}"
    report = httpx.get(f"{here}/report?format=json", timeout=60, trust_env=False).content
    ranking = httpx.get(f"{here}/ranking", timeout=60, trust_env=False).content
    record = json.loads(report)
    ((loads,),) = service.rows("select count(*) from loads")
    told = [
        f'"loads": {loads}',
        record["evaluation"]["finished_at"],
        record["judges"][0]["qualification"]["created_at"],
    ]
    for one in told:
        assert report.count(one.encode()) == 1, one
        report = report.replace(one.encode(), b"-")
    return report.splitlines(), ranking


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_while_judging_it_asks_only_what_was_in_flight_again_and_finds_the_same(
    services: tuple[ServiceProcess, ServiceProcess, str], judge: Judge
) -> None:
    calm, killed, identity = services
    judge.may = True
    calm.start()
    assert calm.wait(identity, 100)["status"] == "succeeded"
    undisturbed = outcome(calm, identity)
    calm.stop()
    once, judge.asked = judge.asked, Counter()
    verdicts = calm.rows("select count(*) from verdicts")[0][0]
    assert calm.rows(
        "select count(*) from qualifications, json_each(facets) where value like '%\"qualified\"%'"
    )
    killed.start()
    kills = 2
    for number in range(kills):
        part = verdicts * (number + 1) // (kills + 1)
        await_verdicts(killed, part)
        killed.kill()
        assert killed.rows("select count(*) from verdicts")[0][0] < verdicts
        killed.start()
    assert killed.wait(identity, 100)["status"] == "succeeded"
    assert outcome(killed, identity) == undisturbed
    assert set(judge.asked) == set(once)
    assert judge.asked.total() - once.total() <= kills * CONCURRENCY, "at most what was in flight"
    loads = "select count(*) from loads where role = "
    for service, more in ((calm, 0), (killed, kills)):
        assert service.rows(f"{loads}'candidate'") == [(len(CANDIDATES),)]
        # Copied when the judge may have been loaded, but had said nothing.
        assert service.rows(f"{loads}'judge'")[0][0] in {1 + more, 2 + more}
    assert not killed.rows("select 1 from attempts")


def await_verdicts(service: ServiceProcess, count: int) -> None:
    deadline = time.monotonic() + 100
    while service.rows("select count(*) from verdicts")[0][0] < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)
