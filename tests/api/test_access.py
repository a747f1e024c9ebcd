"""Who may do what: tokens, their scopes, and how often they may be used."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar
from litestar.handlers.http_handlers.base import HTTPRouteHandler

from service.api.access import TRUSTED_FOR, WRITTEN_EVERY, Access, Tokens
from service.api.limits import MOST_CALLERS, Limiter
from service.api.routes import litestar_app
from service.api.scopes import needed
from service.api.serving import Serving
from service.domain.tokens import Scope
from service.store import tokens as store
from tests.api.conftest import BODY, HOST, World
from tests.api.test_problems import problem

LIST = "/api/v1/evaluations"
WRONG = "slmj_0123456789ab_" + "x" * 43


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


Opened = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guarded(serving: Serving, clock: Clock) -> Opened:
    """Open a client of a service that asks for tokens."""

    @asynccontextmanager
    async def open_(
        per_minute: float = 0, address: str = "192.0.2.7", *, tokens: bool = True
    ) -> AsyncIterator[httpx.AsyncClient]:
        access = Access(
            tokens=Tokens(database=serving.database, clock=clock) if tokens else None,
            limiter=Limiter(per_minute=per_minute, clock=clock) if per_minute else None,
            failures=Limiter(per_minute=30, clock=clock),
        )
        app = litestar_app(replace(serving, access=access))
        transport = httpx.ASGITransport(app=cast(Any, app), client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
            yield client

    return open_


async def issued(world: World, scope: Scope) -> dict[str, str]:
    return bearer((await store.issue(world.database, scope.value, scope))[1])


async def test_without_a_token_only_life_and_help_are_shown(guarded: Opened) -> None:
    async with guarded() as client:
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/problems/unauthorised")).status_code == 200
        for path in (
            LIST,
            "/",
            "/health/ready",
            "/schema/openapi.json",
            "/api/v1/models",
            "/api/v1/defaults",
        ):
            refused = await client.get(path)
            problem(refused, 401, "unauthorised")
            assert refused.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {WRONG}",
        "Basic dXNlcjpwYXNz",
        WRONG,
        f"Bearer {WRONG[:-1]}",
        "Bearer ' OR 1=1 --",
    ],
)
async def test_a_wrong_token_lets_nobody_in(guarded: Opened, world: World, header: str) -> None:
    await issued(world, Scope.ADMIN)
    async with guarded() as client:
        problem(await client.get(LIST, headers={"Authorization": header}), 401, "unauthorised")


async def test_half_a_token_lets_nobody_in(guarded: Opened, world: World) -> None:
    _, secret = await store.issue(world.database, "a", Scope.ADMIN)
    swapped = secret[:-43] + "x" * 43
    async with guarded() as client:
        problem(await client.get(LIST, headers=bearer(swapped)), 401, "unauthorised")
        assert (await client.get(LIST, headers=bearer(secret))).status_code == 200
        # The true one was just seen and is at hand: its id alone is still worth nothing.
        problem(await client.get(LIST, headers=bearer(swapped)), 401, "unauthorised")


async def test_each_scope_reaches_as_far_as_it_says(guarded: Opened, world: World) -> None:
    read, run, admin = [await issued(world, scope) for scope in Scope]
    absent = f"{LIST}/0197a000-0000-7000-8000-000000000000"
    async with guarded() as client:
        assert (await client.get(LIST, headers=read)).status_code == 200
        refused = await client.post(LIST, json=BODY, headers=read)
        problem(refused, 403, "forbidden")
        assert 'scope="run"' in refused.headers["www-authenticate"]
        assert world.submitted == []
        assert (await client.post(LIST, json=BODY, headers=run)).status_code == 202
        problem(await client.delete(absent, headers=run), 403, "forbidden")
        problem(await client.delete(absent, headers=admin), 404, "not-found")
        assert (await client.post(LIST, json=BODY, headers=admin)).status_code == 202


async def test_a_revoked_token_is_refused_within_seconds(guarded: Opened, world: World, clock: Clock) -> None:
    token, secret = await store.issue(world.database, "a", Scope.READ)
    async with guarded() as client:
        assert (await client.get(LIST, headers=bearer(secret))).status_code == 200
        await store.revoke(world.database, token.id)
        clock.now += TRUSTED_FOR
        problem(await client.get(LIST, headers=bearer(secret)), 401, "unauthorised")


async def test_the_last_use_is_written_once_a_minute(guarded: Opened, world: World, clock: Clock) -> None:
    token, secret = await store.issue(world.database, "a", Scope.READ)

    async def noted() -> object:
        found = await store.find(world.database, token.id)
        assert found is not None
        return found.last_used_at

    async with guarded() as client:
        await client.get(LIST, headers=bearer(secret))
        first = await noted()
        assert first is not None
        await client.get(LIST, headers=bearer(secret))
        assert await noted() == first
        clock.now += WRITTEN_EVERY
        await client.get(LIST, headers=bearer(secret))
        assert await noted() != first


async def test_guessing_is_slowed_down_and_a_good_token_is_not(guarded: Opened, world: World) -> None:
    good = await issued(world, Scope.READ)
    async with guarded() as client:
        statuses = [(await client.get(LIST, headers=bearer(WRONG))).status_code for _ in range(7)]
        # 30 a minute, ten seconds' worth at once.
        assert statuses == [401] * 5 + [429] * 2
    async with guarded() as client:
        for _ in range(20):
            assert (await client.get(LIST, headers=good)).status_code == 200


async def test_too_many_requests_are_told_when_to_come_back(
    guarded: Opened, world: World, clock: Clock
) -> None:
    one, other = await issued(world, Scope.READ), await issued(world, Scope.READ)
    async with guarded(per_minute=12) as client:  # two at once, then one every five seconds
        for _ in range(2):
            assert (await client.get(LIST, headers=one)).status_code == 200
        refused = await client.get(LIST, headers=one)
        problem(refused, 429, "too-many-requests")
        assert refused.headers["retry-after"] == "5"
        assert (await client.get(LIST, headers=other)).status_code == 200
        assert (await client.get("/health/live", headers=one)).status_code == 200
        clock.now += 5
        assert (await client.get(LIST, headers=one)).status_code == 200


async def test_without_tokens_each_address_has_its_own_share(guarded: Opened) -> None:
    async with guarded(per_minute=6, tokens=False) as client:
        assert (await client.get(LIST)).status_code == 200
        problem(await client.get(LIST), 429, "too-many-requests")


async def test_a_service_that_needs_no_tokens_ignores_one_that_is_sent(client: httpx.AsyncClient) -> None:
    assert (await client.get(LIST, headers=bearer(WRONG))).status_code == 200


def test_the_limiter_forgets_the_least_recent_of_too_many_callers() -> None:
    limiter = Limiter(per_minute=6, clock=lambda: 0.0)
    for caller in range(MOST_CALLERS + 10):
        limiter.take(str(caller))
    assert len(limiter._buckets) == MOST_CALLERS
    assert limiter.take(str(MOST_CALLERS + 9)) == 10


def test_every_route_says_which_scope_it_needs(app: Litestar) -> None:
    handlers = [
        handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler)
    ]
    silent = [handler.handler_name for handler in handlers if not handler.resolve_security()]
    assert silent == []
    opened = sorted(handler.handler_name for handler in handlers if needed(handler) is None)
    assert opened == ["asset", "live", "page", "problem_list", "problem_page"]


async def test_the_description_says_which_scope_each_operation_needs(client: httpx.AsyncClient) -> None:
    found = (await client.get("/schema/openapi.json")).json()
    assert found["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    paths = found["paths"]
    assert paths[LIST]["get"]["security"] == [{"token": ["read"]}]
    assert paths[LIST]["post"]["security"] == [{"token": ["run"]}]
    assert paths["/api/v1/defaults"]["post"]["security"] == [{"token": ["admin"]}]
    assert paths["/health/live"]["get"]["security"] == [{}]
    assert {"401", "403", "429"} <= set(paths[LIST]["get"]["responses"])
