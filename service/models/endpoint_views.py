"""What the endpoints were last seen to serve: asked only when somebody asks for it, and kept in a file.

Nothing here waits for a network on the way to anything else: requests are answered from the file, and what the settings
say of an endpoint's models holds without it.
"""

import asyncio
import json
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from service.domain.endpoints import Endpoint, NamedModel
from service.domain.failures import Failure, FailureKind
from service.domain.models import Model, ServerReported
from service.models.endpoints import model_name
from service.models.loading import unload_request
from service.models.manners import NEGOTIABLE
from service.models.pages import Recognised
from service.models.probe import Abilities, probe
from service.models.recognise import recognise

_CHANGING = threading.Lock()
"""The file is read, changed and replaced by one at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenModel:
    """One model as its server listed it.

    Attributes
    ----------
    capabilities
        What was tried: capability to whether it works; ``None`` could not be told. Empty: never tried.
    listed
        Whether the server listed it; one that it did not can still be known from having been tried.
    """

    id: str
    reported: ServerReported = field(default_factory=ServerReported)
    capabilities: Mapping[str, bool | None] = field(default_factory=dict)
    probed_at: str | None = None
    listed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    """One endpoint when it was last asked.

    `state` is ``never``, ``fresh`` or ``unreachable``; then `kind` and `reason` say why, and `models` are those of the
    last success.
    """

    name: str
    state: Literal["never", "fresh", "unreachable"] = "never"
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
    found = await asyncio.gather(*map(recognise, endpoints))
    return await asyncio.to_thread(_keep_found, file, endpoints, found)


def _keep_found(
    file: Path, endpoints: Sequence[Endpoint], found: Sequence[Recognised | Failure]
) -> tuple[EndpointView, ...]:
    with _CHANGING:
        before = read_views(file, endpoints)
        views = tuple(_renewed(view, one) for view, one in zip(before, found, strict=True))
        write_views(file, views)
    return views


def _renewed(view: EndpointView, found: Recognised | Failure) -> EndpointView:
    if isinstance(found, Failure):
        return replace(
            view, state="unreachable", checked_at=_now(), kind=found.kind.value, reason=found.message
        )
    models = [
        replace(view.model(served.id) or SeenModel(id=served.id), reported=served.reported, listed=True)
        for served in found.models
    ]
    listed = {one.id for one in models}
    models += [replace(one, listed=False) for one in view.models if one.probed_at and one.id not in listed]
    return EndpointView(
        name=view.name,
        state="fresh",
        checked_at=_now(),
        dialect=found.dialect,
        version=found.version,
        models=tuple(models),
    )


async def probe_model(file: Path, endpoints: Sequence[Endpoint], model: Model) -> SeenModel | Failure:
    """Try what `model` honours and keep that in `file`; a model that gives no answer changes nothing.

    An endpoint that was never recognised is recognised first, since servers want to be asked in their own way.
    """
    endpoint = next((one for one in endpoints if one.name == model.endpoint), None)
    if endpoint is None or model.remote is None:
        return Failure(
            kind=FailureKind.REJECTED,
            message=f"Only models behind an endpoint are tried; '{model.name}' is not one.",
        )
    dialect = model.dialect
    if dialect is None:
        views = await refresh_views(file, endpoints)
        dialect = next((view.dialect for view in views if view.name == endpoint.name), None)
    found = await probe(endpoint, model.remote, dialect)
    if isinstance(found, Failure):
        return found
    return await asyncio.to_thread(_keep_abilities, file, endpoints, model, found)


def _keep_abilities(file: Path, endpoints: Sequence[Endpoint], model: Model, found: Abilities) -> SeenModel:
    with _CHANGING:
        views = list(read_views(file, endpoints))
        at = next(at for at, view in enumerate(views) if view.name == model.endpoint)
        identity = str(model.remote)
        seen = replace(
            views[at].model(identity) or SeenModel(id=identity, listed=False),
            capabilities=found,
            probed_at=_now(),
        )
        others = tuple(one for one in views[at].models if one.id != identity)
        views[at] = replace(views[at], models=(*others, seen))
        write_views(file, views)
    return seen


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


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
    named = endpoint.models or tuple(NamedModel(id=one.id) for one in view.models if one.listed)
    return tuple(_model(endpoint, view, one) for one in named)


def _model(endpoint: Endpoint, view: EndpointView, named: NamedModel) -> Model:
    seen = view.model(named.id) or SeenModel(id=named.id)
    reported = seen.reported
    accepted = {f"accepts_{name}": name for name in NEGOTIABLE}
    tried = tuple(sorted(name for name, works in seen.capabilities.items() if works and name not in accepted))
    refuses = tuple(name for told, name in accepted.items() if seen.capabilities.get(told) is False)
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
        refuses=refuses,
    )
