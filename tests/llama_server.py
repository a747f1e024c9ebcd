"""llama.cpp's own server, started on loopback for a test with models that were written by `tests.builtin_gguf`."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

PROGRAM = "llama-server"
MADE_AT = Path(__file__).parents[1] / ".venv" / "llama" / "bin" / PROGRAM
"""Where ``make llama-server`` builds it."""


def program() -> Path | None:
    """Return the server's program: the one that SLM_JUDGE_LLAMA_SERVER names, or the one that make built."""
    named = os.environ.get("SLM_JUDGE_LLAMA_SERVER")
    file = Path(named) if named else MADE_AT
    return file if file.is_file() else None


@contextlib.contextmanager
def serving(server: Path, model: Path, name: str, log: Path) -> Iterator[str]:
    """Serve one model under `name` and yield the server's address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ("--host", "127.0.0.1", "--port", str(port), "--model", str(model), "--alias", name)
    small = ("--ctx-size", "1024", "--parallel", "2", "--threads", "1", "--threads-http", "2")
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [server, *options, *small],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            url = f"http://127.0.0.1:{port}"
            _await(url, process, log)
            yield url
        finally:
            process.terminate()


def _await(url: str, process: subprocess.Popen[bytes], log: Path, patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/health", trust_env=False).status_code == 200:
                return
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        time.sleep(0.05)
    raise AssertionError("llama.cpp's server did not start")
