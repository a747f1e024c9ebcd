"""One run with three good candidates, some odd ones, and one of each fault: the good are ranked, every other one has its reason."""

import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from service import pipeline, resources
from service.domain.asking import Session
from service.domain.endpoints import Endpoint
from service.domain.evaluations import Evaluation, Status
from service.domain.failures import FailureKind
from service.domain.findings import Findings
from service.domain.models import Candidate, Model
from service.domain.rubrics import Prompt
from service.keeping import House
from service.library import Folders, Library
from service.measure.answers import new_id
from service.models.opening import open_runner
from service.models.runner import Limits
from service.report.document import document
from service.report.page.assembly import html_page
from service.store import evaluations
from service.store.database import Database
from service.surveying import read
from tests import samples
from tests.scripted_server import BEHAVIOURS, ScriptedServer

SCRIPT = Path(__file__).parent / "scripted_runner.py"
LIBRARY = Library(Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts")))
DEADLINE = 0.7
SLOTS = 24
GOOD = ("good", "good-2", "good-3")
ODD = {
    "split-character": "café€",
    "one-piece": "four tokens at once",
    "no-usage": "fine",
    "wrong-usage": "fine",
    "done-but-open": "fine",
    "hides": "one two to four. " * 4,
}
"""Strange, and answers all the same."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a fault comes to: where, what, in which words, and how often one thing was tried."""

    stage: str
    kind: FailureKind
    words: str
    tries: int = 1


LOAD, ANSWER = partial(Outcome, "load"), partial(Outcome, "answer")
FAULTY = {
    # Found before anything is asked; what comes again for certain is tried once.
    "refused": LOAD(FailureKind.UNREACHABLE, "start its server", 2),
    "nameless": LOAD(FailureKind.NAME_UNKNOWN, "correct its URL"),
    "no-tls": LOAD(FailureKind.TLS_FAILED, "use http://"),
    "unauthorised": LOAD(FailureKind.UNAUTHORISED, "key_env or key_file"),
    "missing": LOAD(FailureKind.NOT_FOUND, "no model 'missing'"),
    "hang": LOAD(FailureKind.TIMED_OUT, "gave no first token", 2),
    "hang-between": LOAD(FailureKind.TIMED_OUT, "did not end it", 2),
    "killed-by-memory": LOAD(FailureKind.OUT_OF_MEMORY, "choose a smaller variant", 2),
    "ignores-its-deadline": LOAD(FailureKind.TIMED_OUT, "the model's process was ended", 2),
    # What may pass is met three times in each of three processes; then the endpoint has had its chance.
    "busy": LOAD(FailureKind.RATE_LIMITED, "lower its load"),
    "busy-for-2": LOAD(FailureKind.RATE_LIMITED, "wait 2 s"),
    "broken": LOAD(FailureKind.UPSTREAM, "failed by itself (500)"),
    "error-event": LOAD(FailureKind.UPSTREAM, "CUDA kernel failed"),
    "closed": LOAD(FailureKind.INTERRUPTED, "before it answered"),
    "cut-off": LOAD(FailureKind.INTERRUPTED, "broke off"),
    # What one answer is like, answer by answer.
    "html": ANSWER(FailureKind.MALFORMED, "a page of HTML"),
    "not-utf8": ANSWER(FailureKind.MALFORMED, "not UTF-8"),
    "endless": ANSWER(FailureKind.OVERSIZED, "max_tokens"),
    "long-line": ANSWER(FailureKind.OVERSIZED, "max_tokens"),
    "empty": ANSWER(FailureKind.EMPTY, "without any text"),
    "thinking-only": ANSWER(FailureKind.EMPTY, "raise max_tokens"),
    "out-of-memory": ANSWER(FailureKind.OUT_OF_MEMORY, "smaller variant", 2),
}
SCRIPTED = {"killed-by-memory": "dies-on-load", "ignores-its-deadline": "hangs-on-say"}
"""Models in a process of ours, by what `scripted_runner` is told to do."""


def run_of_all() -> Evaluation:
    asked = samples.prompt_set(
        *(Prompt(id=f"p{n}", text=f"say {n}", reference=f"SAY {n}") for n in range(1, 9))
    )
    made = samples.evaluation(rounds=3, prompts=asked, deadline=DEADLINE)
    elsewhere = {"refused", "nameless", "no-tls"}
    names = (*GOOD, *ODD, *FAULTY)
    models = [
        Model(name=name, source="directory", path="/nowhere", remote=SCRIPTED[name], licence="MIT")
        if name in SCRIPTED
        else Model(
            name=name,
            source="endpoint",
            runner="http",
            endpoint=name if name in elsewhere else "there",
            remote=name,
            licence="MIT",
        )
        for name in names
    ]
    spec = replace(
        made.spec,
        candidates=tuple(
            Candidate(name=name, model=name, max_tokens=120 if name == "hides" else 16) for name in names
        ),
        models=tuple(models),
    )
    return replace(made, id=new_id(), spec=spec)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nobody else gets while nobody listens on it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


async def ranked(database: Database, scratch: Path, port: int) -> Findings:
    run = run_of_all()
    await evaluations.add(database, run)
    with ScriptedServer() as server:
        endpoints = (
            Endpoint(name="there", url=server.url),
            Endpoint(name="refused", url=f"http://127.0.0.1:{port}/v1"),
            Endpoint(name="nameless", url="http://nobody.invalid/v1"),
            Endpoint(name="no-tls", url=server.url.replace("http:", "https:")),
        )
        limits = Limits(start=20, load=10, grace=0.5)

        @asynccontextmanager
        async def open_session(model: Model) -> AsyncIterator[Session]:
            command = (sys.executable, str(SCRIPT)) if model.name in SCRIPTED else None
            async with open_runner(
                model, scratch=scratch, endpoints=endpoints, limits=limits, command=command
            ) as runner:
                yield runner

        house = House(database=database, library=LIBRARY, open_session=open_session)
        await pipeline.run(run.id, house)
        return await pipeline.find(run, house)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_three_good_candidates_are_ranked_beside_one_of_each_fault(
    database: Database, tmp_path: Path, closed_port: int
) -> None:
    found = await ranked(database, tmp_path, closed_port)
    ranks = {one.candidate: one.rank for one in found.ranking.candidates}
    assert {ranks[name] for name in GOOD} == {1, 2, 3}
    scores = {one.candidate: one for one in found.scores}
    for name, expected in FAULTY.items():
        own = [one for one in found.attempts if one.subject.startswith(f"{name}/")]
        last = next(one for one in reversed(own) if one.given_up)
        assert (name, last.stage, last.failure.kind) == (name, expected.stage, expected.kind)
        assert expected.words in last.failure.message
        assert (name, max(one.number for one in own)) == (name, expected.tries)
        assert {one.failure.kind for one in own} == {expected.kind}, name
        assert (ranks[name], scores[name].failed) == (None, SLOTS), name
    assert {one.candidate: one.answer for one in found.samples if one.candidate in ODD} == ODD
    for name in ODD:
        assert not [one for one in found.attempts if one.subject.startswith(f"{name}/")], name
        assert scores[name].answered == SLOTS, name
        # Counts that are missing, impossible or hidden, and tokens that all came at once: no rate, and never 0.
        assert scores[name].decode_rate.value is None, name
        assert scores[name].decode_rate.reason, name
    good = scores["good"]
    assert good.quality.value == 5
    assert good.first_token.value is not None
    for missing in (good.memory, good.memory_peak, good.disk, good.load_seconds):
        assert missing.value is None
        assert missing.reason
    # The reports can be written of it.
    assert document(found)
    assert "killed-by-memory" in html_page(found)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
async def test_a_retry_asks_what_was_given_up_and_nothing_else(database: Database, tmp_path: Path) -> None:
    made = samples.evaluation(rounds=1)
    spec = replace(
        made.spec,
        candidates=tuple(Candidate(name=name, model=name, max_tokens=16) for name in ("good", "not-utf8")),
        models=tuple(
            Model(name=name, source="endpoint", runner="http", endpoint="there", remote=name, licence="MIT")
            for name in ("good", "not-utf8")
        ),
    )
    run = replace(made, id=new_id(), spec=spec, status=Status.RUNNING)
    await evaluations.add(database, run)
    with ScriptedServer() as server:
        house = House(
            database=database,
            library=LIBRARY,
            open_session=partial(
                open_runner, scratch=tmp_path, endpoints=(Endpoint(name="there", url=server.url),)
            ),
        )
        await pipeline.run(run.id, house)
        before = await read(run.id, database)
        asked = len(server.requests)
        await evaluations.set_status(
            database, run.id, Status.SUCCEEDED, only_from=frozenset({Status.RUNNING})
        )
        # Over and given up: another run of the same attempt asks nothing.
        await pipeline.run(run.id, house)
        assert len(server.requests) == asked
        await evaluations.begin_attempt(database, run.id)
        with pytest.MonkeyPatch.context() as mended:
            mended.setitem(BEHAVIOURS, "not-utf8", BEHAVIOURS["good"])
            await pipeline.run(run.id, house)
        again = [one.body["model"] for one in server.requests[asked:] if "messages" in one.body]
    after = await read(run.id, database)
    # One cold request and four prompts, of the broken one alone; what was kept is as it was, and so is the history.
    assert again == ["not-utf8"] * 5
    assert {one.slot.candidate for one in before.answers} == {"good"}
    assert [one for one in after.answers if one.slot.candidate == "good"] == list(before.answers)
    assert len(after.answers) == 8
    assert before.given_up
    assert not after.given_up
    assert [one.failure for one in after.attempts] == [one.failure for one in before.attempts]
