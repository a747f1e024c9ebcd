"""What the harness costs over the server's own schedule, and whether the figures it reports are the server's.

Run as ``python -m tests.bench.harness_bench [--promptfoo PATH] [--inspect PATH]``. The whole of step 1 (durable rows
included) asks three candidates forty prompts in two rounds of a server with an exact schedule; from the first timed request
of a candidate to the end of its last, at most 5 % more may pass than the schedule takes, also where a call takes no longer
than a fifth of a second. Then a server that answers one
request at a time, in 80 ms and in 10 ms, is asked by us and, where their executables are given, by promptfoo and Inspect,
which ask several at once: what each reports as latency is shown. Exit status 1 where a bar is missed.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from service import pipeline, resources
from service.domain.endpoints import Endpoint
from service.domain.evaluations import Evaluation
from service.domain.models import Candidate, Model
from service.domain.rubrics import Prompt
from service.keeping import House
from service.library import Folders, Library
from service.measure.answers import new_id
from service.models.opening import open_runner
from service.store import evaluations, loads, responses
from service.store.database import close, migrate, open_database
from tests import samples
from tests.bench.timing_bench import exact_server

PROMPTS, ROUNDS = 40, 2
SCHEDULES = {
    "half a second": ("t50-i5-n100", "t40-i4-n125", "t80-i10-n50"),
    "a fifth of a second": ("t50-i2-n75", "t40-i4-n40", "t80-i6-n20"),
}
"""What a call takes, and three servers of which it takes that: small models that answer in a sentence or two, or in a few words."""
QUEUED = ("t80-i0-n1-serial", "t10-i0-n1-serial")
BAR_COST = 0.05
BAR_LATENCY = 0.05
"""Share by which the latency we report may differ from the server's."""

BAR_QUEUED_MS = 5.0
"""Half of what the quicker server takes: a single request waiting for another one would not fit in."""

Log = list[dict[str, Any]]


def run_of(models: Sequence[str], prompts: int, rounds: int) -> Evaluation:
    """Return an evaluation of models behind the endpoint ``bench``."""
    asked = samples.prompt_set(*(Prompt(id=f"p{n:02}", text=f"say {n}") for n in range(prompts)))
    made = samples.evaluation(rounds=rounds, prompts=asked, deadline=30.0)
    spec = replace(
        made.spec,
        judges=(),
        candidates=tuple(Candidate(name=name, model=name, max_tokens=64) for name in models),
        models=tuple(
            Model(name=name, source="endpoint", runner="http", endpoint="bench", remote=name)
            for name in models
        ),
    )
    return replace(made, id=new_id(), spec=spec)


async def measured(url: str, run: Evaluation) -> dict[str, list[float]]:
    """Take `run` through step 1 with a database on disk; returns seconds of latency by candidate, and warm-ups."""
    with tempfile.TemporaryDirectory() as folder:
        place = f"sqlite+aiosqlite:///{folder}/bench.db"
        await asyncio.to_thread(migrate, place)
        database = open_database(place)
        try:
            await evaluations.add(database, run)
            folders = Folders(
                rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts")
            )
            house = House(
                database=database,
                library=Library(folders),
                open_session=partial(
                    open_runner,
                    scratch=Path(folder),
                    endpoints=(Endpoint(name="bench", url=f"{url}/v1"),),
                ),
            )
            await pipeline.run(run.id, house)
            found: dict[str, list[float]] = {}
            for response in await responses.all_of(database, run.id):
                latency = response.timing.latency_seconds
                found.setdefault(response.slot.candidate, []).append(0.0 if latency is None else latency)
            for load in await loads.all_of(database, run.id):
                found[f"{load.name} warm-ups"] = [float(load.warmups + 1)]
            return found
        finally:
            await close(database)


def log_of(url: str) -> Log:
    """Return what the server did since it was last asked to forget."""
    with urllib.request.urlopen(f"{url}/_log") as answer:
        found: Log = json.load(answer)
    with urllib.request.urlopen(f"{url}/_reset"):
        pass
    return found


def cost(url: str, names: Sequence[str]) -> Iterator[tuple[str, float, float, float]]:
    """Yield for each candidate: schedule and wall clock of its timed phase in seconds, and the worst error of a median."""
    found = asyncio.run(measured(url, run_of(names, PROMPTS, ROUNDS)))
    log = log_of(url)
    for name in names:
        own = [one for one in log if one["model"] == name][int(found[f"{name} warm-ups"][0]) :]
        took = [(one["sends"][-1] - one["received"]) / 1e9 for one in own]
        wall = (own[-1]["sends"][-1] - own[0]["received"]) / 1e9
        # The end of a stream comes one gap after its last token, and belongs to the schedule.
        gap = (own[0]["sends"][-1] - own[0]["sends"][-2]) / 1e9
        scheduled = sum(took) + gap * (len(own) - 1)
        error = abs(statistics.median(found[name]) / statistics.median(took) - 1)
        yield name, scheduled, wall, error


