"""An application on a real SQLite store, the shipped library and models, and an engine that only writes things down."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from service import reading, resources
from service.api.guards import loopback_hosts
from service.api.recent import Recent
from service.api.routes import litestar_app
from service.api.serving import Checked, Serving
from service.api.streams import Streams
from service.domain.asking import Answer, Session
from service.domain.evaluations import Evaluation, Plan, Progress, Spec, Status
from service.domain.failures import Failure
from service.domain.findings import Findings, Item
from service.domain.models import Loaded, Model
from service.domain.responses import Slot
from service.domain.selection import Profile
from service.engine.device import Device
from service.errors import Conflict
from service.examining import Examiner
from service.keeping import House
from service.library import Folders, Library
from service.models.catalog import CatalogView
from service.models.shelf import Shelf
from service.store import evaluations as store
from service.store.database import Database, close, migrate, open_database
from tests.report import scenes

HOST = "127.0.0.1:8321"
BODY = {
    "candidates": ["tiny-s", "tiny-m"],
    "judge": "tiny-judge",
    "rubric": "tiny",
    "prompt_set": "tiny",
    "profile": "tiny",
}


@dataclass
class World:
    """Ports of a `Serving` that do little and remember what they were asked."""

    database: Database
    submitted: list[str] = field(default_factory=list)
    found_with: list[str | None] = field(default_factory=list)
    found_as: list[Profile | None] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    says: Checked | Failure | None = None
    place: Device = field(default_factory=Device)
    session: Session | None = None
    running: bool = True

    def house(self) -> House:
        folders = Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts"))

        @asynccontextmanager
        async def open_session(model: Model) -> AsyncIterator[Session]:
            del model
            assert self.session is not None, "no test wanted a model asked"
            yield self.session

        return House(database=self.database, library=Library(folders), open_session=open_session)

    async def submit(self, evaluation: Evaluation) -> None:
        self.submitted.append(evaluation.id)

    async def cancel(self, evaluation: str) -> Status:
        waiting = frozenset({Status.QUEUED, Status.RUNNING})
        await store.set_status(self.database, evaluation, Status.CANCELLED, only_from=waiting)
        status = await store.status_of(self.database, evaluation)
        if status is not Status.CANCELLED:
            raise Conflict(f"evaluation {evaluation} is {status} already")
        return status

    async def pause(self, evaluation: str) -> Status:
        waiting = frozenset({Status.QUEUED, Status.RUNNING})
        await store.set_status(self.database, evaluation, Status.PAUSED, only_from=waiting)
        status = await store.status_of(self.database, evaluation)
        if status is not Status.PAUSED:
            raise Conflict(f"evaluation {evaluation} is {status} already")
        return status

    def borrow(self, what: str) -> AbstractAsyncContextManager[None]:
        return self.place.tried(what)

    async def find(self, evaluation: Evaluation, profile: Profile | None) -> Findings:
        self.found_with.append(profile.name if profile else None)
        self.found_as.append(profile)
        return scenes.findings(of=evaluation)

    async def plan(self, spec: Spec) -> Plan:
        return Plan(
            candidate_calls=len(spec.candidates) * len(spec.prompt_set.prompts) * spec.rounds,
            judge_calls=1,
            judge_calls_at_most=3,
            qualification_calls=1,
            canary_calls=0,
            warmup_calls=1,
            loads=3,
            prompt_tokens=1,
            completion_tokens_at_most=1,
            expected_seconds=None,
            basis="nothing is known of these models",
        )

    async def progress(self, evaluation: Evaluation) -> Progress:
        return scenes.findings(of=evaluation).progress

    async def find_items(
        self,
        evaluation: Evaluation,
        *,
        candidate: str | None,
        prompt: str | None,
        after: Slot | None,
        limit: int,
    ) -> tuple[Item, ...]:
        del evaluation
        start = (
            ("", "", 0, 0)
            if after is None
            else (after.candidate, after.prompt, after.pass_number, after.round_number)
        )
        fitting = [
            one
            for one in self.items
            if (one.candidate, one.prompt, one.pass_number, one.round_number) > start
            and candidate in {None, one.candidate}
            and prompt in {None, one.prompt}
        ]
        return tuple(fitting[:limit])

    async def check(self, model: Model, prompt: str, max_tokens: int) -> Checked | Failure:
        if self.says is not None:
            return self.says
        answer = Answer(
            text=f"{model.name} heard {prompt} ({max_tokens})",
            finish="stop",
            prompt_tokens=4,
            completion_tokens=5,
            sent=1_000_000,
            first=3_000_000,
            last=9_000_000,
            end=9_500_000,
        )
        loaded = Loaded(seconds=0.25, model_id=model.name, device="cpu", runtime="test")
        return Checked(loaded=loaded, answer=answer)

    async def refresh(self) -> CatalogView:
        return CatalogView(
            state="unreachable", checked_at="2026-11-22T12:00:00+00:00", models=(), reason="no network"
        )


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database that is only ever copied."""
    path = tmp_path_factory.mktemp("migrated") / "store.sqlite"
    migrate(f"sqlite+aiosqlite:///{path}")
    return path


@pytest_asyncio.fixture
async def world(tmp_path: Path, migrated_file: Path) -> AsyncIterator[World]:
    path = tmp_path / "store.sqlite"
    shutil.copyfile(migrated_file, path)
    database = open_database(f"sqlite+aiosqlite:///{path}")
    yield World(database)
    await close(database)


@pytest.fixture
def serving(world: World, tmp_path: Path) -> Serving:
    return composed(world, tmp_path)


def composed(world: World, folder: Path) -> Serving:
    """Return what the API works with, on the ports of `world`."""
    return Serving(
        database=world.database,
        library=Library(
            Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts"))
        ),
        shelf=Shelf(builtin=resources.builtin_models_folder(), own=(), catalog_file=folder / "catalog.json"),
        engine=world,
        find=world.find,
        plan=world.plan,
        foresee=lambda spec, source: reading.foresee(spec, source, world.house()),
        progress=world.progress,
        items=world.find_items,
        check=world.check,
        refresh=world.refresh,
        examiner=Examiner(world.house(), world.place.measured),
        recent=Recent(world.database.news),
        streams=Streams(world.database, heartbeat=0.2),
        version="0.1.0",
        hosts=loopback_hosts(8321),
    )


class Standing:
    """Stands for the `Serving` of the test that runs: to compose an application takes a quarter of a second."""

    def __init__(self) -> None:
        self.serving: Serving | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.serving, name)


@pytest.fixture(scope="session")
def standing_app() -> tuple[Standing, list[Litestar]]:
    return Standing(), []


@pytest.fixture
def app(serving: Serving, standing_app: tuple[Standing, list[Litestar]]) -> Litestar:
    standing, composed = standing_app
    standing.serving = serving
    if not composed:
        composed.append(litestar_app(cast(Serving, standing), max_body=64 * 1024))
    return composed[0]


@pytest_asyncio.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=cast(Any, app))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as opened:
        yield opened
