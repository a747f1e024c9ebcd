"""The application of these tests behind a real server on loopback, with evaluations in every state to be asked about."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import uvicorn
from litestar import Litestar

from service import resources
from service.api.access import Access, Tokens
from service.api.guards import loopback_hosts
from service.api.limits import Limiter
from service.api.routes import litestar_app
from service.domain.evaluations import Evaluation, Status
from service.domain.tokens import Scope
from service.library import Folders, Library
from service.store import evaluations as store
from service.store import tokens
from service.store.database import close, migrate, open_database
from tests.api.conftest import World, composed
from tests.report import scenes

LIBRARY = Library(Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts")))
SUCCEEDED = "01936b00-0000-7000-8000-000000000001"
LEAVE = tuple((Status.CANCELLED, f"01936b00-0000-7000-8000-{number:012d}") for number in range(100, 160))


@dataclass(frozen=True, kw_only=True)
class Live:
    """Where it is, and a token that reaches everything."""

    address: str
    secret: str


def seed(url: str) -> str:
    """Store evaluations that succeeded and that were cancelled, and return the secret of a token."""

    async def fill() -> str:
        database = open_database(url)
        try:
            _, secret = await tokens.issue(database, "test", Scope.ADMIN)
            await store.add(database, _stored(SUCCEEDED, Status.SUCCEEDED))
            for status, id_ in LEAVE:
                await store.add(database, replace(_stored(id_, status), labels=("spare",)))
            return secret
        finally:
            await close(database)

    return asyncio.run(fill())


def _stored(id_: str, status: Status) -> Evaluation:
    """Return an evaluation as they are stored: with the templates of its judges, so that they can be asked again."""
    made = scenes.evaluation(id_=id_, status=status)
    templates = tuple(
        {judge.template: LIBRARY.judge_template(judge.template) for judge in made.spec.judges}.values()
    )
    return replace(made, spec=replace(made.spec, templates=templates))


@contextmanager
def live_service(folder: Path, *, guarded: bool = False) -> Iterator[Live]:
    """Serve on a free port until the block ends; with `guarded` only to those who bring a token."""
    url = f"sqlite+aiosqlite:///{folder / 'live.sqlite'}"
    migrate(url)
    secret = seed(url)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        database = open_database(url)

        @asynccontextmanager
        async def lifespan(_: Litestar) -> AsyncIterator[None]:
            yield
            await close(database)

        # Tests send wrong tokens by the hundred, which is what the limit is there to stop.
        access = (
            Access(tokens=Tokens(database=database), failures=Limiter(per_minute=1e9))
            if guarded
            else Access()
        )
        serving = replace(composed(World(database), folder), hosts=loopback_hosts(port), access=access)
        app = litestar_app(serving, lifespan=[lifespan])
        config = uvicorn.Config(cast(Any, app), log_config=None, access_log=False, lifespan="on")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the server did not start"
                threading.Event().wait(0.02)
            yield Live(address=f"http://127.0.0.1:{port}", secret=secret)
        finally:
            server.should_exit = True
            thread.join(10)
