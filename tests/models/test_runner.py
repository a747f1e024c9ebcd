"""The parent's side of a runner, against a scripted child over real pipes."""

import asyncio
import os
import signal
import sys
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import psutil
import pytest

from service.domain.asking import Answer, Message, Question, Sampling
from service.domain.failures import Failure, FailureKind
from service.domain.models import Loaded, Model
from service.models.opening import open_runner
from service.models.runner import Limits, Runner

SCRIPT = Path(__file__).parents[1] / "scripted_runner.py"
QUICK = Limits(start=10, load=10, grace=0.3)


def scripted(name: str) -> Model:
    return Model(name=name, source="directory", path="/nowhere")


def question(text: str, *, deadline: float = 5.0) -> Question:
    return Question(
        messages=(Message(role="user", content=text),),
        sampling=Sampling(temperature=0, max_tokens=16, seed=1),
        deadline=deadline,
    )


def opened(name: str, scratch: Path, limits: Limits = QUICK) -> AbstractAsyncContextManager[Runner]:
    return open_runner(scripted(name), scratch=scratch, command=(sys.executable, str(SCRIPT)), limits=limits)


async def test_a_loaded_model_answers_and_reports_what_it_is(tmp_path: Path) -> None:
    async with opened("echo", tmp_path) as runner:
        loaded = await runner.load()
        reply = await runner.ask(question("hello"))
    assert isinstance(loaded, Loaded)
    assert (loaded.model_id, loaded.runtime, loaded.context) == ("echo:1", "scripted 1.0", 512)
    assert isinstance(reply, Answer)
    assert reply.text == "HELLO"
    assert reply.sent <= (reply.first or 0) <= (reply.last or 0) <= reply.end


async def test_answers_find_their_questions_when_many_are_under_way(tmp_path: Path) -> None:
    async with opened("echo+slow", tmp_path) as runner:
        await runner.load()
        replies = await asyncio.gather(*(runner.ask(question(f"q{n}")) for n in range(20)))
    assert [reply.text for reply in replies if isinstance(reply, Answer)] == [f"Q{n}" for n in range(20)]


async def test_an_answer_without_text_has_no_first_token(tmp_path: Path) -> None:
    async with opened("mute", tmp_path) as runner:
        await runner.load()
        reply = await runner.ask(question("hello"))
    assert isinstance(reply, Answer)
    assert (reply.text, reply.first, reply.last) == ("", None, None)


@pytest.mark.parametrize(
    ("name", "kind", "word"),
    [
        ("dies-on-load", FailureKind.OUT_OF_MEMORY, "smaller variant"),
        ("fails-on-load", FailureKind.LOAD_FAILED, "no such file"),
        ("garbage", FailureKind.UNEXPECTED, "protocol"),
        ("wrong-shape", FailureKind.UNEXPECTED, "protocol"),
        ("long-line", FailureKind.UNEXPECTED, "protocol"),
    ],
)
async def test_a_load_that_goes_wrong_is_a_failure_with_its_kind(
    tmp_path: Path, name: str, kind: FailureKind, word: str
) -> None:
    async with opened(name, tmp_path) as runner:
        loaded = await runner.load()
    assert isinstance(loaded, Failure)
    assert loaded.kind == kind
    assert word in loaded.message


async def test_a_runner_that_never_says_ready_is_ended_as_silent(tmp_path: Path) -> None:
    command = (sys.executable, str(SCRIPT), "silent")
    limits = Limits(start=0.5, load=1, grace=0.3)
    async with open_runner(scripted("echo"), scratch=tmp_path, command=command, limits=limits) as runner:
        loaded = await runner.load()
        assert not runner.alive
    assert isinstance(loaded, Failure)
    assert loaded.kind == FailureKind.SILENT


async def test_a_runner_that_cannot_be_started_is_a_failed_load(tmp_path: Path) -> None:
    async with open_runner(scripted("echo"), scratch=tmp_path, command=("/nowhere/at-all",)) as runner:
        loaded = await runner.load()
    assert isinstance(loaded, Failure)
    assert loaded.kind == FailureKind.LOAD_FAILED


