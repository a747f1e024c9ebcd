"""The writer on SQLite: what it did is stored when it returns, and nobody who locks the file holds the event loop up."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa

from service.store.writer import Writer


@pytest_asyncio.fixture
async def writer(tmp_path: Path) -> AsyncIterator[Writer]:
    made = Writer(f"sqlite+aiosqlite:///{tmp_path}/a.db")
    await made.run(lambda connection: connection.execute(sa.text("CREATE TABLE t (x INTEGER UNIQUE)")))
    yield made
    await made.close()


def adding(value: int) -> Callable[[sa.Connection], int]:
    def work(connection: sa.Connection) -> int:
        connection.execute(sa.text("INSERT INTO t VALUES (:x)"), {"x": value})
        return threading.get_ident()

    return work


def stored(folder: Path) -> list[int]:
    with sqlite3.connect(folder / "a.db") as other:
        return [x for (x,) in other.execute("SELECT x FROM t ORDER BY x")]


async def test_it_is_stored_on_return_by_the_thread_or_at_once_by_the_caller(
    writer: Writer, tmp_path: Path
) -> None:
    assert await writer.run(adding(1)) != threading.get_ident()
    assert stored(tmp_path) == [1]
    assert await writer.run(adding(2), at_once=True) == threading.get_ident()
    assert stored(tmp_path) == [1, 2]


async def test_what_raises_leaves_nothing_and_the_next_one_is_stored(writer: Writer, tmp_path: Path) -> None:
    def half(connection: sa.Connection) -> None:
        adding(7)(connection)
        raise LookupError

    for at_once in (False, True):
        with pytest.raises(LookupError):
            await writer.run(half, at_once=at_once)
        await writer.run(adding(int(at_once)), at_once=at_once)
        with pytest.raises(sa.exc.IntegrityError):
            await writer.run(adding(int(at_once)), at_once=at_once)
    assert stored(tmp_path) == [0, 1]


async def test_a_locked_file_is_waited_for_beside_the_event_loop(writer: Writer, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(writer.run(adding(1), at_once=True))
    for _ in range(20):
        await asyncio.sleep(0.005)
    assert not waiting.done(), "and the loop went round meanwhile"
    other.execute("ROLLBACK")
    other.close()
    assert await asyncio.wait_for(waiting, 10) != threading.get_ident()
    assert await writer.run(adding(2), at_once=True) == threading.get_ident(), "it is free again"
    assert stored(tmp_path) == [1, 2]


async def test_whoever_is_cancelled_leaves_all_of_it_or_nothing(writer: Writer, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun, queued = (asyncio.create_task(writer.run(adding(value))) for value in (1, 2))
    await asyncio.sleep(0.05)
    begun.cancel()
    queued.cancel()
    await asyncio.wait({begun, queued})
    other.execute("ROLLBACK")
    other.close()
    await writer.close()
    assert stored(tmp_path) == [1], "the first was under way, the second had not begun"


async def test_a_closed_writer_opens_again(writer: Writer, tmp_path: Path) -> None:
    await writer.close()
    await writer.run(adding(1), at_once=True)
    assert stored(tmp_path) == [1]
