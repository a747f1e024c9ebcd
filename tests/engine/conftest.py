"""A place for the queue beside each database, and engines that are stopped whatever happens."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from service.engine.engine import Engine
from service.engine.performing import Patience, Run
from service.store.database import Database

Start = Callable[..., Any]


@pytest.fixture
def system_url(database_url: str) -> str:
    """The queue has a file of its own on SQLite and shares the database on PostgreSQL."""
    if database_url.startswith("sqlite"):
        return database_url.replace("slm-judge.db", "dbos.db")
    return database_url


@pytest_asyncio.fixture
async def start(database: Database, system_url: str) -> AsyncIterator[Start]:
    """Call it with a scripted `run` for a started engine."""
    engines: list[Engine] = []

    async def started(run: Run, *, executor: str = "local", device: str = "local", **patience: Any) -> Engine:
        engine = Engine(
            system_url=system_url,
            device=device,
            executor=executor,
            run=run,
            database=database,
            polling=0.1,
            patience=Patience(**{"poll": 0.1, **patience}),
        )
        engines.append(engine)
        await engine.start()
        return engine

    yield started
    for engine in engines:
        await engine.stop()