async def test_a_process_that_dies_answering_fails_every_question_under_way(tmp_path: Path) -> None:
    async with opened("echo+hangs-on-wait+dies-on-bang", tmp_path) as runner:
        await runner.load()
        waiting = asyncio.create_task(runner.ask(question("wait")))
        await asyncio.sleep(0.05)
        died = await runner.ask(question("bang"))
        other = await waiting
        after = await runner.ask(question("hello"))
    for failure in (died, other, after):
        assert isinstance(failure, Failure)
        assert failure.kind == FailureKind.RUNNER_DIED
        assert "status 3" in failure.message
        assert failure.raw == "scripted death"


async def test_a_hung_answer_is_ended_past_its_deadline_and_costs_the_process(tmp_path: Path) -> None:
    async with opened("echo+hangs-on-wait", tmp_path) as runner:
        await runner.load()
        begin = time.monotonic()
        reply = await runner.ask(question("wait", deadline=0.3))
        took = time.monotonic() - begin
        assert not runner.alive
        assert (
            not psutil.pid_exists(runner.pid) or psutil.Process(runner.pid).status() == psutil.STATUS_ZOMBIE
        )
    assert isinstance(reply, Failure)
    assert reply.kind == FailureKind.TIMED_OUT
    assert took < 3


async def test_a_refused_question_leaves_the_process_alive(tmp_path: Path) -> None:
    async with opened("echo+refuses-bad", tmp_path) as runner:
        await runner.load()
        refused = await runner.ask(question("bad"))
        fine = await runner.ask(question("good"))
    assert isinstance(refused, Failure)
    assert refused.kind == FailureKind.REJECTED
    assert isinstance(fine, Answer)


async def test_a_process_killed_from_outside_says_by_which_signal(tmp_path: Path) -> None:
    async with opened("echo+hangs-on-wait", tmp_path) as runner:
        await runner.load()
        waiting = asyncio.create_task(runner.ask(question("wait")))
        await asyncio.sleep(0.05)
        os.kill(runner.pid, signal.SIGTERM)
        reply = await waiting
    assert isinstance(reply, Failure)
    assert "SIGTERM" in reply.message


async def test_a_prompt_too_long_for_the_protocol_is_rejected_before_it_is_sent(tmp_path: Path) -> None:
    async with opened("echo", tmp_path) as runner:
        await runner.load()
        reply = await runner.ask(question("x" * (9 * 1024 * 1024)))
        assert runner.alive
    assert isinstance(reply, Failure)
    assert reply.kind == FailureKind.REJECTED


async def test_leaving_ends_the_process_and_removes_its_folder(tmp_path: Path) -> None:
    async with opened("echo+hangs-on-wait", tmp_path) as runner:
        await runner.load()
        task = asyncio.create_task(runner.ask(question("wait")))
        await asyncio.sleep(0.05)
        task.cancel()
        assert list(tmp_path.iterdir())
    assert not psutil.pid_exists(runner.pid)
    assert not list(tmp_path.iterdir())


async def test_a_child_gets_no_secret_of_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "very secret")
    async with opened("echo", tmp_path) as runner:
        environment = psutil.Process(runner.pid).environ()
    assert "OPENAI_API_KEY" not in environment
    assert environment["HOME"].startswith(str(tmp_path))


def test_a_runner_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """The child reads end of file once nobody holds the other end of its standard input."""
    import subprocess

    program = f"""
import asyncio, pathlib, sys
from service.domain.models import Model
from service.models.opening import open_runner

async def main():
    model = Model(name="echo", source="directory")
    command = (sys.executable, {str(SCRIPT)!r})
    async with open_runner(model, scratch=pathlib.Path({str(tmp_path)!r}), command=command) as runner:
        await runner.load()
        print(runner.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent, parent.stdout:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        child.wait(timeout=5)
    assert not child.is_running()
