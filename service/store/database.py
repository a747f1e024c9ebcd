"""The database itself: open, migrate, close, and one way each to read and to write."""

import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from service.errors import Conflict, DatabaseUnavailable, Unavailable
from service.resources import data_folder
from service.store.news import News

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
    """

    url: str
    engine: AsyncEngine
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
    else:
        # Without the ping a restart of the server would fail the next query of every pooled connection.
        engine = create_async_engine(url, pool_pre_ping=True)
    return Database(url=url, engine=engine, timed=timed)


async def close(database: Database) -> None:
    """Close every connection."""
    await database.engine.dispose()


async def ping(database: Database) -> None:
    """Return if the database answers; `Unavailable` if it does not."""
    async with reading(database) as connection:
        await connection.execute(sa.select(1))


async def is_current(database: Database) -> bool:
    """Return whether the schema is the one that this version works with; `Unavailable` if nobody answers."""
    newest = max(path.name for path in (data_folder("alembic") / "versions").glob("[0-9]*.py"))
    async with reading(database) as connection:
        found = await connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return found is not None and newest.startswith(f"{found}_")


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


@asynccontextmanager
async def writing(database: Database) -> AsyncIterator[AsyncConnection]:
    """Lend a connection in a transaction that commits at the end; never hold it across a model call."""
    engine = database.engine.execution_options(writes=True)
    begin = time.perf_counter()
    try:
        async with engine.begin() as connection:
            yield connection
    except IntegrityError as error:
        msg = "the row does not fit what is stored: it exists already, or what it belongs to was deleted"
        raise Conflict(msg) from error
    except (OperationalError, InterfaceError) as error:
        raise _unavailable(database.url, error) from error
    finally:
        _tell(database, "write", begin)


def prepare_sqlite(engine: sa.Engine) -> None:
    """Make an SQLite engine safe for several writers: WAL, patience, foreign keys, and locks taken first.

    A transaction that reads before it writes would otherwise fail at the upgrade of its lock, which no timeout cures.
    """

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver would begin by itself, and too late
        _configure_sqlite(connection)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def plain_engine(url: str) -> sa.Engine:
    """Return a synchronous engine for a library that opens its own transactions, with the same care for the file."""
    address = sa.make_url(url)
    if address.get_backend_name() != "sqlite":
        return sa.create_engine(address, pool_pre_ping=True)
    engine = sa.create_engine(address.set(drivername="sqlite"))

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        _configure_sqlite(connection)

    return engine


def dispose(engine: sa.Engine) -> None:
    """Close every connection of a plain engine, also those that threads of the library still hold, as they let go."""

    @sa.event.listens_for(engine, "checkin")
    def close_late(_connection: object, record: Any) -> None:
        record.invalidate()

    engine.dispose()


def migrate(url: str, scripts: Path | None = None) -> None:
    """Bring the schema at `url` to the newest revision. Harmless twice, and in two processes at once.

    Parameters
    ----------
    scripts
        The alembic folder; the shipped one when left out.

    Raises
    ------
    Unavailable
        If the database cannot be reached, or was made by a newer version.
    """
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


def _tell(database: Database, kind: str, begin: float) -> None:
    if database.timed is not None:
        database.timed(kind, time.perf_counter() - begin)


def _configure_sqlite(connection: Any) -> None:
    cursor = connection.cursor()
    for setting in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


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
