"""A service without models, in a process of its own: runs whatever is queued, slowly, until somebody kills it."""

import asyncio
import warnings
from datetime import UTC, datetime
from multiprocessing.connection import Connection

from service.domain.evaluations import Status
from service.domain.responses import Response, Timing
from service.engine.engine import Engine
from service.engine.performing import Patience
from service.store import evaluations, responses
from service.store.database import open_database
from tests.engine.scripts import SLOTS

TIMING = Timing(first=1, last=2, end=3, prompt_tokens=1, completion_tokens=1, chunks=1)


def serve(url: str, system_url: str, executor: str, ready: "Connection[str, str]") -> None:
    warnings.simplefilter("error")
    asyncio.run(main(url, system_url, executor, ready))


async def main(url: str, system_url: str, executor: str, ready: "Connection[str, str]") -> None:
    database = open_database(url)

    async def run(evaluation: str) -> None:
        kept = await responses.kept_slots(database, evaluation)
        for order, slot in enumerate(slot for slot in SLOTS if slot not in kept):
            await asyncio.sleep(0.05)  # the model thinks
            await responses.keep(
                database,
                Response(
                    evaluation=evaluation,
                    slot=slot,
                    load="load",
                    text="answer",
                    finish="stop",
                    timing=TIMING,
                    order=order,
                    created_at=datetime.now(UTC),
                ),
            )

    engine = Engine(
        system_url=system_url,
        device="local",
        executor=executor,
        run=run,
        database=database,
        polling=0.1,
        patience=Patience(poll=0.1),
    )
    await engine.start()
    for evaluation in await evaluations.page(database, status=Status.QUEUED):
        await engine.submit(evaluation)
    ready.send("ready")
    await asyncio.Event().wait()
