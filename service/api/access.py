"""Access: whose request this is, whether that token reaches far enough, and whether it comes too often."""

import ipaddress
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from litestar.datastructures import Headers
from litestar.types import ASGIApp, Receive, Send
from litestar.types import Scope as Connection

from service.api.limits import Limiter
from service.api.problems import ProblemException
from service.api.scopes import needed
from service.domain.tokens import Scope, Token, id_in
from service.errors import ServiceError
from service.store import tokens as store
from service.store.database import Database

TRUSTED_FOR = 5.0
"""Seconds until a token is looked up again: so long a revoked one may still work."""
WRITTEN_EVERY = 60.0
"""Seconds between two notes of when a token was last used."""
FAILED_TRIES = 30.0
"""Requests a minute with an unknown token that one address may send before it has to wait."""
REALM = 'Bearer realm="slm-judge"'


@dataclass(slots=True, kw_only=True)
class Tokens:
    """The tokens of a database, with those that were just seen at hand."""

    database: Database
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[Token, float]] = field(default_factory=dict)
    _noted: dict[str, float] = field(default_factory=dict)

    def known(self, secret: str) -> Token | None:
        """Return the token of a secret that was looked up a moment ago."""
        token, until = self._seen.get(id_in(secret) or "", (None, 0.0))
        return token if token is not None and self.clock() < until and token.is_secret(secret) else None

    async def find(self, secret: str) -> Token | None:
        """Look the token of a secret up; ``None`` where it is unknown or revoked."""
        identity = id_in(secret)
        token = None if identity is None else await store.find(self.database, identity)
        if token is None or not token.is_secret(secret):
            self._seen.pop(identity or "", None)
            return None
        self._seen[token.id] = (token, self.clock() + TRUSTED_FOR)
        return token

    async def note(self, token: Token) -> None:
        """Write down that a token was used, once a minute; a database that is busy is no reason to refuse."""
        now = self.clock()
        if now - self._noted.get(token.id, -WRITTEN_EVERY) < WRITTEN_EVERY:
            return
        self._noted[token.id] = now
        with suppress(ServiceError):
            await store.note_use(self.database, token.id, datetime.now(UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What callers must bring and how often they may come.

    Attributes
    ----------
    tokens
        ``None``: nobody needs a token, and one that is sent is not looked at.
    limiter
        ``None``: as often as they like.
    """

    tokens: Tokens | None = None
    limiter: Limiter | None = None
    failures: Limiter = field(default_factory=lambda: Limiter(per_minute=FAILED_TRIES))


@dataclass(frozen=True, slots=True)
class Turnstile:
    """Lets in whom `access` allows; who that was is in the request's state under ``caller``."""

    app: ASGIApp
    access: Access

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Check, then hand on."""
        wanted = needed(scope["route_handler"])
        if wanted is not None:
            token = await self._identify(scope, wanted)
            if self.access.limiter is not None:
                _refuse_too_many(self.access.limiter.take(token.id if token else address_of(scope)))
            scope["state"]["caller"] = token.id if token else None
        await self.app(scope, receive, send)

    async def _identify(self, scope: Connection, wanted: Scope) -> Token | None:
        if self.access.tokens is None:
            return None
        secret = bearer(Headers.from_scope(scope))
        if secret is None:
            raise ProblemException(
                "unauthorised",
                "Send the header Authorization: Bearer with an access token.",
                {"WWW-Authenticate": REALM},
            )
        token = self.access.tokens.known(secret)
        if token is None:
            address = address_of(scope)
            # Counted before it is looked up: guessing must not keep the database busy.
            _refuse_too_many(self.access.failures.take(address))
            token = await self.access.tokens.find(secret)
            if token is None:
                raise ProblemException(
                    "unauthorised",
                    "The access token is unknown or was revoked.",
                    {"WWW-Authenticate": f'{REALM}, error="invalid_token"'},
                )
            self.access.failures.give_back(address)
        if not token.scope.covers(wanted):
            raise ProblemException(
                "forbidden",
                f"This needs a token with the scope {wanted}; this one has {token.scope}.",
                {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{wanted}"'},
            )
        await self.access.tokens.note(token)
        return token


def bearer(headers: Headers) -> str | None:
    """Return the token that a request brings; ``None`` without one, or with several."""
    given = headers.getall("authorization", [])
    kind, _, secret = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    return secret.strip() if kind.lower() == "bearer" and secret.strip() else None


def address_of(scope: Connection) -> str:
    """Return who counts as one caller without a token: an address, or a network of IPv6, where one host has many."""
    client = scope.get("client")
    try:
        found = ipaddress.ip_address(client[0] if client else "")
    except ValueError:
        return "?"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found.packed[:8] + bytes(8), 64)))
    return str(getattr(found, "ipv4_mapped", None) or found)


def _refuse_too_many(seconds: int | None) -> None:
    if seconds is not None:
        detail = f"Too many requests for now: come back in {seconds} s."
        raise ProblemException("too-many-requests", detail, {"Retry-After": str(seconds)})
