"""How long until the command helps and the service answers, from the start of the process: ``make bench-start``.

Wall time is what a person waits; processor time is what it costs, and the steadier of the two on a busy machine.
"""

import argparse
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable

LIMITS = {"help": 0.3, "live": 2.0}


def main() -> None:
    """Print medians and extremes, and end with status 1 where a median is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    print(f"{'':24}{'median':>9}{'least':>9}{'most':>9}  limit")
    over = [shown("help, wall", LIMITS["help"], [seconds_of_help() for _ in range(runs)])]
    shown("help, processor", None, [processor(seconds_of_help) for _ in range(runs)])
    with tempfile.TemporaryDirectory() as folder:
        seconds_to_ready(folder)  # makes the database, as on the first day
        found = [seconds_to_ready(folder) for _ in range(runs)]
    over.append(shown("alive, wall", LIMITS["live"], [live for live, _, _ in found]))
    shown("ready, wall", None, [ready for _, ready, _ in found])
    shown("ready, processor", None, [cost for _, _, cost in found])
    sys.exit(int(any(over)))


def shown(name: str, limit: float | None, values: list[float]) -> bool:
    """Print one row; tell whether the median is above the limit."""
    median = statistics.median(values)
    bound = "" if limit is None else f"  {limit:g}"
    print(f"{name:24}{median:9.3f}{min(values):9.3f}{max(values):9.3f}{bound}")
    return limit is not None and median > limit


def seconds_of_help() -> float:
    """Return how long ``slm-judge --help`` takes."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "service", "--help"], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


def processor(action: Callable[[], object]) -> float:
    """Return the processor seconds of the children that `action` waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    action()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def seconds_to_ready(folder: str) -> tuple[float, float, float]:
    """Return the seconds until alive and until ready, and the processor seconds of the whole short life."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    reached: dict[str, float] = {}

    def live() -> None:
        begun = time.perf_counter()
        command = [sys.executable, "-m", "service", "serve", "--port", str(port), "--data-dir", folder]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            for name in ("live", "ready"):
                while not answers(f"http://127.0.0.1:{port}/health/{name}"):
                    time.sleep(0.005)
                reached[name] = time.perf_counter() - begun
            process.terminate()

    cost = processor(live)
    return reached["live"], reached["ready"], cost


def answers(address: str) -> bool:
    """Tell whether a GET succeeds."""
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    main()
