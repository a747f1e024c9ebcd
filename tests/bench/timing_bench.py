"""How far the http runner's times are from what an exact-schedule server really did, and what they cost.

Run as ``python -m tests.bench.timing_bench [--runs N] [--guidellm PATH]``. Each run asks the server of `det_server` in every
way that fools load testers and compares each answer's stamps with the server's log; with ``--guidellm`` (the path of its
executable, in an environment of its own) GuideLLM asks the same server in turn with us. Exit status 1 where a bar is missed.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from service.domain.asking import Answer, Message, Question, Sampling
from service.domain.endpoints import Endpoint
from service.domain.models import Loaded, Model
from service.domain.responses import Timing
from service.measure.timing import timing
from service.models.opening import open_runner
from tests.bench.guidellm_side import beside_log, run_guidellm

PLAIN = "t50-i5-n100"
CASES = ("-role10", "-reason20", "-k4", "-nousage")
BURST = "t20-i0-n4000-burst"
BAR_GAP_US = 10.0
BAR_CPU_US = 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer beside the server's log of it, errors in microseconds."""

    first_us: float
    gap_us: float
    visible_us: float | None
    timing: Timing


@contextmanager
def exact_server() -> Iterator[str]:
    """Run the server in a process of its own; yields its address."""
    command = [sys.executable, "-m", "tests.bench.det_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def page(address: str, path: str) -> Any:
    with urllib.request.urlopen(address + path) as reply:
        return json.loads(reply.read())


def question(deadline: float = 60.0) -> Question:
    return Question(
        messages=(Message(role="user", content="hello " * 100),),
        sampling=Sampling(temperature=0, max_tokens=4096, seed=1),
        deadline=deadline,
    )


def compared(answer: Answer, sent: dict[str, Any]) -> Seen:
    """Return how far the answer's stamps are from the log: the clock is one and the same."""
    assert answer.first is not None
    assert answer.last is not None
    received, sends = sent["received"], sent["sends"]
    first = (answer.first - answer.sent) - (sends[0] - received)
    after_first = max(1, sum(sent["tokens"]) - sent["tokens"][0])
    gap = ((answer.last - answer.first) - (sends[-1] - sends[0])) / after_first
    visible = None
    if answer.first_visible is not None and sent["visible"] is not None:
        visible = ((answer.first_visible - answer.sent) - (sent["visible"] - received)) / 1e3
    return Seen(first / 1e3, gap / 1e3, visible, timing(answer))


@dataclass(frozen=True, slots=True)
class Batch:
    """Answers of one way to be asked, and the child's processor time a token."""

    seen: tuple[Seen, ...]
    answers: tuple[Answer, ...]
    cpu_us: float


async def batch(address: str, model: str, *, streams: int, each: int) -> Batch:
    """Ask `streams` at once, `each` one after another, in a runner of their own; two answers before are discarded."""
    remote = Model(
        name=model, source="endpoint", runner="http", endpoint="bench", remote=model, dialect="openai"
    )
    with tempfile.TemporaryDirectory() as scratch:
        place = (Endpoint(name="bench", url=f"{address}/v1"),)
        async with open_runner(remote, scratch=Path(scratch), endpoints=place) as runner:
            assert isinstance(await runner.load(), Loaded)
            for _ in range(2):
                await asyncio.gather(*(runner.ask(question()) for _ in range(streams)))
            await asyncio.to_thread(page, address, "/_reset")
            child = psutil.Process(runner.pid)
            before = sum(child.cpu_times()[:2])

            async def one_after_another(number: int) -> list[Answer]:
                await asyncio.sleep(number * 0.011)
                replies = [await runner.ask(question()) for _ in range(each)]
                return [reply for reply in replies if isinstance(reply, Answer)]

            lists = await asyncio.gather(*map(one_after_another, range(streams)))
            cost = sum(child.cpu_times()[:2]) - before
    log = await asyncio.to_thread(page, address, "/_log")
    answers = [answer for one in lists for answer in one]
    assert len(answers) == len(log) == streams * each
    # Sent and received lie within a millisecond of each other, so that order of sending pairs them.
    paired = zip(
        sorted(answers, key=lambda one: one.sent), sorted(log, key=lambda one: one["received"]), strict=True
    )
    tokens = sum(sum(one["tokens"]) for one in log)
    return Batch(
        tuple(compared(answer, sent) for answer, sent in paired), tuple(answers), cost / tokens * 1e6
    )


def median(values: Iterator[float] | list[float]) -> float:
    return statistics.median(list(values))


async def measure(address: str, runs: int, guidellm: str | None) -> bool:
    """Run everything, print it, and say whether every bar was met."""
    ours: list[float] = []
    theirs: list[float] = []
    gaps: list[float] = []
    costs: list[float] = []
    for run in range(1, runs + 1):
        alone = await batch(address, PLAIN, streams=1, each=10)
        ours.append(median([one.first_us for one in alone.seen]))
        gaps += [abs(one.gap_us) for one in alone.seen]
        line = f"run {run}: first token {ours[-1]:7.0f} us"
        if guidellm:
            await asyncio.to_thread(page, address, "/_reset")
            reported = await asyncio.to_thread(run_guidellm, guidellm, address, PLAIN)
            errors = beside_log(reported, await asyncio.to_thread(page, address, "/_log"))
            theirs.append(median([one.first_us for one in errors]))
            gap = median([abs(one.gap_us) for one in errors])
            line += f"   GuideLLM {theirs[-1]:6.0f} us (mean gap {gap:.2f} us, n {len(errors)})"
        eight = await batch(address, PLAIN, streams=8, each=3)
        costs.append(eight.cpu_us)
        crowd = median([one.first_us for one in eight.seen])
        print(
            f"{line}   eight streams: first token {crowd:6.0f} us, {eight.cpu_us:5.1f} us of processor a token"
        )
    for case in CASES:
        found = await batch(address, PLAIN + case, streams=1, each=5)
        gaps += [abs(one.gap_us) for one in found.seen]
        visible = [one.visible_us for one in found.seen if one.visible_us is not None]
        counted = {one.timing.completion_tokens for one in found.seen}
        rate = {one.timing.decode_rate is None for one in found.seen}
        print(
            f"{case:10s} first token {median([one.first_us for one in found.seen]):7.0f} us, first visible "
            f"{median(visible):7.0f} us, mean gap {median([abs(one.gap_us) for one in found.seen]):5.2f} us a token, "
            f"tokens {sorted(counted, key=str)}, rate null {rate}"
        )
    burst = await batch(address, BURST, streams=1, each=5)
    merged = [len({stamp for stamp, _ in one.chunks}) for one in burst.answers]
    print(
        f"{'-burst':10s} {burst.cpu_us:5.1f} us of processor a token, {median(list(map(float, merged))):.0f} stamps for 4000 tokens"
    )
    return verdict(ours, theirs, gaps, costs)


def verdict(ours: list[float], theirs: list[float], gaps: list[float], costs: list[float]) -> bool:
    """Print each bar beside the figure."""
    checks = [
        ("mean inter-token error, median, us", median(gaps), BAR_GAP_US),
        ("processor time a token at eight streams, median of runs, us", median(costs), BAR_CPU_US),
    ]
    if theirs:
        checks.insert(
            0, ("first-token error, median of runs, us; bar: GuideLLM's", median(ours), median(theirs))
        )
    else:
        print(f"first-token error, median of runs: {median(ours):.0f} us (GuideLLM: null, it was not run)")
    for name, value, bar in checks:
        print(f"{'ok' if value <= bar else 'MISSED':6s} {name}: {value:.2f}, at most {bar:.2f}")
    return all(value <= bar for _, value, bar in checks)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--guidellm", help="path of GuideLLM's executable")
    arguments = parser.parse_args()
    with exact_server() as place:
        met = asyncio.run(measure(place, arguments.runs, arguments.guidellm))
    sys.exit(0 if met else 1)
