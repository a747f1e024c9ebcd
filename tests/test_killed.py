"""Kill the whole process tree of the service again and again during one evaluation: nothing lost, nothing doubled."""

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

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
EXPECTED = 4 * 24 * 8


class Service:
    """``slm-judge serve`` as a child process, with everything it starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "service.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        with self.log.open("ab") as log:
            before = self.log.stat().st_size
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "service",
                    "serve",
                    "--port",
                    "0",
                    "--data-dir",
                    str(self.folder / "data"),
                ],
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            said = self.log.read_bytes()[before:].decode()
            if "listening on " in said:
                self.url = said.split("listening on ")[1].split()[0]
                return
            assert self.process.poll() is None, said
            time.sleep(0.02)
        raise AssertionError("the service did not start")

    def kill(self) -> None:
        """Kill -9 of the service and of all it started, runners in their own process groups included."""
        assert self.process is not None
        root = psutil.Process(self.process.pid)
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.kill()

    def wait(self, identity: str, patience: float) -> dict[str, Any]:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            found = httpx.get(f"{self.url}/api/v1/evaluations/{identity}", timeout=30).json()
            if found["status"] in {"succeeded", "failed", "cancelled"}:
                return dict(found)
            time.sleep(0.3)
        raise AssertionError("the evaluation did not end")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    started = Service(tmp_path)
    yield started
    started.stop()


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(folder / "data" / "slm-judge.db")) as connection:
        return connection.execute(query).fetchall()


def facts(folder: Path) -> dict[str, Any]:
    """Everything of the evaluation that must not depend on how often it was killed."""
    return {
        "answers": rows(
            folder,
            "select candidate, prompt, pass_number, round_number, text, finish from responses order by 1, 2, 3, 4",
        ),
        "verdicts": rows(folder, "select key, facet, score, by, rationale, raw from verdicts order by 1"),
    }


def report(service: Service, identity: str) -> dict[str, Any]:
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


def run_with_kills(folder: Path, kills: int, seed: int) -> tuple[dict[str, Any], dict[str, Any], int]:
    service = Service(folder)
    moments = random.Random(seed)
    hit = 0
    service.start()
    try:
        accepted = httpx.post(f"{service.url}/api/v1/evaluations", json=BODY, timeout=30)
        assert accepted.status_code == 202, accepted.text
        identity = accepted.json()["id"]
        for _ in range(kills):
            time.sleep(moments.uniform(0.0, 1.5))
            status = rows(folder, "select status from evaluations")[0][0]
            hit += status in {"queued", "running"}
            service.kill()
            service.start()
        ended = service.wait(identity, 300)
        assert ended["status"] == "succeeded", ended
        return facts(folder), report(service, identity), hit
    finally:
        service.stop()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_twenty_kills_of_the_whole_tree_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    (tmp_path / "calm").mkdir()
    (tmp_path / "killed").mkdir()
    calm, calm_report, _ = run_with_kills(tmp_path / "calm", 0, 1)
    killed, killed_report, hit = run_with_kills(tmp_path / "killed", 20, 1)
    assert len(calm["answers"]) == EXPECTED
    assert killed == calm
    assert killed_report == calm_report
    assert hit >= 10, "most kills must hit a running evaluation"


def test_one_kill_of_the_whole_tree_leaves_no_process_and_resumes(service: Service) -> None:
    service.start()
    accepted = httpx.post(
        f"{service.url}/api/v1/evaluations", json={**BODY, "candidates": ["tiny-xs"], "rounds": 2}, timeout=30
    )
    identity = accepted.json()["id"]
    while not rows(service.folder, "select 1 from responses limit 1"):
        time.sleep(0.01)
    assert service.process is not None
    children = psutil.Process(service.process.pid).children(recursive=True)
    os.kill(service.process.pid, 9)
    service.process.wait()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive, "runners end by themselves when the service is gone"
    service.start()
    ended = service.wait(identity, 100)
    assert ended["status"] == "succeeded"
    assert rows(service.folder, "select count(*) from responses") == [(48,)]
    text = httpx.get(f"{service.url}/api/v1/evaluations/{identity}/report?format=md", timeout=30).text
    assert "2 loads" in text
