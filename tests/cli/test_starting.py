"""What answers while the service is still put together."""

import asyncio
import subprocess
import sys
import threading
from typing import Any

import pytest

from service.cli.starting import Application, Starting
from service.errors import Unavailable


class Stage:
    """A server's side of the conversation, and an application that is put together when told to."""

    def __init__(self, *, composed: bool = True, begins: bool = True) -> None:
        self.go = threading.Event()
        self.said: list[str] = []
        self.composed, self.begins = composed, begins
        self.to: asyncio.Queue[Any] = asyncio.Queue()
        self.told: list[str] = []
        self.starting = Starting(
            self.compose,
            started=lambda: self.said.append("started"),
            failed=lambda: self.said.append("failed"),
        )

    def compose(self) -> Application:
        self.go.wait(10)
        if not self.composed:
            raise Unavailable("the directory is in use")
        return self.app

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            if not self.begins:
                raise Unavailable("no database")
            await send({"type": "lifespan.startup.complete"})
            await receive()
            self.said.append("ended")
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def live(self) -> asyncio.Task[None]:
        async def send(message: Any) -> None:
            self.told.append(message["type"])

        await self.to.put({"type": "lifespan.startup"})
        task = asyncio.create_task(self.starting({"type": "lifespan"}, self.to.get, send))
        while not self.told:
            await asyncio.sleep(0)
        return task

    async def ask(self, path: str) -> int:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        await self.starting({"type": "http", "method": "GET", "path": path}, None, send)
        return int(sent[0]["status"])


async def test_it_is_alive_at_once_and_ready_later_and_keeps_other_requests_until_then() -> None:
    stage = Stage()
    task = await stage.live()
    assert await stage.ask("/health/live") == 200
    assert await stage.ask("/health/ready") == 503
    waiting = asyncio.create_task(stage.ask("/api/v1/models"))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    stage.go.set()
    assert await waiting == 204
    assert await stage.ask("/health/ready") == 204  # now the application's own answer
    await stage.to.put({"type": "lifespan.shutdown"})
    await task
    assert stage.said == ["started", "ended"]


@pytest.mark.parametrize(
    ("stage", "message"), [({"composed": False}, "in use"), ({"begins": False}, "no database")]
)
async def test_one_that_does_not_start_keeps_the_reason_and_says_that_it_failed(
    stage: dict[str, bool], message: str
) -> None:
    scene = Stage(**stage)
    task = await scene.live()
    scene.go.set()
    assert await scene.ask("/api/v1/models") == 503
    assert scene.said == ["failed"]
    await scene.to.put({"type": "lifespan.shutdown"})
    await task
    assert message in str(scene.starting.failure)


async def test_one_that_is_ended_while_it_is_put_together_is_not_started() -> None:
    scene = Stage()
    task = await scene.live()
    await scene.to.put({"type": "lifespan.shutdown"})
    await asyncio.sleep(0.05)
    scene.go.set()
    await task
    assert scene.said == []
    assert scene.starting.failure is None


def test_composing_does_without_numbers_migrations_and_the_durable_runtime() -> None:
    code = (
        "import sys, service.app\n"
        "heavy = {'numpy', 'scipy', 'dbos', 'alembic', 'psycopg', 'openai', 'aiohttp', 'foundry_local_sdk', 'httpx', 'rich'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "heavy: []" in done.stdout
