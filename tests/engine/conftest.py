"""A place for the queue beside each database, and engines that are stopped whatever happens."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa

from service.engine.engine import Engine
from service.engine.performing import Patience, Run
from service.store.database import Database, close, open_database
from tests.conftest import Databases

Start = Callable[..., Any]


def queue_beside(database_url: str) -> str:
    """Return where the queue is kept: in a file of its own on SQLite, in the same database on PostgreSQL."""
    if database_url.startswith("sqlite"):
        return database_url.replace("slm-judge.db", "dbos.db")
    return database_url


@pytest.fixture(scope="session")
def launched_template(databases: Databases, migrated_template: str) -> str:
    """A database beside which an engine was started once: the first start of all takes two seconds more."""

    async def nothing(_evaluation: str) -> None:
        pass

    async def launch(url: str) -> None:
        database = open_database(url)
        engine = Engine(
            system_url=queue_beside(url), device="local", executor="local", run=nothing, database=database
        )
        await engine.start()
        await engine.stop()
        await close(database)

    url = databases.new(migrated_template)
    asyncio.run(launch(url))
    return url


@pytest.fixture
def database_url(databases: Databases, launched_template: str) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    url = databases.new(launched_template)
    if url.startswith("sqlite"):
        old, new = (sa.make_url(queue_beside(one)).database for one in (launched_template, url))
        shutil.copyfile(str(old), str(new))
    yield url
    databases.drop(url)


@pytest.fixture
def system_url(database_url: str) -> str:
    """Where the queue is kept."""
    return queue_beside(database_url)


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
