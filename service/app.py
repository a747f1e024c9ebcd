"""The composition root: from settings to an application. Only here does every room meet the others."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from litestar import Litestar

from service import __version__, pipeline, planning, readiness, reading, resources, surveying
from service.api.access import Access, Tokens
from service.api.limits import Limiter
from service.api.recent import Recent
from service.api.routes import litestar_app
from service.api.serving import Checked, Serving
from service.api.streams import Streams
from service.domain.evaluations import Evaluation, Plan, Spec
from service.domain.failures import Failure
from service.domain.findings import Item
from service.domain.models import Model
from service.domain.responses import Slot
from service.engine.engine import Engine
from service.engine.lock import hold
from service.errors import Conflict
from service.examining import Examiner
from service.keeping import House, keep_first_pace, unexamined
from service.library import Folders, Library
from service.measure.smoke import Smoke, smoke_check
from service.models.catalog import CatalogView, refresh_catalog
from service.models.crowding import Crowding
from service.models.endpoint_views import probe_model, refresh_views
from service.models.endpoints import key_of, read_endpoints
from service.models.installed import installed_runtime
from service.models.opening import open_runner
from service.models.shelf import Shelf
from service.models.shortage import advise
from service.observability.lag import sampled
from service.observability.sessions import Watch
from service.observability.traces import open_traces
from service.settings import Settings
from service.store import paces
from service.store.database import Database, close, migrate, open_database
from service.store.tokens import any_active
from service.validating import Validated, validate

SMOKE_DEADLINE = 60.0
RATE_LIMIT = 600.0
"""Requests a minute that each caller from elsewhere may send."""


@contextmanager
def prepared(settings: Settings) -> Iterator[None]:
    """Take the data directory for this process, bring the database up to date and clear what a killed process left.

    Raises
    ------
    DataDirectoryInUse
        If another service works there.
    Unavailable
        If the directory cannot be written to, or the database does not answer.
    Conflict
        If others could reach the service and there is no access token.
    """
    with hold(settings.data_dir):
        shutil.rmtree(_scratch(settings), ignore_errors=True)
        migrate(settings.store_url)
        if settings.beyond_loopback and not asyncio.run(_any_token(settings)):
            msg = (
                f"{settings.host} can be reached from elsewhere, and there is no access token that would keep others out: "
                "make one with `slm-judge tokens create NAME --scope run`, then start again."
            )
            raise Conflict(msg)
        yield


def create_app(settings: Settings, *, idle: bool = False) -> Litestar:
    """Compose the application; it starts working in its lifespan. `prepared` must hold around that.

    With `idle` it serves what is stored and runs nothing.
    """
    url = settings.store_url
    watch = Watch(traces=open_traces(os.environ, __version__))
    timings = watch.metrics.store_seconds
    database = open_database(url, lambda kind, seconds: timings.observe(kind, value=seconds))
    library = Library(Folders(rubrics=settings.rubrics, prompts=settings.prompts))
    endpoints = read_endpoints(settings.endpoints, settings.foundry_local_endpoint)
    endpoints_file = settings.data_dir / "endpoints.json"
    shelf = Shelf(
        builtin=resources.builtin_models_folder(),
        own=settings.models,
        catalog_file=settings.data_dir / "catalog.json",
        endpoints=endpoints,
        endpoints_file=endpoints_file,
    )
    scratch = _scratch(settings)
    cache, catalog_url = settings.model_cache, settings.catalog_url
    open_session = partial(
        open_runner,
        scratch=scratch,
        model_cache=cache,
        catalog_url=catalog_url,
        endpoints=endpoints,
        advise=partial(advise, models=shelf.models),
    )
    house = House(
        database=database,
        library=library,
        open_session=open_session,
        crowding=Crowding(endpoints, default=settings.judge_concurrency),
        watch=watch,
    )
    open_check = watch.sessions(open_session, "check")
    engine = Engine(
        system_url=_system_url(url, settings.data_dir),
        device=settings.device,
        executor=settings.device,
        run=lambda identity: pipeline.run(identity, house),
        after=lambda identity: surveying.settle(identity, house),
        database=database,
    )

    examiner = Examiner(house, engine.wait_for, settings.device)

    async def items(
        evaluation: Evaluation, *, candidate: str | None, prompt: str | None, after: Slot | None, limit: int
    ) -> tuple[Item, ...]:
        return await reading.answers_of(
            evaluation, house, candidate=candidate, prompt=prompt, after=after, limit=limit
        )

    async def check(model: Model, prompt: str, max_tokens: int) -> Checked | Failure:
        seen = await smoke_check(open_check, model, prompt, max_tokens=max_tokens, deadline=SMOKE_DEADLINE)
        if isinstance(seen, Failure):
            return seen
        await keep_first_pace(database, settings.device, model, seen.loaded, seen.answer)
        return Checked(loaded=seen.loaded, answer=seen.answer)

    async def validate_models(
        names: Sequence[str], *, prompt: str, max_tokens: int, deadline: float
    ) -> tuple[Validated, ...]:
        async def ask_once(model: Model) -> Smoke | Failure:
            return await smoke_check(open_check, model, prompt, max_tokens=max_tokens, deadline=deadline)

        return await validate(names, shelf, see=see, check=ask_once, deadline=deadline)

    async def see() -> object:
        return await refresh_views(endpoints_file, endpoints)

    async def refresh() -> CatalogView:
        view, _ = await asyncio.gather(
            refresh_catalog(shelf.catalog_file, scratch=scratch, model_cache=cache, catalog_url=catalog_url),
            see(),
        )
        return view

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        try:
            async with sampled(lambda delay: watch.metrics.loop_lag.observe(value=delay)):
                if not idle:
                    await engine.start()
                    await examiner.take_up()
                warming = asyncio.create_task(asyncio.to_thread(surveying.prepare, library))
                yield
                await warming
        finally:
            await examiner.stop()
            await engine.stop()
            await close(database)
            await asyncio.to_thread(watch.traces.close)

    serving = Serving(
        database=database,
        library=library,
        shelf=shelf,
        engine=engine,
        find=lambda evaluation, profile: pipeline.find(evaluation, house, profile),
        plan=partial(_plan, library, database),
        foresee=lambda spec, source: reading.foresee(spec, source, house),
        progress=lambda evaluation: reading.follow(evaluation, house),
        items=items,
        check=check,
        refresh=refresh,
        examiner=examiner,
        probe=partial(probe_model, endpoints_file, endpoints),
        validate=validate_models,
        see_endpoints=see,
        recent=Recent(database.news),
        streams=Streams(database),
        version=__version__,
        runtime=installed_runtime(),
        devices=(settings.device,),
        hosts=_hosts(settings),
        access=_access(settings, database),
        metrics=watch.metrics,
        ready=lambda: readiness.look(database, settings.data_dir, lambda: idle or engine.running),
    )
    return litestar_app(serving, lifespan=[lifespan], max_body=settings.max_body)


async def _plan(library: Library, database: Database, spec: Spec) -> Plan:
    versions = [(model.name, model.version) for model in spec.models]
    known = await paces.known(database, spec.device, versions)
    ahead = await unexamined(spec, database, library)
    planned = partial(planning.plan, plants=library.plants())
    return await asyncio.to_thread(planned, spec, library.injections(), known, ahead)


def _system_url(url: str, data_dir: Path) -> str:
    """Where the durable runtime keeps its queue: a file of its own, or the same PostgreSQL."""
    if url.startswith("sqlite"):
        return f"sqlite:///{data_dir / 'dbos.db'}"
    return url


async def _any_token(settings: Settings) -> bool:
    """Look with a connection of this moment only: the service's own belongs to its event loop."""
    database = open_database(settings.store_url)
    try:
        return await any_active(database)
    finally:
        await close(database)


