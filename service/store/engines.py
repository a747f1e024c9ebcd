"""Engines: how connections are made, and SQLite made safe for several writers."""

from typing import Any

import sqlalchemy as sa


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


def _configure_sqlite(connection: Any) -> None:
    cursor = connection.cursor()
    for setting in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()