def promptfoo(executable: str, url: str, folder: Path) -> dict[str, float]:
    """Return the median latency that promptfoo reports for each model, in milliseconds, with its own defaults."""
    quiet = {
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_CONFIG_DIR": str(folder),
    }
    found = {}
    for name in QUEUED:
        provider = {"id": f"openai:chat:{name}", "config": {"apiBaseUrl": f"{url}/v1", "apiKey": "x"}}
        tests = [{"vars": {"n": str(n)}} for n in range(20)]
        file, out = folder / f"{name}.json", folder / f"{name}-out.json"
        file.write_text(json.dumps({"prompts": ["say {{n}}"], "providers": [provider], "tests": tests}))
        command = [executable, "eval", "-c", str(file), "-o", str(out), "--no-cache", "--no-table"]
        subprocess.run(command, check=False, capture_output=True, env={**os.environ, **quiet}, cwd=folder)
        results = json.loads(out.read_text())["results"]["results"]
        found[name] = statistics.median(one["latencyMs"] for one in results)
    return found


INSPECT_TASK = """
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.solver import generate

@task
def say():
    return Task(dataset=[Sample(input=f"say {n}") for n in range(20)], solver=[generate()])
"""


def inspect(executable: str, url: str, folder: Path) -> dict[str, float]:
    """Return the median call time that Inspect reports for each model, in milliseconds, with its own defaults."""
    (folder / "say.py").write_text(INSPECT_TASK)
    environment = {**os.environ, "OPENAI_API_KEY": "x", "OPENAI_BASE_URL": f"{url}/v1"}
    found = {}
    for name in QUEUED:
        logs = folder / name
        command = [
            *(executable, "eval", "say.py", "--model", f"openai/{name}", "--log-dir", str(logs)),
            *("--log-format", "json", "--display", "none", "-M", "responses_api=false"),
        ]
        subprocess.run(command, check=False, capture_output=True, env=environment, cwd=folder)
        (log,) = logs.glob("*.json")
        times = [one["output"]["time"] for one in json.loads(log.read_text())["samples"]]
        found[name] = statistics.median(times) * 1e3
    return found


def queueing(url: str, peers: dict[str, str]) -> bool:
    """Print what each harness reports of a server that takes 80 and 10 ms; whether ours is right."""
    found = asyncio.run(measured(url, run_of(QUEUED, 20, 1)))
    truth = {
        name: statistics.median(
            (one["sends"][-1] - one["begun"]) / 1e6 for one in log if one["model"] == name
        )
        for log in [log_of(url)]
        for name in QUEUED
    }
    ours = {name: statistics.median(found[name]) * 1e3 for name in QUEUED}
    print(f"the server took        {', '.join(f'{truth[name]:7.1f}' for name in QUEUED)} ms")
    print(f"slm-judge reports      {', '.join(f'{ours[name]:7.1f}' for name in QUEUED)} ms")
    tools = {"promptfoo": promptfoo, "inspect": inspect}
    for name, executable in peers.items():
        with tempfile.TemporaryDirectory() as folder:
            theirs = tools[name](executable, url, Path(folder))
        print(f"{name:9} reports      {', '.join(f'{theirs[model]:7.1f}' for model in QUEUED)} ms")
    return all(abs(ours[name] - truth[name]) <= BAR_QUEUED_MS for name in QUEUED)


def phase(url: str, names: Sequence[str]) -> bool:
    """Print what the harness costs over the schedules called `names`; whether that is within the bars."""
    good, total_scheduled, total = True, 0.0, 0.0
    for name, scheduled, wall, error in cost(url, names):
        total_scheduled, total = total_scheduled + scheduled, total + wall
        print(
            f"{name:12} schedule {scheduled:6.2f} s, took {wall:6.2f} s: {wall / scheduled - 1:+.1%}, "
            f"{(wall - scheduled) / (PROMPTS * ROUNDS) * 1e3:.1f} ms a call; median off by {error:.2%}"
        )
        good = good and error <= BAR_LATENCY
    share = total / total_scheduled - 1
    print(f"the harness costs {share:.1%} (bar {BAR_COST:.0%})")
    return good and share <= BAR_COST


def main() -> int:
    """Print both comparisons; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--promptfoo", help="promptfoo's executable")
    parser.add_argument("--inspect", help="Inspect's executable")
    asked = parser.parse_args()
    peers = {name: path for name, path in vars(asked).items() if path}
    good = True
    with exact_server() as url:
        for lasting, names in SCHEDULES.items():
            print(
                f"timed phase of {len(names)} candidates x {PROMPTS} prompts x {ROUNDS} rounds, calls of {lasting}"
            )
            good = phase(url, names) and good
        good = queueing(url, peers) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
