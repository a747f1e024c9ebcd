"""Start the service by forking a process that has imported it: who kills it a hundred times need not wait for imports.

Run as ``python -m tests.forks``: each line of standard input is an order, each line of standard output a process id. What
is forked is a process like any other: it is killed, and its children notice, in the same way.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Self

import psutil

PRELOADED = (
    "service.app",
    "service.cli.listening",
    "uvicorn",
    "dbos",
    "aiosqlite",
    "psycopg",
    "alembic.command",
)
"""Nothing that starts threads when it is imported: they would not be there in a fork."""


class Forked:
    """A process that another one forked, in as much of `subprocess.Popen` as a test needs."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._process = psutil.Process(pid)

    def poll(self) -> int | None:
        return None if self._process.is_running() else 0

    def wait(self, timeout: float | None = None) -> int:
        try:
            self._process.wait(timeout)
        except psutil.TimeoutExpired as error:
            raise subprocess.TimeoutExpired("a forked service", timeout or 0.0) from error
        return 0

    def send_signal(self, number: int) -> None:
        self._process.send_signal(number)

    def terminate(self) -> None:
        self._process.terminate()


class Forks:
    """Use as a context: it starts the process that forks, and ends it."""

    def __enter__(self) -> Self:
        self._mother = subprocess.Popen(
            [sys.executable, "-m", "tests.forks"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._mother.kill()
        self._mother.communicate()

    def launch(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Forked:
        """Start ``slm-judge`` with these arguments; what it writes on standard error is added to `log`."""
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        order = {"arguments": list(arguments), "environment": dict(environment), "log": str(log)}
        self._mother.stdin.write(json.dumps(order) + "\n")
        self._mother.stdin.flush()
        return Forked(int(self._mother.stdout.readline()))


def main() -> None:
    """Fork for every order until there are no more."""
    for name in PRELOADED:
        import_module(name)
    # Whoever ends is gone at once: nobody waits for it here.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while line := sys.stdin.readline():
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            become(order["arguments"], order["environment"], order["log"])
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def become(arguments: list[str], environment: dict[str, str], log: str) -> None:
    """Be the service from here on."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    nothing = os.open(os.devnull, os.O_RDWR)
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for descriptor, stands_for in ((nothing, 0), (nothing, 1), (out, 2)):
        os.dup2(descriptor, stands_for)
    sys.argv = ["slm-judge", *arguments]
    from service.cli.commands import main as slm_judge

    try:
        slm_judge()
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
