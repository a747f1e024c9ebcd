"""What judging costs beside the judge: 2 000 verdicts from a judge over HTTP that takes 10 ms, stored durably.

Run as ``python -m tests.bench.judge_bench [verdicts] [concurrency]``. Printed are the time that 10 ms each would take at
this concurrency, what it took, the difference a verdict, and the processor time of this process and the runner's. Beside it
the same calls in a bare loop of the OpenAI client, which parses, checks and stores nothing.
"""

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import openai

from service import pipeline, resources
from service.domain.endpoints import Endpoint
from service.domain.evaluations import Evaluation
from service.domain.models import Judge, Model
from service.domain.responses import Load, Response, Slot, Timing
from service.domain.rubrics import Facet, Prompt, PromptSet
from service.gathering import work_for
from service.judge.messages import judge_messages
from service.keeping import House
from service.library import Folders, Library
from service.models.crowding import Crowding
from service.models.opening import open_runner
from service.store import evaluations, loads, responses, verdicts
from service.store.database import Database, close, migrate, open_database
from tests import samples
from tests.bench.judge_server import SECONDS

LIBRARY = Library(Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts")))
CANDIDATES = 8
WORDS = [
    "the",
    "printer",
    "on",
    "the",
    "second",
    "floor",
    "is",
    "out",
    "of",
    "paper",
    "again",
    "and",
    "nobody",
    "has",
    "told",
    "the",
    "caretaker",
    "about",
    "it",
]


def scene(answers: int) -> Evaluation:
    """Return an evaluation whose answers all differ, with one facet for the judge."""
    facet = Facet(name="accuracy", question="Does it say what is so?", levels=samples.LEVELS)
    prompts = tuple(
        Prompt(id=f"p{at:05d}", text=" ".join([str(at), *WORDS, *WORDS]), reference=" ".join(WORDS))
        for at in range(answers // CANDIDATES)
    )
    made = samples.evaluation(
        *(f"c{at}" for at in range(CANDIDATES)),
        judges=[Judge(model="judge", mode="separate", template="separate")],
        rounds=1,
        facets=samples.rubric(facet),
        prompts=PromptSet(name="bench", title="Bench", prompts=prompts, fingerprint="b" * 64),
        deadline=60,
    )
    judge = Model(name="judge", source="endpoint", runner="http", endpoint="box", remote="judge", version="1")
    models = (*(model for model in made.spec.models if model.name != "judge"), judge)
    return replace(
        made, spec=replace(made.spec, models=models, templates=(LIBRARY.judge_template("separate"),))
    )


async def fill(database: Database, made: Evaluation) -> None:
    """Store the evaluation with all its answers."""
    await evaluations.add(database, made)
    for candidate in made.spec.candidates:
        load = Load(
            id=f"load-{candidate.name}",
            evaluation=made.id,
            role="candidate",
            name=candidate.name,
            pass_number=1,
            pid=1,
            model_id=candidate.name,
            device="cpu",
            runtime="none",
            seconds=0.1,
            started_at=datetime.now(UTC),
        )
        await loads.keep(database, load)
        for at, prompt in enumerate(made.spec.prompt_set.prompts):
            await responses.keep(
                database,
                Response(
                    evaluation=made.id,
                    slot=Slot(candidate=candidate.name, prompt=prompt.id, pass_number=1, round_number=1),
                    load=load.id,
                    text=" ".join([candidate.name, str(at), *WORDS, *WORDS, *WORDS]),
                    finish="stop",
                    timing=Timing(
                        first=1000, last=2000, end=3000, prompt_tokens=9, completion_tokens=9, chunks=9
                    ),
                    order=at,
                    created_at=datetime.now(UTC),
                ),
            )


@contextmanager
def server() -> Iterator[str]:
    """Start the judge's server and yield its address."""
    command = [sys.executable, "-m", "tests.bench.judge_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.kill()


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took."""

    seconds: float
    processor: float


async def judged(url: str, answers: int, concurrency: int, folder: Path) -> Cost:
    """Judge all answers as the service does and return what it took, loading and storing included."""
    address = f"sqlite+aiosqlite:///{folder / 'bench.db'}"
    migrate(address)
    database = open_database(address)
    made = scene(answers)
    await fill(database, made)
    house = House(
        database=database,
        library=LIBRARY,
        open_session=partial(
            open_runner, scratch=folder / "scratch", endpoints=(Endpoint(name="box", url=url),)
        ),
        crowding=Crowding(default=concurrency),
    )
    begin, before = time.perf_counter(), _processor()
    await pipeline.run(made.id, house)
    took = Cost(time.perf_counter() - begin, _processor() - before)
    kept = len(await verdicts.kept_keys(database, made.id))
    assert kept == answers, f"{kept} of {answers}"
    await close(database)
    return took


async def bare(url: str, answers: int, concurrency: int) -> Cost:
    """Ask the same questions in a bare loop of the OpenAI client."""
    made = scene(answers)
    (template,) = made.spec.templates
    stored = [
        Response(
            evaluation=made.id,
            slot=Slot(candidate=candidate.name, prompt=prompt.id, pass_number=1, round_number=1),
            load="load",
            text=" ".join([candidate.name, str(at), *WORDS, *WORDS, *WORDS]),
            finish="stop",
            timing=Timing(first=1, last=2, end=3, prompt_tokens=9, completion_tokens=9, chunks=9),
            order=at,
            created_at=datetime.now(UTC),
        )
        for candidate in made.spec.candidates
        for at, prompt in enumerate(made.spec.prompt_set.prompts)
    ]
    calls = iter(work_for(made.spec, stored, made.spec.judges[0]).calls)
    client = openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0)
    begin, before = time.perf_counter(), _processor()

    async def work() -> None:
        for call in calls:
            messages = judge_messages(template, call.prompt, call.answer, call.facets)
            stream = await client.chat.completions.create(
                model="judge",
                messages=[{"role": one.role, "content": one.content} for one in messages],  # type: ignore[misc]
                max_tokens=512,
                temperature=0,
                seed=call.seed,
                stream=True,
            )
            async for _ in stream:  # type: ignore[union-attr]
                pass

    await asyncio.gather(*(work() for _ in range(concurrency)))
    return Cost(time.perf_counter() - begin, _processor() - before)


def _processor() -> float:
    """Return the processor seconds of this process and of the children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def say(name: str, cost: Cost, answers: int, ideal: float) -> None:
    """Print one line."""
    over = 1000 * (cost.seconds - ideal) / answers
    sys.stdout.write(
        f"{name:28} {cost.seconds:7.2f} s   {over:6.2f} ms a verdict over the ideal   "
        f"{1000 * cost.processor / answers:6.2f} ms of processor a verdict\n"
    )


def main() -> None:
    """Measure and print."""
    answers, concurrency = (int(one) for one in (*sys.argv[1:], *("2000", "8")[len(sys.argv) - 1 :]))
    ideal = answers * SECONDS / concurrency
    sys.stdout.write(f"{answers} verdicts, concurrency {concurrency}: ideal {ideal:.2f} s\n")
    with server() as url:
        with tempfile.TemporaryDirectory() as folder:
            took = asyncio.run(judged(url, answers, concurrency, Path(folder)))
        say("slm-judge, stored", took, answers, ideal)
        say("a bare OpenAI loop", asyncio.run(bare(url, answers, concurrency)), answers, ideal)


if __name__ == "__main__":
    main()
