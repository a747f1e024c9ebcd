"""Freshness: what every GET shares. Entity tags, 304 where the client has it already, 406 where it wants something else."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.datastructures.headers import Accept
from litestar.types import (
    ASGIApp,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
    Message,
    Receive,
    Scope,
    Send,
)

from service.api.problems import ProblemException, answer_http_error

KEPT = frozenset({b"etag", b"vary", b"cache-control", b"content-location"})
"""What a 304 says again; it has no body that other headers could be about."""

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


@dataclass(frozen=True, slots=True)
class Freshness:
    """Tags whole answers with their bytes, and sends 304 instead where the client named the tag."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on; what is read passes by on the way back."""
        if scope.get("method") == "GET":
            send = Tagged(Request(scope, receive), send).send
        await self.app(scope, receive, send)


@dataclass(slots=True)
class Tagged:
    """One answer on its way out: its start waits until the first part of its body is there."""

    request: Request[Any, Any, Any]
    inner: Send
    start: HTTPResponseStartEvent | None = None
    over: bool = False

    async def send(self, message: Message) -> None:
        """Hold the start of a success back, then decide."""
        if self.over:
            return
        if message["type"] == "http.response.start" and message["status"] == 200:
            refusal = refused(self.request, message)
            if refusal is None:
                self.start = message
            else:
                self.over = True
                await self.refuse(refusal)
        elif self.start is not None and message["type"] == "http.response.body":
            start, self.start = self.start, None
            await self.decide(start, message)
        else:
            await self.inner(message)

    async def decide(self, start: HTTPResponseStartEvent, message: HTTPResponseBodyEvent) -> None:
        """Tag the answer if all of it is there, and send it or 304."""
        headers = MutableScopeHeaders.from_message(start)
        headers.setdefault("Cache-Control", "private, no-cache")
        if not message["more_body"] and "etag" not in headers:
            headers["ETag"] = strong_tag(message["body"])
        self.over = names(self.request.headers.get("if-none-match"), headers.get("etag"))
        if self.over:
            await self.inner(_not_modified(start))
            await self.inner({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await self.inner(start)
            await self.inner(message)

    async def refuse(self, refusal: ProblemException) -> None:
        """Send a problem instead of the answer; the framework's own handling ended when the answer was begun."""
        problem = answer_http_error(self.request, refusal)
        answer = problem.to_asgi_response(app=None, request=self.request)
        await answer(self.request.scope, self.request.receive, self.inner)


def strong_tag(body: bytes) -> str:
    """Return the tag of these bytes.

    Examples
    --------
    >>> strong_tag(b"{}")
    '"44136fa355b3678a1146ad16f7e8649e"'
    """
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def weak_tag(body: bytes) -> str:
    """Return a tag for answers that mean the same as `body` though not every byte of them agrees."""
    return f"W/{strong_tag(body)}"


def names(if_none_match: str | None, tag: str | None) -> bool:
    """Say whether an If-None-Match header names `tag`; weak tags are as good as strong ones there (RFC 9110, 13.1.2).

    Examples
    --------
    >>> names('W/"a", "b"', '"a"'), names("*", '"a"'), names('"a,b"', '"a"'), names(None, '"a"')
    (True, True, False, False)
    """
    if if_none_match is None or tag is None:
        return False
    return if_none_match.strip() == "*" or tag.removeprefix("W/") in _TAG.findall(if_none_match)


def refused(request: Request[Any, Any, Any], start: HTTPResponseStartEvent) -> ProblemException | None:
    """Return a refusal where the Accept header rules out what is about to be sent; a format by name wins over it."""
    wanted = request.headers.get("accept")
    if not wanted or "format" in request.query_params:
        return None
    given = MutableScopeHeaders.from_message(start).get("content-type", "")
    media_type = given.split(";")[0].strip().lower()
    if not media_type or Accept(wanted).best_match([media_type], default=None) is not None:
        return None
    return ProblemException("not-acceptable", f"There is only {media_type} here.", {"Vary": "Accept"})


def _not_modified(start: HTTPResponseStartEvent) -> HTTPResponseStartEvent:
    kept = [(name, value) for name, value in start["headers"] if name.lower() in KEPT]
    return {"type": "http.response.start", "status": 304, "headers": kept}
