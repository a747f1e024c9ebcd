"""Methods: HEAD wherever GET is, without a body, and an Allow header that says so."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import cast

from litestar import Litestar
from litestar.datastructures import MutableScopeHeaders
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, ReceiveMessage, Scope, Send

from service.api.guards import MERGE_PATCH

TAKES = {
    "POST": ("Accept-Post", "application/json"),
    "PATCH": ("Accept-Patch", MERGE_PATCH),
}


def answer_head(app: Litestar) -> Litestar:
    """Return `app`, from now on with HEAD on every address that takes GET; the router itself knows nothing of it."""
    taken: dict[str, set[str]] = {}
    for route in app.routes:
        taken.setdefault(route.path_format, set()).update(route.methods)
    app.asgi_handler = Methods(app.asgi_handler, taken)
    return app


@dataclass(frozen=True, slots=True)
class Methods:
    """Asks for GET where the client asked for HEAD, and ends the answer after its headers.

    The headers are those of GET, length and tag included, because GET made them.

    Attributes
    ----------
    taken
        The methods of each address. The framework's own answer to OPTIONS knows only the first handler of an address.
    """

    app: ASGIApp
    taken: Mapping[str, set[str]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, as GET where it was HEAD."""
        if scope.get("method") == "HEAD":
            ended = HeadersOnly(receive, send)
            await self.app(cast(Scope, {**scope, "method": "GET"}), ended.receive, ended.send)
        else:
            await self.app(scope, receive, self.allowing(scope, send))

    def allowing(self, scope: Scope, send: Send) -> Send:
        """Return `send`, with a complete Allow header in answers that have one."""

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                if scope.get("method") == "OPTIONS" and message["status"] == 204:
                    set_allow(message, self.taken[scope["path_template"]])
                elif message["status"] == 405:
                    add_head(message)
            await send(message)

        return send_on


@dataclass(slots=True)
class HeadersOnly:
    """The client's side of one HEAD request: it is gone once it has the headers, so that no stream goes on for it."""

    inner_receive: Receive
    inner_send: Send
    over: bool = False

    async def receive(self) -> ReceiveMessage:
        """Return what the client sends, and its leaving once it was answered."""
        if self.over:
            return {"type": "http.disconnect"}
        return await self.inner_receive()

    async def send(self, message: Message) -> None:
        """Send the headers and an end; swallow what follows."""
        if message["type"] == "http.response.start":
            add_head(message)
            await self.inner_send(message)
            await self.inner_send({"type": "http.response.body", "body": b"", "more_body": False})
            self.over = True
        elif not self.over:
            await self.inner_send(message)


def add_head(message: HTTPResponseStartEvent) -> None:
    """Add HEAD to an Allow header that has GET."""
    given = MutableScopeHeaders.from_message(message).get("allow")
    if given is not None:
        set_allow(message, {name.strip() for name in given.split(",")})


def set_allow(message: HTTPResponseStartEvent, methods: AbstractSet[str]) -> None:
    """Say which methods are allowed, HEAD wherever GET is, and what bodies they take."""
    headers = MutableScopeHeaders.from_message(message)
    headers["Allow"] = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
    for name in sorted(methods & TAKES.keys()):
        headers.setdefault(*TAKES[name])
