"""How long it takes from starting a runner's process to its first answer, for each built-in model.

Run as ``python -m tests.bench.first_answer [--starts N] [--model NAME …]``. Nothing is kept warm between starts: each one
is a new process that imports the runtime, loads the model and answers one question to the end.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from service import resources
from service.domain.asking import Answer, Message, Question, Sampling
from service.domain.models import Model
from service.models.opening import open_runner
from service.models.shelf import Shelf

QUESTION = Question(
    messages=(Message(role="user", content="What is the capital of Peru?"),),
    sampling=Sampling(temperature=0.0, max_tokens=32, seed=1),
    deadline=30,
)


async def seconds(model: Model) -> tuple[float, float]:
    """Return when the model was loaded and when it had answered, in seconds from the start of its process."""
    with tempfile.TemporaryDirectory() as scratch:
        began = time.perf_counter()
        async with open_runner(model, scratch=Path(scratch)) as runner:
            await runner.load()
            loaded = time.perf_counter()
            answer = await runner.ask(QUESTION)
            ended = time.perf_counter()
    assert isinstance(answer, Answer), answer
    return loaded - began, ended - began


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--model", nargs="*")
    wanted = parser.parse_args()
    shelf = Shelf(
        builtin=resources.builtin_models_folder(), own=(), catalog_file=Path("/nowhere/catalog.json")
    )
    for model in shelf.models():
        if wanted.model is None or model.name in wanted.model:
            times = [await seconds(model) for _ in range(wanted.starts)]
            answered = sorted(end for _, end in times)
            print(
                f"{model.name:10s} s from start to first answer: median {statistics.median(answered):.3f}  "
                f"least {answered[0]:.3f}  most {answered[-1]:.3f}  (loaded at {statistics.median(x for x, _ in times):.3f}), "
                f"n {len(answered)}, {os.getloadavg()[0]:.1f} processes waiting on {os.cpu_count()} cores"
            )


if __name__ == "__main__":
    asyncio.run(main())
