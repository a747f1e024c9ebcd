"""The validation over HTTP, and that nothing is asked while an evaluation is timed."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest_asyncio

from service.api.routes import litestar_app
from service.api.serving import Serving
from service.domain.asking import Answer
from service.domain.failures import Failure, FailureKind
from service.domain.models import Loaded, Model
from service.validating import Validated
from tests.api.conftest import HOST, World
from tests.api.test_problems import problem

API = "/api/v1"


async def validate(
    names: Sequence[str], *, prompt: str, max_tokens: int, deadline: float
) -> tuple[Validated, ...]:
    answer = Answer(
        text=f"{prompt} {max_tokens} {deadline:g}",
        finish="stop",
        prompt_tokens=1,
        completion_tokens=1,
        sent=0,
        first=10**6,
        last=2 * 10**6,
        end=3 * 10**6,
    )
    known = {"box:a": Model(name="box:a", source="endpoint", endpoint="box", remote="a")}
    loaded = Loaded(seconds=0.5, model_id="a", device="endpoint", runtime="test")
    lost = Failure(kind=FailureKind.NOT_FOUND, message="There is no such model.")
    return tuple(
        Validated(name=name, model=known[name], listed=True, answer=answer, loaded=loaded)
        if name in known
        else Validated(name=name, model=None, listed=False, answer=lost)
        for name in names
    )


@pytest_asyncio.fixture
async def client(serving: Serving) -> AsyncIterator[httpx.AsyncClient]:
    app = litestar_app(replace(serving, validate=validate))
    transport = httpx.ASGITransport(app=cast(Any, app))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as opened:
        yield opened


async def test_one_call_gives_one_table_with_one_verdict(client: httpx.AsyncClient) -> None:
    body = {"models": ["box:a", "nobody"], "prompt": "Hi", "max_tokens": 5, "deadline": 7}
    found = (await client.post(f"{API}/validation", json=body)).json()
    assert (found["ok"], found["passed"], found["failed"]) == (False, 1, 1)
    good, bad = found["models"]
    assert (good["model"], good["endpoint"], good["listed"], good["answers"]) == ("box:a", "box", True, True)
    assert (good["check"]["text"], good["check"]["load_seconds"]) == ("Hi 5 7", 0.5)
    assert (bad["ok"], bad["listed"], bad["reason"]) == (False, False, "There is no such model.")
    assert (await client.post(f"{API}/validation", json={"models": ["box:a"]})).json()["ok"] is True
    nothing = (await client.post(f"{API}/validation", json={})).json()
    assert nothing["ok"] is False, "no model at all is no success"


async def test_every_wrong_field_is_named(client: httpx.AsyncClient) -> None:
    body = {"models": ["a b"], "max_tokens": 0, "deadline": 601, "prompt": "", "more": 1}
    found = problem(await client.post(f"{API}/validation", json=body), 422, "invalid")
    named = {one["pointer"] for one in cast(Any, found)["errors"]}
    assert named == {"/models/0", "/max_tokens", "/deadline", "/prompt", "/more"}


async def test_nothing_is_asked_while_the_device_is_in_use(client: httpx.AsyncClient, world: World) -> None:
    async with world.place.measured("evaluation 7"):
        for path, body in (
            ("validation", {}),
            ("models/tiny-s/check", {}),
            ("models/tiny-s/probe", None),
        ):
            found = problem(await client.post(f"{API}/{path}", json=body), 409, "conflict")
            assert "evaluation 7" in str(found["detail"])
    assert (await client.post(f"{API}/models/tiny-s/check", json={})).json()["ok"]
