"""Keep a row once: inserts that expect the row to be there already, in both dialects."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from service.store.database import Database
from service.store.tables import Base

Insert = sqlite.Insert | postgresql.Insert


def insert_once(database: Database, table: type[Base]) -> Insert:
    """Return an insert that does nothing where the primary key is taken."""
    return _insert(database, table).on_conflict_do_nothing(index_elements=_key(table))


def insert_or_replace(database: Database, table: type[Base]) -> Insert:
    """Return an insert that overwrites the row where the primary key is taken."""
    statement, key = _insert(database, table), _key(table)
    rest = {column.name: column for column in statement.excluded if column.name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=rest)


def _insert(database: Database, table: type[Base]) -> Insert:
    # The dialects agree on the clause but share no class that has it.
    return sqlite.insert(table) if database.engine.dialect.name == "sqlite" else postgresql.insert(table)


def _key(table: type[Base]) -> list[str]:
    return [column.name for column in sa.inspect(table).primary_key]
