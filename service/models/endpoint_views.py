"""What the endpoints were last seen to serve: asked only when somebody asks for it, and kept in a file.

Nothing here waits for a network on the way to anything else: requests are answered from the file, and what the settings
say of an endpoint's models holds without it.
"""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from service.domain.endpoints import Endpoint, NamedModel
from service.domain.failures import Failure
from service.domain.models import Model, ServerReported
from service.models.endpoints import model_name
from service.models.loading import unload_request
from service.models.recognise import recognise


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenModel:
    """One model as its server listed it.

    Attributes
    ----------
    capabilities
        What was tried: capability to whether it works; ``None`` could not be told. Empty: never tried.
    """

    id: str
    reported: ServerReported = field(default_factory=ServerReported)
    capabilities: Mapping[str, bool | None] = field(default_factory=dict)
    probed_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    """One endpoint when it was last asked.

    `state` is ``never``, ``fresh`` or ``unreachable``; then `kind` and `reason` say why, and `models` are those of the
    last success.
    """

    name: str
    state: str = "never"
    checked_at: str | None = None
    dialect: str | None = None
    version: str | None = None
    models: tuple[SeenModel, ...] = ()
    kind: str | None = None
    reason: str | None = None

    def model(self, identity: str) -> SeenModel | None:
        """Return the model with this id at the endpoint."""
        return next((one for one in self.models if one.id == identity), None)


def read_views(file: Path, endpoints: Sequence[Endpoint]) -> tuple[EndpointView, ...]:
    """Return a view of each endpoint of the settings; one that was never asked, or a damaged file, gives an empty one."""
    try:
        kept = msgspec.json.decode(file.read_bytes(), type=list[EndpointView])
    except (OSError, ValueError, msgspec.MsgspecError):
        kept = []
    known = {view.name: view for view in kept}
    return tuple(known.get(endpoint.name, EndpointView(name=endpoint.name)) for endpoint in endpoints)


async def refresh_views(file: Path, endpoints: Sequence[Endpoint]) -> tuple[EndpointView, ...]:
    """Ask all endpoints at once and keep what they say in `file`; what was tried of a model stays known."""
    before = await asyncio.to_thread(read_views, file, endpoints)
    found = await asyncio.gather(*map(recognise, endpoints))
    checked = datetime.now(UTC).isoformat(timespec="seconds")
    views = []
    for view, one in zip(before, found, strict=True):
        if isinstance(one, Failure):
            views.append(
                replace(
                    view, state="unreachable", checked_at=checked, kind=one.kind.value, reason=one.message
                )
            )
            continue
        models = tuple(
            replace(view.model(served.id) or SeenModel(id=served.id), reported=served.reported)
            for served in one.models
        )
        views.append(
            EndpointView(
                name=view.name,
                state="fresh",
                checked_at=checked,
                dialect=one.dialect,
                version=one.version,
                models=models,
            )
        )
    await asyncio.to_thread(write_views, file, views)
    return tuple(views)


def write_views(file: Path, views: Sequence[EndpointView]) -> None:
    """Replace the file in one step, so that a crash leaves the old one or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps([asdict(view) for view in views], indent=1), encoding="utf-8")
    os.replace(fresh, file)  # noqa: PTH105  # Path.replace says the same, os.replace says it is atomic


def endpoint_models(endpoint: Endpoint, view: EndpointView) -> tuple[Model, ...]:
    """Return the models that requests may name of one endpoint.

    Those of the settings if it names any, else those the server listed. What the settings say of a model wins over what
    the server says.
    """
    named = endpoint.models or tuple(NamedModel(id=one.id) for one in view.models)
    return tuple(_model(endpoint, view, one) for one in named)


def _model(endpoint: Endpoint, view: EndpointView, named: NamedModel) -> Model:
    seen = view.model(named.id) or SeenModel(id=named.id)
    reported = seen.reported
    tried = tuple(sorted(name for name, works in seen.capabilities.items() if works))
    loads = ("load",) if unload_request(view.dialect, named.id) else ()
    purposes = tuple({"candidate": "chat", "judge": "judge"}[one] for one in endpoint.purposes)
    return Model(
        name=named.name or model_name(endpoint.name, named.id),
        source="endpoint",
        runner="http",
        description=f"Served by the endpoint {endpoint.name}"
        + (f" ({view.dialect} {view.version or ''})".replace(" )", ")") if view.dialect else ""),
        family=named.family or reported.family,
        licence=named.licence or reported.licence,
        capabilities=tuple(dict.fromkeys((*purposes, *loads, *tried))),
        context=named.context or reported.context or reported.context_trained,
        version=reported.digest,
        endpoint=endpoint.name,
        remote=named.id,
        dialect=view.dialect,
        server_reported=reported,
    )
