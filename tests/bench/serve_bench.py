"""How fast an evaluation is read while it runs, against a bare Litestar handler, and how long the event loop is held up.

Run as ``python -m tests.bench.serve_bench``. The service runs an evaluation of the built-in models; beside it wrk asks, in
turns, a bare Litestar application that returns the same JSON (`tests.bench.bare_app`, a process of its own) and the service
for that evaluation, over the same number of connections. The median of the services' rates must be half of the bare
one's or more, no answer may be a failure, and the event loop, by the service's own histogram over the whole of it, must be
late by 50 ms at most in 99 of 100 samples. Exit status 1 where a bar is missed, 2 where wrk is not there.
"""

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.service_process import OVER, ServiceProcess

BAR_RATE = 0.5
BAR_LAG = 0.05
LAG = "slm_judge_event_loop_lag_seconds"
WORK = {
    "candidates": ["tiny-s", "tiny-xs"],
    "judge": "tiny-judge",
    "rubric": "tiny",
    "prompt_set": "tiny",
    "profile": "tiny",
}
"""Longer than the bench by its rounds: it must run to the end of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What wrk saw in one turn."""

    rate: float
    failures: int
    p99_ms: float


def wrk(executable: str, url: str, seconds: int, connections: int) -> Load:
    """Ask `url` as often as it answers."""
    command = [executable, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 30).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert rate is not None, said
    assert p99 is not None, said
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    return Load(
        rate=float(rate[1]),
        failures=(int(failed[1]) if failed else 0) + (sum(map(int, broken.groups())) if broken else 0),
        p99_ms=float(p99[1]) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[p99[2]],
    )


@contextmanager
def bare(body: str, folder: Path) -> Iterator[str]:
    """Lend the bare application that returns `body`."""
    file = folder / "evaluation.json"
    file.write_text(body, encoding="utf-8")
    command = [sys.executable, "-m", "tests.bench.bare_app", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            url = f"http://127.0.0.1:{port}"
            while True:
                try:
                    httpx.get(url, trust_env=False)
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
            yield url
        finally:
            process.terminate()


def lag_of(service: ServiceProcess) -> dict[float, float]:
    """Return how many samples were late by so many seconds at most."""
    text = httpx.get(f"{service.url}/metrics", trust_env=False, timeout=30).text
    found = re.findall(rf'^{LAG}_bucket{{le="(.+?)"}} (\S+)$', text, re.MULTILINE)
    return {float(bound): float(count) for bound, count in found}


def share_within(before: dict[float, float], after: dict[float, float], bound: float) -> tuple[float, float]:
    """Return the share of the samples in between that were late by `bound` at most, and the 99th percentile's bucket."""
    counts = {limit: count - before.get(limit, 0.0) for limit, count in after.items()}
    total = counts[float("inf")]
    p99 = min(limit for limit, count in counts.items() if count >= 0.99 * total)
    return counts[bound] / total, p99


def main() -> int:
    """Print the rates and the lag; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each turn")
    parser.add_argument("--connections", type=int, default=8)
    asked = parser.parse_args()
    executable = shutil.which("wrk")
    if executable is None:
        print(
            "wrk is not installed: apt-get install wrk (Debian, Ubuntu) or brew install wrk", file=sys.stderr
        )
        return 2
    with tempfile.TemporaryDirectory() as folder:
        service = ServiceProcess(Path(folder))
        service.start()
        try:
            return measured(service, executable, asked.turns, asked.seconds, asked.connections)
        finally:
            service.stop()


def measured(service: ServiceProcess, executable: str, turns: int, seconds: int, connections: int) -> int:
    """Take turns and compare."""
    identity = service.accept({**WORK, "rounds": 400})
    service.wait_for_answers(5)
    url = f"{service.url}/api/v1/evaluations/{identity}"
    shown = httpx.get(url, trust_env=False, timeout=30).text
    ours: list[Load] = []
    theirs: list[Load] = []
    with bare(shown, service.folder) as other:
        before = lag_of(service)
        for turn in range(turns):
            theirs.append(wrk(executable, f"{other}/{identity}", seconds, connections))
            ours.append(wrk(executable, url, seconds, connections))
            assert not theirs[-1].failures
            ratio = ours[-1].rate / theirs[-1].rate
            print(
                f"turn {turn + 1}: bare {theirs[-1].rate:7.0f}/s (p99 {theirs[-1].p99_ms:5.1f} ms), "
                f"service {ours[-1].rate:7.0f}/s (p99 {ours[-1].p99_ms:5.1f} ms): {ratio:.2f}"
            )
        after = lag_of(service)
    if service.state(identity)["status"] in OVER:
        print("the evaluation ended too early: this shows nothing")
        return 1
    share = statistics.median(load.rate for load in ours) / statistics.median(load.rate for load in theirs)
    failures = sum(load.failures for load in ours)
    within, p99 = share_within(before, after, BAR_LAG)
    print(f"{len(shown.encode())} bytes over {connections} connections, an evaluation running beside it")
    print(f"reads at {share:.2f} of the bare handler's rate (bar {BAR_RATE})")
    print(f"{failures} failures (bar 0)")
    print(
        f"event loop late by {BAR_LAG * 1e3:g} ms at most in {within:.2%} of samples (bar 99 %), p99 ≤ {p99 * 1e3:g} ms"
    )
    return 0 if share >= BAR_RATE and not failures and within >= 0.99 else 1


if __name__ == "__main__":
    sys.exit(main())
