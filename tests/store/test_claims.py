"""One process for each device, where several share a PostgreSQL."""

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
import pytest_asyncio
import sqlalchemy as sa

from service.store.claims import Claim
from service.store.database import Database, close, open_database


@pytest_asyncio.fixture
async def other(database: Database) -> AsyncIterator[Database]:
    """The same database, opened by somebody else."""
    opened = open_database(database.url)
    yield opened
    await close(opened)


def shared(database: Database) -> bool:
    return database.url.startswith("postgresql")


async def test_the_second_process_for_a_device_is_refused_until_the_first_lets_go(
    database: Database, other: Database
) -> None:
    first, second = Claim(database, "edge"), Claim(other, "edge")
    assert await first.take()
    assert await first.take(), "it is still ours"
    # An SQLite database belongs to one data directory, and that is taken as a whole.
    assert await second.take() is not shared(database)
    third = Claim(other, "another")
    assert await third.take()
    await third.let_go()
    await first.let_go()
    assert await second.take()
    await second.let_go()


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
async def test_a_claim_survives_a_broken_connection_unless_somebody_was_quicker(
    database: Database, other: Database
) -> None:
    """On PostgreSQL only: nothing else has connections that break."""
    first, second = Claim(database, "edge"), Claim(other, "edge")
    assert await first.take()
    break_connections(database.url)
    assert await first.take(), "taken again"
    break_connections(database.url)
    assert await second.take()
    assert not await first.take(), "somebody was quicker"
    await second.let_go()


def break_connections(url: str) -> None:
    """End all other sessions of the database, as a restart of the server does."""
    address: Any = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
