"""A service of the command's own: started as a child process on a free port, stopped when the command ends."""

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import httpx

from service.cli.exits import Unreachable
from service.cli.surroundings import LISTENING, read_settings

PATIENCE = 120.0
GRACE = 15.0


@contextmanager
def find_or_start(server: str | None, data_dir: Path | None, *, idle: bool = False) -> Iterator[str]:
    """Yield the address of a service: the one named, else one on the usual port, else a child's.

    A data directory of one's own means a service of one's own.

    Parameters
    ----------
    idle
        Whether a child only reads and writes what is stored, and takes up no evaluation.
    """
    settings = read_settings(data_dir=data_dir)
    usual = settings.local_address
    if server is not None:
        yield server.rstrip("/")
    elif data_dir is None and _answers(usual):
        yield usual
    else:
        with own_server(settings.data_dir, idle=idle) as address:
            yield address


def find_running(server: str | None, data_dir: Path | None) -> str:
    """Return the address of a service that runs: the one named, or the one on the usual port.

    Raises
    ------
    Unreachable
        If there is none; what it should do could not be done by one that ends with the command.
    """
    settings = read_settings(data_dir=data_dir)
    usual = settings.local_address
    if server is not None:
        return server.rstrip("/")
    if _answers(usual):
        return usual
    raise Unreachable(
        f"No service runs at {usual}: start one with `slm-judge serve`, or name another one with --server."
    )


@contextmanager
def own_server(data_dir: Path, *, isolated: bool = False, idle: bool = False) -> Iterator[str]:
    """Start a service on `data_dir` and yield its address; it ends with the context, or with this process.

    Parameters
    ----------
    isolated
        Whether it must not touch a database that the environment names.

    Raises
    ------
    Unreachable
        If it does not start, with what it said.
    """
    environment = {name: value for name, value in os.environ.items() if name != "SLM_JUDGE_TOKEN"}
    if isolated:
        environment.pop("SLM_JUDGE_DATABASE_URL", None)
    command = [sys.executable, "-m", "service", "serve", "--host", "127.0.0.1", "--port", "0"]
    with subprocess.Popen(  # noqa: S603  # the interpreter that runs this, and a path that is one argument
        [*command, "--data-dir", str(data_dir), "--with-parent", *(["--idle"] if idle else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=environment,
    ) as process:
        try:
            yield _Said(process.stderr).address(process)
        finally:
            _stop(process)


class _Said:
    """What the child says, read in a thread so that its pipe never fills."""

    def __init__(self, stream: IO[str] | None) -> None:
        self.lines: deque[str] = deque(maxlen=20)
        self.found: str | None = None
        self.told = threading.Event()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream: IO[str] | None) -> None:
        with suppress(ValueError):  # the stream is closed under us when the child was stopped
            for line in stream or ():
                self.lines.append(line.rstrip())
                if line.startswith(LISTENING):
                    self.found = line.removeprefix(LISTENING).strip()
                    self.told.set()
        self.told.set()

    def address(self, process: subprocess.Popen[str]) -> str:
        self.told.wait(PATIENCE)
        if self.found is not None:
            return self.found
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1 if process.poll() is None else 0)
        said = "\n".join(self.lines).removeprefix("Error: ") or f"it said nothing within {PATIENCE:g} s"
        raise Unreachable(f"The service did not start: {said}")


def _stop(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()


def _answers(address: str) -> bool:
    try:
        response = httpx.get(f"{address}/health/live", timeout=0.5, trust_env=False)
        return response.is_success and response.json().get("status") == "alive"
    except (httpx.HTTPError, ValueError, AttributeError):
        return False
