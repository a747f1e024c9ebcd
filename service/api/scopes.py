"""Scopes: how much each route needs, declared once at the route; the description and the guard both read it there."""

from collections.abc import Iterable
from typing import Any

from litestar import Litestar
from litestar.handlers import BaseRouteHandler
from litestar.handlers.http_handlers.base import HTTPRouteHandler
from litestar.openapi.spec import Components, SecurityScheme

from service.domain.tokens import Scope

SCHEME = "token"

OPEN: list[dict[str, list[str]]] = [{}]
"""Needs no token at all."""
READ: list[dict[str, list[str]]] = [{SCHEME: [Scope.READ]}]
RUN: list[dict[str, list[str]]] = [{SCHEME: [Scope.RUN]}]
ADMIN: list[dict[str, list[str]]] = [{SCHEME: [Scope.ADMIN]}]

COMPONENTS = Components(
    security_schemes={
        SCHEME: SecurityScheme(
            type="http",
            scheme="bearer",
            description="Needed where the service listens beyond loopback, or is told to ask for it. "
            "`slm-judge tokens create NAME --scope read|run|admin` makes one.",
        )
    }
)


def needed(handler: BaseRouteHandler) -> Scope | None:
    """Return the scope that a route needs; ``None`` where it is open. A route that says nothing needs the highest."""
    said: list[dict[str, list[str]]] = (
        handler.resolve_security() if isinstance(handler, HTTPRouteHandler) else []
    )
    if said == OPEN:
        return None
    return Scope(said[0][SCHEME][0]) if said else Scope.ADMIN


def declare_reading(app: Litestar) -> Litestar:
    """Let every route that only reads, and says nothing else, need the scope `read`."""
    for handler in _handlers(app):
        methods: Iterable[Any] = handler.http_methods
        declared = handler.resolve_security()
        if not declared and set(methods) <= {"GET", "HEAD", "OPTIONS"}:
            declared.extend(READ)  # the handler keeps this very list
    return app


def _handlers(app: Litestar) -> list[HTTPRouteHandler]:
    found = (getattr(route, "route_handlers", ()) for route in app.routes)
    return [handler for some in found for handler in some if isinstance(handler, HTTPRouteHandler)]
