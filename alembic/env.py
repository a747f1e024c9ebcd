"""Run the migrations on one database, alone: whoever else migrates waits and then finds nothing to do.

The address comes from `service.store.database.migrate`, or from ``alembic -x url=… upgrade head`` by hand.
"""

import sqlalchemy as sa
from alembic import context

from service.errors import Invalid
from service.store.engines import prepare_sqlite
from service.store.tables import Base

# Any number will do as long as it stays the same.
LOCK = 7_326_001


def address() -> sa.URL:
    given = context.config.attributes.get("url") or context.get_x_argument(as_dictionary=True).get("url")
    if not given:
        msg = "say which database: alembic -x url=sqlite:///data/slm-judge.db upgrade head"
        raise Invalid(msg)
    url = sa.make_url(given)
    return url.set(drivername="sqlite") if url.get_backend_name() == "sqlite" else url


def migrate() -> None:
    url = address()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    on_sqlite = url.get_backend_name() == "sqlite"
    if on_sqlite:
        prepare_sqlite(engine)
    try:
        with engine.execution_options(writes=True).begin() as connection:
            if not on_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            context.configure(
                connection=connection,
                target_metadata=Base.metadata,
                transactional_ddl=True,
                render_as_batch=on_sqlite,
            )
            with context.begin_transaction():
                context.run_migrations()
    finally:
        engine.dispose()


migrate()
