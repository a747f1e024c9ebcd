"""An application that answers while the real one is still put together: alive at once, ready when it is."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from service import __version__

Message = dict[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]
HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


TITLE = "Something the service needs is not there now"


class Starting:
    """Stands in for the application until that has been composed and has started.

    Meanwhile ``/health/live`` says alive, ``/health/ready`` says 503, and every other request waits its turn: it is
    answered by the application once that is there. Imports, migration and the durable runtime take seconds; whoever
    supervises the process need not take them for a hang.

    Parameters
    ----------
    compose
        Returns the application; called once, in a thread.
    started, failed
        Called in the event loop when the application has started, or when it never will.

    Attributes
    ----------
    failure
        Why it did not start.
    """

    def __init__(
        self, compose: Callable[[], Application], *, started: Callable[[], None], failed: Callable[[], None]
    ) -> None:
        self.failure: BaseException | None = None
        self._compose = compose
        self._started = started
        self._failed = failed
        self._app: Application | None = None
        self._over = asyncio.Event()
        self._ending = False

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        """Answer health by itself while it must, and hand everything else on."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        if not self._over.is_set() and scope.get("path") in ANSWERS:
            await _answer(scope, send, *ANSWERS[scope["path"]])
            return
        await self._over.wait()
        if self._app is None:
            await _answer(scope, send, 503, _problem("The service did not start."))
            return
        await self._app(scope, receive, send)

    async def _live(self, scope: Message, receive: Any, send: Any) -> None:
        """Start the application behind the server's back, and end it when the server does."""
        await receive()
        inner = _Lifespan(scope)
        begun = asyncio.create_task(self._begin(inner))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._ending = True
        await begun
        try:
            await inner.end()
        finally:
            await send({"type": "lifespan.shutdown.complete"})

    async def _begin(self, inner: "_Lifespan") -> None:
        try:
            app = await asyncio.to_thread(self._compose)
            if self._ending:
                return
            await inner.begin(app)
            self._app = app
            self._started()
        except BaseException as error:  # noqa: BLE001  # kept: whoever runs the server raises it
            self.failure = error
            self._failed()
        finally:
            self._over.set()


class _Lifespan:
    """The lifespan of an application inside of another one."""

    def __init__(self, scope: Message) -> None:
        self._scope = scope
        self._to: asyncio.Queue[Message] = asyncio.Queue()
        self._from: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def begin(self, app: Application) -> None:
        """Start `app`; raise what it raises."""
        self._task = asyncio.ensure_future(app(self._scope, self._to.get, self._from.put))
        await self._step("lifespan.startup")

    async def end(self) -> None:
        """End the application, if it ever began."""
        if self._task is not None and not self._task.done():
            await self._step("lifespan.shutdown")
            await self._task

    async def _step(self, kind: str) -> None:
        if self._task is None:
            return
        await self._to.put({"type": kind})
        said = asyncio.create_task(self._from.get())
        await asyncio.wait({said, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if said.done() and said.result()["type"] == f"{kind}.complete":
            return
        said.cancel()
        await self._task  # an application that failed raises, whether it said so or not
        raise RuntimeError(f"{kind} failed")


async def _answer(scope: Message, send: Any, status: int, body: Message) -> None:
    text = json.dumps(body).encode()
    kind = b"application/problem+json" if status >= 400 else b"application/json"
    wait = ((b"retry-after", b"1"),) if status == 503 else ()
    headers = [*HEADERS, *wait, (b"content-type", kind), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope.get("method") == "HEAD" else text})


def _problem(detail: str) -> Message:
    return {"type": "/problems/unavailable", "title": TITLE, "status": 503, "detail": detail}


ANSWERS: dict[str, tuple[int, Message]] = {
    "/health/live": (200, {"status": "alive", "version": __version__}),
    "/health/ready": (503, _problem("The service is starting: ask again in a second.")),
}