def _access(settings: Settings, database: Database) -> Access:
    """Let callers on this machine do as they like, unless told otherwise."""
    guarded = settings.guarded
    usual = RATE_LIMIT if settings.beyond_loopback else 0.0
    rate = usual if settings.rate_limit is None else settings.rate_limit
    return Access(
        tokens=Tokens(database=database) if guarded else None,
        limiter=Limiter(per_minute=rate) if rate else None,
    )


def secrets_of(settings: Settings) -> frozenset[str]:
    """Return what must be in no log line: keys of endpoints, and the database's password.

    Raises
    ------
    Invalid
        If the endpoints in the settings are not right.
    """
    endpoints = read_endpoints(settings.endpoints, settings.foundry_local_endpoint)
    keys = {key for one in endpoints if isinstance(key := key_of(one), str)}
    password = urlsplit(settings.database_url or "").password
    return frozenset(keys | ({unquote(password), password} if password else set()))


def _scratch(settings: Settings) -> Path:
    return settings.data_dir / "scratch"


def _hosts(settings: Settings) -> tuple[str, ...]:
    """Names under which this service may be called, with its port: a foreign name resolving here is refused."""
    names = ["127.0.0.1", "localhost", "[::1]"]
    if settings.host not in {"0.0.0.0", "::", *names}:  # noqa: S104  # only compared
        names.append(settings.host)
    names += [name for name in settings.allowed_hosts if not _has_port(name)]
    with_port = tuple(f"{name}:{settings.port}" for name in names)
    # Clients leave the port out of the header where it is the protocol's own.
    return (*with_port, *(names if settings.port == 80 else ()), *settings.allowed_hosts)


def _has_port(name: str) -> bool:
    return name.rpartition("]")[2].rpartition(":")[1] == ":"
