"""Start a runner for a model in an environment of its own, and clear up after it."""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from service.domain.models import Model
from service.models.runner import Limits, Runner

FOUNDRY = (sys.executable, "-m", "service.models.foundry")
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


@contextlib.asynccontextmanager
async def open_runner(
    model: Model,
    *,
    scratch: Path,
    command: Sequence[str] = FOUNDRY,
    limits: Limits | None = None,
    model_cache: Path | None = None,
    catalog_url: str | None = None,
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
    """
    async with child_environment(scratch, model_cache=model_cache, catalog_url=catalog_url) as environment:
        runner = Runner(model, command=command, limits=limits or Limits())
        try:
            await runner.start(environment)
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
        "ORT_DISABLE_TELEMETRY": "1",
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
