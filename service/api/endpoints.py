"""Endpoints over HTTP: what they were last seen to be and to serve, and the trial of what one of their models honours."""

import asyncio
from dataclasses import asdict
from typing import Any, Literal

from litestar import Request, Response, get, post

from service.api.paging import cut, linked
from service.api.parameters import Cursor, Limit, Name
from service.api.problems import documented
from service.api.replies import Reply
from service.api.scopes import RUN
from service.api.serving import Serving, Wired
from service.api.shelves import untimed
from service.domain.endpoints import Endpoint
from service.domain.failures import Failure
from service.models.endpoint_views import EndpointView, SeenModel, endpoint_models


class SeenModelReply(Reply, frozen=True, kw_only=True):
    """A model behind an endpoint; `model` is the name that requests use.

    `server_reported` is the server's own word, never a measurement. `capabilities` holds what was tried: true, false, or
    null where it could not be told; it is empty until somebody has it tried.
    """

    model: str
    id: str
    server_reported: dict[str, Any]
    capabilities: dict[str, bool | None]
    probed_at: str | None


class EndpointReply(Reply, frozen=True, kw_only=True):
    """An endpoint of the settings when it was last asked; its address and key are nobody's business here.

    `concurrency` is how many judges' calls may be under way there at once; null: as many as for a judge elsewhere.
    """

    name: str
    use: list[str]
    concurrency: int | None
    state: Literal["never", "fresh", "unreachable"]
    checked_at: str | None
    dialect: str | None
    version: str | None
    kind: str | None
    reason: str | None
    models: list[SeenModelReply]


class EndpointPage(Reply, frozen=True, kw_only=True):
    """Endpoints by name; `next_cursor` is null on the last page."""

    items: list[EndpointReply]
    next_cursor: str | None


class ProbeReply(Reply, frozen=True, kw_only=True):
    """What a model was seen to honour, or why nothing could be tried."""

    model: str
    ok: bool
    capabilities: dict[str, bool | None]
    failure: dict[str, str] | None


@get("/endpoints", operation_id="list_endpoints", tags=["models"], responses=documented("invalid"))
async def endpoints(
    request: Request[Any, Any, Any], serving: Wired, cursor: Cursor = None, limit: Limit = 50
) -> Response[EndpointPage]:
    """List the endpoints of the settings as they were last seen; ``POST /endpoints/refresh`` asks them."""
    found = await asyncio.to_thread(endpoint_replies, serving)
    items, next_cursor = cut(found, lambda one: one.name, cursor, limit)
    return linked(request, EndpointPage(items=items, next_cursor=next_cursor), next_cursor)


@post(
    "/endpoints/refresh",
    operation_id="refresh_endpoints",
    security=RUN,
    tags=["models"],
    status_code=200,
    responses=documented(),
)
async def see(serving: Wired) -> EndpointPage:
    """Ask the endpoints, and only them, what they are and serve; one that cannot be reached says why."""
    await serving.see_endpoints()
    found = await asyncio.to_thread(endpoint_replies, serving)
    return EndpointPage(items=sorted(found, key=lambda one: one.name), next_cursor=None)


@post(
    "/models/{name:str}/probe",
    operation_id="probe_model",
    security=RUN,
    tags=["models"],
    status_code=200,
    responses=documented("not-found", "conflict", "invalid"),
)
async def probe(name: Name, serving: Wired) -> ProbeReply:
    """Try what a model behind an endpoint honours and keep it; refused while an evaluation is timed."""
    model = await asyncio.to_thread(serving.shelf.model, name)
    async with untimed(serving, f"a trial of '{name}'"):
        found = await serving.probe(model)
    failed = isinstance(found, Failure)
    return ProbeReply(
        model=name,
        ok=not failed,
        capabilities={} if isinstance(found, Failure) else dict(found.capabilities),
        failure={"kind": found.kind.value, "message": found.message} if isinstance(found, Failure) else None,
    )


HANDLERS = (endpoints, see, probe)


def endpoint_replies(serving: Serving) -> list[EndpointReply]:
    """Return every endpoint with its models. Reads a file: call it off the event loop."""
    return [
        _reply(endpoint, view)
        for endpoint, view in zip(serving.shelf.endpoints, serving.shelf.views(), strict=True)
    ]


def _reply(endpoint: Endpoint, view: EndpointView) -> EndpointReply:
    seen = {one.id: one for one in view.models}
    return EndpointReply(
        name=endpoint.name,
        use=list(endpoint.purposes),
        concurrency=endpoint.concurrency,
        state=view.state,
        checked_at=view.checked_at,
        dialect=view.dialect,
        version=view.version,
        kind=view.kind,
        reason=view.reason,
        models=[
            _model(model.name, seen.get(str(model.remote)) or SeenModel(id=str(model.remote)))
            for model in endpoint_models(endpoint, view)
        ],
    )


def _model(name: str, seen: SeenModel) -> SeenModelReply:
    reported = {field: value for field, value in asdict(seen.reported).items() if value is not None}
    return SeenModelReply(
        model=name,
        id=seen.id,
        server_reported=reported,
        capabilities=dict(seen.capabilities),
        probed_at=seen.probed_at,
    )
