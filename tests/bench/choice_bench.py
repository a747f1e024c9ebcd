"""How long a ranking takes from the database, cold and with other weights, and what streaming every item costs.

10 models x 200 prompts x 3 rounds x 4 facets: 6 000 answers and 24 000 verdicts in SQLite. Times are the best of some runs,
asked over HTTP in process; memory is what Python holds at most while the CSV of all items passes by.
"""

import asyncio
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import numpy as np

from service.api.results import all_rows
from service.app import create_app, prepared
from service.domain.archives import Archive
from service.keeping import House
from service.library import Folders, Library
from service.reading import answers_of
from service.resources import data_folder
from service.settings import Settings
from service.store import evaluations
from service.store.archives import put
from service.store.database import Database, close, open_database
from tests.synthetic import Truth, evaluation, rows

MODELS, PROMPTS, ROUNDS, FACETS = 10, 200, 3, 4
WEIGHTS = (
    "quality:0.6,latency_p95:0.4",
    "quality:0.5,memory:0.5",
    "quality:0.3,latency_p95:0.3,throughput:0.4",
)
ID = "01936b00-0000-7000-8000-000000000001"
RANKING = f"/api/v1/evaluations/{ID}/ranking"


async def fill(database: Database, prompts: int = PROMPTS) -> None:
    """Keep one evaluation with all its rows."""
    folders = Folders(rubrics=data_folder("rubrics"), prompts=data_folder("prompts"))
    profile = Library(folders).profile("balanced")
    truths = [
        Truth(name=f"model-{at:02d}", quality=3.4 + 0.1 * at, latency=1.0 + 0.2 * at, memory=2e9 + 2e8 * at)
        for at in range(MODELS)
    ]
    made = evaluation(truths, profile=profile, prompts=prompts, rounds=ROUNDS, facets=FACETS)
    found = rows(made, truths, np.random.default_rng(7), length=400)
    archive = Archive(
        evaluation=made,
        loads=found.loads,
        responses=found.answers,
        verdicts=found.verdicts,
        attempts=(),
        qualifications=found.qualifications,
    )
    await put(database, archive)


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Return the milliseconds that the work took."""
    start = time.perf_counter()
    await work()
    return (time.perf_counter() - start) * 1000


def line(title: str, value: float, bar: float | None, unit: str = "ms") -> bool:
    good = bar is None or value <= bar
    against = "" if bar is None else f"   bar {bar:g} {unit}   {'ok' if good else 'MISSED'}"
    print(f"{title:56}{value:9.1f} {unit}{against}")
    return good


async def ask(client: httpx.AsyncClient, path: str, **parameters: str) -> dict[str, Any]:
    response = await client.get(path, params=parameters)
    response.raise_for_status()
    found: dict[str, Any] = response.json()
    return found


async def stream(database: Database) -> tuple[int, float]:
    """Write the CSV of all items, keeping nothing; return its bytes and the MiB held at most."""
    made = await evaluations.get(database, ID)
    open_session: Any = None
    library = Library(Folders(rubrics=data_folder("rubrics"), prompts=data_folder("prompts")))
    house = House(database=database, library=library, open_session=open_session)
    serving: Any = SimpleNamespace(items=partial(answers_of, house=house))
    size = 0
    tracemalloc.start()
    async for part in all_rows(serving, made, None, None):
        size += len(part)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return size, peak


async def measure(folder: Path, prompts: int) -> dict[str, float]:
    """Return the figures of one data directory."""
    settings = Settings(data_dir=folder)
    found: dict[str, float] = {}
    with prepared(settings):
        database = open_database(f"sqlite+aiosqlite:///{folder / 'slm-judge.db'}")
        await fill(database, prompts)
        size, peak = await stream(database)
        found |= {"csv bytes": size / 2**20, "csv peak": peak}
        await close(database)
        for _ in range(2):  # a new application each time: nothing is remembered
            app = create_app(settings)
            transport: Any = httpx.ASGITransport(app=cast(Any, app))
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:8321", timeout=300
            ) as client:
                took = await timed(lambda client=client: ask(client, RANKING))  # type: ignore[misc]
                found["cold"] = min(took, found.get("cold", took))
                for weights in WEIGHTS:
                    for _ in range(3):
                        again = await timed(lambda w=weights, c=client: ask(c, RANKING, weights=w))  # type: ignore[misc]
                        found[weights] = min(again, found.get(weights, again))
                everything = await timed(lambda client=client: ask(client, RANKING, detail="all"))  # type: ignore[misc]
                found["everything"] = min(everything, found.get("everything", everything))
                start = time.perf_counter()
                async with client.stream(
                    "GET", f"/api/v1/evaluations/{ID}/items", params={"format": "csv"}
                ) as response:
                    async for _ in response.aiter_bytes():
                        pass
                found["csv"] = (time.perf_counter() - start) * 1000
    return found


def main() -> int:
    with tempfile.TemporaryDirectory() as small, tempfile.TemporaryDirectory() as large:
        one = asyncio.run(measure(Path(small), PROMPTS))
        print(
            f"{MODELS} models x {PROMPTS} prompts x {ROUNDS} rounds x {FACETS} facets in SQLite, over HTTP in process"
        )
        results = [line("ranking, cold", one["cold"], 1000)]
        results += [line(f"ranking, weights {weights}", one[weights], 100) for weights in WEIGHTS]
        results += [line("ranking with every detail", one["everything"], None)]
        results += [line(f"CSV of all items ({one['csv bytes']:.1f} MiB)", one["csv"], None)]
        more = asyncio.run(measure(Path(large), 3 * PROMPTS))
        results += [
            line("  memory held at most meanwhile", one["csv peak"], None, "MiB"),
            line("  the same with three times the prompts", more["csv peak"], 1.3 * one["csv peak"], "MiB"),
        ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
