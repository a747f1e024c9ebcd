"""Start a runner for a model in an environment of its own, and clear up after it."""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from service.domain.endpoints import Endpoint
from service.domain.failures import Failure, FailureKind
from service.domain.models import Model
from service.models.endpoints import key_of
from service.models.runner import Limits, Runner
from service.models.shortage import Advise

FOUNDRY = (sys.executable, "-m", "service.models.foundry")
HTTP = (sys.executable, "-m", "service.models.http")
# What the runtimes would send home. Foundry's own switch spares a process-information event; what it takes for continuous
# integration sends nothing at all, not even a question for a name.
SILENT = {"ORT_DISABLE_TELEMETRY": "1", "ORT_TELEMETRY_DISABLED": "1", "CI": "true"}
_TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_INHERITED = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """How a model is reached: by which program, with what in its environment, or why it cannot be."""

    command: Sequence[str] = FOUNDRY
    url: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    failure: Failure | None = None


def _way_to(model: Model, endpoints: Sequence[Endpoint]) -> _Way:
    if model.runner != "http":
        return _Way()
    endpoint = next((one for one in endpoints if one.name == model.endpoint), None)
    if endpoint is None:
        return _Way(
            failure=Failure(
                kind=FailureKind.LOAD_FAILED,
                message=f"The endpoint '{model.endpoint}' is no longer in the settings.",
            )
        )
    key = key_of(endpoint)
    if isinstance(key, Failure):
        return _Way(failure=key)
    environment = {name: os.environ[name] for name in _TRUST if name in os.environ}
    if key is not None:
        environment["SLM_JUDGE_ENDPOINT_KEY"] = key
    return _Way(command=HTTP, url=endpoint.url, environment=environment)


@contextlib.asynccontextmanager
async def open_runner(
    model: Model,
    *,
    scratch: Path,
    command: Sequence[str] | None = None,
    limits: Limits | None = None,
    model_cache: Path | None = None,
    catalog_url: str | None = None,
    endpoints: Sequence[Endpoint] = (),
    advise: Advise | None = None,
) -> AsyncIterator[Runner]:
    """Start a process for `model`; leaving the context ends it and removes what it wrote.

    Parameters
    ----------
    scratch
        Folder under which the process gets one of its own.
    model_cache
        Where the Foundry catalog keeps downloaded models; only catalog models need it.
    catalog_url
        Another catalog than the public one.
    endpoints
        Those of the settings. A model behind one gets a child that alone has the endpoint's key.
    advise
        Adds to each failure what can be done about it here.
    """
    way = _way_to(model, endpoints)
    async with child_environment(scratch, model_cache=model_cache, catalog_url=catalog_url) as environment:
        runner = Runner(
            model,
            command=command or way.command,
            limits=limits or Limits(),
            url=way.url,
            advise=advise,
        )
        try:
            if way.failure is not None:
                runner.refuse(way.failure)
            else:
                await runner.start({**environment, **way.environment})
            yield runner
        finally:
            await asyncio.shield(runner.close())


@contextlib.asynccontextmanager
async def child_environment(
    scratch: Path, *, model_cache: Path | None = None, catalog_url: str | None = None
) -> AsyncIterator[dict[str, str]]:
    """Give a child the few variables it needs, and a home of its own that goes when it goes.

    The SDK's data and telemetry files land in that home, not in the user's; keys in the service's environment never
    reach a child.
    """
    own = await asyncio.to_thread(_own_folder, scratch)
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment |= {
        "HOME": str(own),
        "XDG_CACHE_HOME": str(own),
        "SLM_JUDGE_SCRATCH": str(own),
        **SILENT,
    }
    if model_cache is not None:
        environment["SLM_JUDGE_MODEL_CACHE"] = str(model_cache)
    if catalog_url is not None:
        environment["SLM_JUDGE_CATALOG_URL"] = catalog_url
    try:
        yield environment
    finally:
        await asyncio.to_thread(shutil.rmtree, own, ignore_errors=True)


def _own_folder(scratch: Path) -> Path:
    scratch.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="runner-", dir=scratch))
