"""Guards: who may talk to the service and how, before any handler sees the request."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from litestar.datastructures import Headers
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from service.api.patience import Patience
from service.api.problems import ProblemException

MERGE_PATCH = "application/merge-patch+json"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_ENCODED = tuple((name.lower().encode(), value.encode()) for name, value in HEADERS.items())


def loopback_hosts(port: int) -> tuple[str, ...]:
    """Return the names of this machine that a browser may put into ``Host``.

    Examples
    --------
    >>> loopback_hosts(8321)
    ('127.0.0.1:8321', 'localhost:8321', '[::1]:8321')
    """
    return tuple(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))


@dataclass(frozen=True, slots=True)
class Gatekeeper:
    """Refuses foreign hosts and origins, and bodies that are no JSON or take too long to arrive.

    A page of another site can make a browser send requests here; without a preflight it can neither name our host, nor
    hide its origin, nor send JSON.
    """

    app: ASGIApp
    hosts: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then hand on."""
        headers, method = Headers.from_scope(scope), str(scope.get("method", "GET"))
        check_host(headers, self.hosts)
        check_origin(headers, self.hosts, method)
        check_body_type(headers, method, takes(scope))
        if method not in SAFE:
            receive = Patience(receive).receive
        await self.app(scope, receive, send)


async def add_safety_headers(message: Message, _: Scope) -> None:
    """Add the safety headers to every answer that has none of its own, problems and unknown addresses included."""
    if message["type"] == "http.response.start":
        headers = list(message["headers"])
        given = {name.lower() for name, _ in headers}
        message["headers"] = headers + [one for one in _ENCODED if one[0] not in given]


def check_host(headers: Headers, hosts: Iterable[str]) -> None:
    """Refuse a request for another host: a page may have had its own name point here."""
    given = headers.getall("host", [])
    if len(given) != 1 or given[0].lower() not in hosts:
        shown = ", ".join(sorted(hosts))
        raise ProblemException("wrong-host", f"The Host header must be one of {shown}.")


def check_origin(headers: Headers, hosts: Iterable[str], method: str) -> None:
    """Refuse what another site's page sent; programs send neither header."""
    origin = headers.get("origin")
    if origin is not None and (origin == "null" or urlsplit(origin).netloc.lower() not in hosts):
        raise ProblemException("foreign-origin", "The Origin header names another site.")
    site, mode = headers.get("sec-fetch-site"), headers.get("sec-fetch-mode")
    followed_link = method in SAFE and mode == "navigate"
    if site == "cross-site" and not followed_link:
        raise ProblemException(
            "foreign-origin", "The Sec-Fetch-Site header says that another site sent this."
        )


def takes(scope: Scope) -> tuple[str, ...]:
    """Return the media types that a route takes instead of JSON, none of which a browser sends without a preflight."""
    handler = scope.get("route_handler")
    found: tuple[str, ...] = getattr(handler, "opt", {}).get("takes", ())
    return found


def check_body_type(headers: Headers, method: str, instead: tuple[str, ...] = ()) -> None:
    """Refuse bodies that are not plain JSON: a form or text/plain needs no preflight in a browser.

    Parameters
    ----------
    instead
        What the route takes where that is not JSON.
    """
    if method in SAFE:
        return
    kind = headers.get("content-type")
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if kind is None and not has_body:
        return
    media_type = (kind or "").split(";")[0].strip().lower()
    name, taken = ("Accept-Patch", MERGE_PATCH) if method == "PATCH" else ("Accept-Post", "application/json")
    if instead:
        taken = ", ".join(instead)
    if media_type not in (instead or (taken, "application/json")):
        raise ProblemException(
            "not-json",
            f"Send the header Content-Type: {taken.replace(', ', ' or ')} with the body.",
            {name: taken},
        )
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise ProblemException("not-json", "Send the body without Content-Encoding.", {name: taken})
