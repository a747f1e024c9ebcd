"""The schema and the connection: migrations match the tables, and what fails says what to do."""

import asyncio
import logging
import subprocess
import sys
import threading
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from service.errors import Unavailable
from service.resources import data_folder
from service.store.database import close, migrate, open_database, ping, reading, writing
from service.store.tables import Base


def synchronous(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("+aiosqlite", ""), poolclass=sa.NullPool)


def differences(url: str) -> list[object]:
    engine = synchronous(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def test_the_migrated_schema_is_the_one_the_tables_declare(database_url: str) -> None:
    assert differences(database_url) == []


def test_the_comparison_would_notice_a_missing_column(database_url: str) -> None:
    engine = synchronous(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE loads DROP COLUMN warmups"))
    assert differences(database_url) != []


def test_migrating_twice_changes_nothing_prints_nothing_and_leaves_logging_alone(
    empty_database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before = (list(root.handlers), root.level, logging.getLogger("alembic").disabled)
    migrate(empty_database_url)
    migrate(empty_database_url)
    assert differences(empty_database_url) == []
    assert (list(root.handlers), root.level, logging.getLogger("alembic").disabled) == before
    assert capfd.readouterr() == ("", "")


def test_threads_that_migrate_at_once_wait_for_each_other(empty_database_url: str) -> None:
    threads = [threading.Thread(target=migrate, args=(empty_database_url,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert differences(empty_database_url) == []


def test_processes_that_migrate_at_once_wait_for_each_other(
    empty_database_url: str, forked: ForkServerContext
) -> None:
    processes = [forked.Process(target=migrate, args=(empty_database_url,), daemon=True) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert differences(empty_database_url) == []


def test_downgrading_leaves_nothing_behind(empty_database_url: str) -> None:
    from alembic import command
    from alembic.config import Config

    migrate(empty_database_url)
    config = Config()
    config.set_main_option("script_location", str(data_folder("alembic")))
    config.attributes["url"] = empty_database_url
    command.downgrade(config, "base")
    engine = synchronous(empty_database_url)
    assert sa.inspect(engine).get_table_names() == ["alembic_version"]


def test_a_database_of_a_newer_version_is_refused_with_a_cure(database_url: str) -> None:
    engine = synchronous(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="install the newest version"):
        migrate(database_url)


def test_the_scripts_can_lie_in_a_folder_with_a_percent_sign(tmp_path: Path) -> None:
    folder = tmp_path / "100 %s" / "alembic"
    folder.parent.mkdir()
    folder.symlink_to(data_folder("alembic"))
    migrate(f"sqlite+aiosqlite:///{tmp_path}/a.db", folder)
    assert differences(f"sqlite:///{tmp_path}/a.db") == []


async def test_ping_returns_or_says_what_is_wrong(database_url: str, tmp_path: Path) -> None:
    database = open_database(database_url)
    await ping(database)
    await close(database)
    nowhere = open_database(f"sqlite+aiosqlite:///{tmp_path}/missing/a.db")
    with pytest.raises(Unavailable, match="folder exists"):
        await ping(nowhere)
    await close(nowhere)
    await asyncio.sleep(0.1)  # aiosqlite's thread still reports to this loop that it stopped
    with pytest.raises(Unavailable, match="folder exists"):
        migrate(f"sqlite+aiosqlite:///{tmp_path}/missing/a.db")


async def test_a_password_is_never_shown(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://somebody:s3cret@/nothing?host={tmp_path}"
    database = open_database(url)
    with pytest.raises(Unavailable) as caught:
        await ping(database)
    await close(database)
    assert "s3cret" not in caught.value.message
    with pytest.raises(Unavailable) as caught:
        migrate(url)
    assert "s3cret" not in caught.value.message


async def test_sqlite_keeps_a_journal_that_readers_do_not_wait_for(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/a.db"
    migrate(url)
    database = open_database(url)
    async with reading(database) as connection:
        assert await connection.scalar(sa.text("PRAGMA journal_mode")) == "wal"
        assert await connection.scalar(sa.text("PRAGMA synchronous")) == 1
        assert await connection.scalar(sa.text("PRAGMA foreign_keys")) == 1
    async with writing(database) as connection:
        await connection.execute(sa.text("CREATE TABLE t (x INTEGER)"))
        await asyncio.wait_for(ping(database), timeout=2)
    await close(database)


def test_a_schema_that_is_the_newest_is_left_alone_without_loading_what_would_change_it(
    tmp_path: Path,
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'new.db'}"
    migrate(url)
    code = (
        "import sys\n"
        "from service.store.database import migrate\n"
        f"migrate({url!r})\n"
        "assert 'alembic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
