"""``slm-judge serve`` as a child process, to be killed, stopped and starved, and what it had stored by then."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from tests.forks import Forked, Forks

OVER = frozenset({"succeeded", "failed", "cancelled"})


@dataclass
class ServiceProcess:
    """The service with everything it starts.

    Attributes
    ----------
    folder
        Holds the data directory and the log.
    environment
        Settings beyond those of the test's own environment.
    database
        A PostgreSQL to use instead of a file, as psycopg takes it.
    start_seconds
        What the last start took until it listened.
    forks
        Starts it faster, by a fork.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    database: str | None = None
    process: subprocess.Popen[bytes] | Forked | None = None
    url: str = ""
    start_seconds: float = 0.0
    forks: Forks | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "service.log"

    def start(self) -> None:
        began = time.monotonic()
        before = self.launch()
        deadline = began + 90
        while time.monotonic() < deadline:
            said = self.log.read_bytes()[before:].decode()
            if "listening on " in said:
                self.url = said.split("listening on ")[1].split()[0]
                self.start_seconds = time.monotonic() - began
                return
            assert self.process is not None
            assert self.process.poll() is None, said
            time.sleep(0.02)
        raise AssertionError("the service did not start")

    def launch(self) -> int:
        """Start without waiting until it listens; return how long the log was before."""
        settings = dict(os.environ) | dict(self.environment)
        if self.database:
            settings["SLM_JUDGE_DATABASE_URL"] = self.database.replace(
                "postgresql://", "postgresql+psycopg://"
            )
        arguments = ["serve", "--port", "0", "--data-dir", str(self.data)]
        with self.log.open("ab") as out:
            before = self.log.stat().st_size
            if self.forks is not None:
                self.process = self.forks.launch(arguments, settings, self.log)
                return before
            command = [sys.executable, "-m", "service", *arguments]
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=out, env=settings
            )
        return before

    def runners(self) -> list[psutil.Process]:
        """Return the processes that the service has started, in process groups of their own or not."""
        assert self.process is not None
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def kill(self, *, runners: bool = True) -> None:
        """Kill -9 of the service and of all it started; without `runners` those are left to notice."""
        assert self.process is not None
        started = self.runners() if runners else []
        for process in [psutil.Process(self.process.pid), *started]:
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

    def accept(self, body: Mapping[str, Any]) -> str:
        """Return the id of the evaluation that was asked for."""
        accepted = httpx.post(f"{self.url}/api/v1/evaluations", json=body, timeout=60, trust_env=False)
        assert accepted.status_code == 202, accepted.text
        return str(accepted.json()["id"])

    def state(self, identity: str) -> dict[str, Any]:
        answer = httpx.get(f"{self.url}/api/v1/evaluations/{identity}", timeout=60, trust_env=False)
        return dict(answer.json())

    def wait(self, identity: str, patience: float) -> dict[str, Any]:
        """Return the evaluation once it is over."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            found = self.state(identity)
            if found.get("status") in OVER:
                return found
            time.sleep(0.3)
        raise AssertionError("the evaluation did not end")

    def wait_for_answers(self, count: int, patience: float = 90) -> None:
        """Wait until so many answers are kept."""
        deadline = time.monotonic() + patience
        while self.rows("select count(*) from responses")[0][0] < count:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read the database past the service."""
        if self.database:
            with psycopg.connect(self.database, autocommit=True) as connection:
                return connection.execute(query.encode()).fetchall()
        with contextlib.closing(sqlite3.connect(self.data / "slm-judge.db", timeout=30)) as connection_:
            return connection_.execute(query).fetchall()
