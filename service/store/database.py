"""The database itself: open, migrate, close, and one way each to read and to write."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from service.errors import Conflict, DatabaseUnavailable, Unavailable
from service.resources import data_folder
from service.store.engines import plain_engine, prepare_sqlite
from service.store.news import News
from service.store.writer import Writer

T = TypeVar("T")

_VERSION = sa.text("SELECT version_num FROM alembic_version")

# Alembic's migration context is one per process.
_one_migration = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """An open database. Its engine belongs to the event loop that uses it first.

    Attributes
    ----------
    timed
        Gets ``read`` or ``write`` and the seconds from asking for a connection to giving it back.
    news
        Wakes those in this process who wait for what is written through it.
    writer
        Takes short transactions where the driver hops to a thread for each statement: on SQLite.
    """

    url: str
    engine: AsyncEngine
    writer: Writer | None = None
    timed: Callable[[str, float], None] | None = None
    news: News = field(default_factory=News)


def open_database(url: str, timed: Callable[[str, float], None] | None = None) -> Database:
    """Return the database at `url`; nothing is connected yet.

    Parameters
    ----------
    url
        ``sqlite+aiosqlite:///…`` or ``postgresql+psycopg://…``.
    """
    if sa.make_url(url).get_backend_name() == "sqlite":
        engine = create_async_engine(url)
        prepare_sqlite(engine.sync_engine)
        return Database(url=url, engine=engine, timed=timed, writer=Writer(url))
    # Without the ping a restart of the server would fail the next query of every pooled connection.
    return Database(url=url, engine=create_async_engine(url, pool_pre_ping=True), timed=timed)


async def close(database: Database) -> None:
    """Close every connection."""
    if database.writer is not None:
        await database.writer.close()
    await database.engine.dispose()


async def ping(database: Database) -> None:
    """Return if the database answers; `Unavailable` if it does not."""
    async with reading(database) as connection:
        await connection.execute(sa.select(1))


async def is_current(database: Database) -> bool:
    """Return whether the schema is the one that this version works with; `Unavailable` if nobody answers."""
    async with reading(database) as connection:
        return _is_newest(await connection.scalar(_VERSION))


@asynccontextmanager
async def reading(database: Database) -> AsyncIterator[AsyncConnection]:
    """Lend a connection for queries; readers never wait for a writer."""
    begin = time.perf_counter()
    try:
        async with database.engine.connect() as connection:
            yield connection
    except (OperationalError, InterfaceError) as error:
        raise _unavailable(database.url, error) from error
    finally:
        _tell(database, "read", begin)


AT_ONCE = 200
"""Rows that become objects without a pause: a few milliseconds."""


async def each(
    result: sa.CursorResult[Any], make: Callable[[sa.Row[Any]], T], at_once: int = AT_ONCE
) -> tuple[T, ...]:
    """Return what `make` makes of every row; others on the event loop have their turn in between."""
    made: list[T] = []
    for rows in result.partitions(at_once):
        made += map(make, rows)
        await asyncio.sleep(0)
    return tuple(made)


@asynccontextmanager
async def writing(database: Database) -> AsyncIterator[AsyncConnection]:
    """Lend a connection in a transaction that commits at the end; never hold it across a model call."""
    engine = database.engine.execution_options(writes=True)
    with _write(database):
        async with engine.begin() as connection:
            yield connection


async def written(database: Database, work: Callable[[sa.Connection], T], *, at_once: bool = False) -> T:
    """Return what `work` returns, once the transaction that it ran in is committed: the quick way to keep a row.

    On SQLite `work` runs in another thread; `at_once`, where a timed call waits for it, on this one if nobody else is
    writing. Nothing is stored of what it did before it raised.
    """
    if database.writer is None:
        async with writing(database) as connection:
            return await connection.run_sync(work)
    with _write(database):
        return await database.writer.run(work, at_once=at_once)


@contextmanager
def _write(database: Database) -> Iterator[None]:
    begin = time.perf_counter()
    try:
        yield
    except IntegrityError as error:
        msg = "the row does not fit what is stored: it exists already, or what it belongs to was deleted"
        raise Conflict(msg) from error
    except (OperationalError, InterfaceError) as error:
        raise _unavailable(database.url, error) from error
    finally:
        _tell(database, "write", begin)


def migrate(url: str, scripts: Path | None = None) -> None:
    """Bring the schema at `url` to the newest revision. Harmless twice, and in two processes at once.

    Where it is the newest already, as at nearly every start, that is seen without the library that would change it.

    Parameters
    ----------
    scripts
        The alembic folder; the shipped one when left out.

    Raises
    ------
    Unavailable
        If the database cannot be reached, or was made by a newer version.
    """
    if scripts is None and _stands_at_newest(url):
        return
    import alembic.command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    # The option is read with interpolation, so a percent sign in the path must be doubled.
    config.set_main_option("script_location", str(scripts or data_folder("alembic")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    try:
        with _one_migration:
            alembic.command.upgrade(config, "head")
    except CommandError as error:
        msg = (
            f"the database {_shown(url)} was made by another version of slm-judge ({error}): "
            "install the newest version, or choose another data directory"
        )
        raise Unavailable(msg) from error
    except DBAPIError as error:
        raise _unavailable(url, error) from error


def _stands_at_newest(url: str) -> bool:
    """Say whether there is nothing to migrate; whatever keeps this from being seen is left to the migration to tell."""
    engine = plain_engine(url)
    try:
        with engine.connect() as connection:
            return _is_newest(connection.scalar(_VERSION))
    except DBAPIError:
        return False
    finally:
        engine.dispose()


def _is_newest(version: str | None) -> bool:
    newest = max(path.name for path in (data_folder("alembic") / "versions").glob("[0-9]*.py"))
    return version is not None and newest.startswith(f"{version}_")


def _tell(database: Database, kind: str, begin: float) -> None:
    if database.timed is not None:
        database.timed(kind, time.perf_counter() - begin)


def _shown(url: str) -> str:
    """Return the address without its password."""
    return sa.make_url(url).render_as_string(hide_password=True)


def _unavailable(url: str, error: DBAPIError) -> DatabaseUnavailable:
    """Return the error for a database that does not do what it should."""
    cause = " ".join(str(error.orig).split())
    msg = (
        f"the database {_shown(url)} does not answer ({cause}): "
        "check that it runs, and that its folder exists and may be written to"
    )
    return DatabaseUnavailable(msg)
