"""Watching: an id, a count and a log line for every request, unrouted ones and problems included."""

import logging
import time
from dataclasses import dataclass

from litestar import Litestar
from litestar.datastructures import Headers
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from service.observability.context import bound, safe_id
from service.observability.metrics import Metrics

METHODS = frozenset({"GET", "POST", "PATCH", "DELETE", "OPTIONS", "PUT"})
REQUEST_ID = b"x-request-id"
_log = logging.getLogger("service.requests")


def watch(app: Litestar, metrics: Metrics) -> Litestar:
    """Return `app`, from now on watched."""
    app.asgi_handler = Watching(app.asgi_handler, metrics)
    return app


def request_id(scope: Scope) -> str:
    """Return the id of a request: the client's own if it is harmless, else a new one."""
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        given = Headers.from_scope(scope).getall("x-request-id", [])
        state["request_id"] = (safe_id(given[0]) if len(given) == 1 else None) or uuid7().hex
    return str(state["request_id"])


@dataclass(frozen=True, slots=True)
class Watching:
    """Notes each request as its answer begins. Addresses are noted as templates: paths and queries may hold anything."""

    app: ASGIApp
    metrics: Metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, and look at what comes back."""
        begin, identity = time.perf_counter(), request_id(scope)

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (REQUEST_ID, identity.encode())]
                self._note(scope, message["status"], time.perf_counter() - begin)
            await send(message)

        with bound(request_id=identity):
            await self.app(scope, receive, send_on)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = str(scope.get("method"))
        method = method if method in METHODS else "other"
        route = str(scope.get("path_template") or "unrouted")
        self.metrics.requests.add(method, route, str(status))
        self.metrics.request_seconds.observe(route, value=seconds)
        if _log.isEnabledFor(logging.INFO):
            caller = scope["state"].get("caller")
            said = {"method": method, "route": route, "status": status, "seconds": round(seconds, 4)}
            _log.info("request", extra=said | ({"caller": caller} if caller else {}))
