"""The Foundry catalog as it was last seen: asked only when somebody asks for it, in a child process, and kept in a file.

Nothing here waits for a network on the way to anything else: requests are answered from the file.
"""

import asyncio
import contextlib
import json
import os
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from service.domain.models import Model
from service.models.opening import child_environment

LISTER = (sys.executable, "-m", "service.models.foundry_catalog")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogView:
    """What the catalog held when it was last asked.

    `state` is ``never`` (not asked yet), ``fresh`` (the last try succeeded) or ``unreachable`` (it did not; `models`
    are those of the last success).
    """

    state: str
    checked_at: str | None
    models: tuple[Model, ...]
    reason: str | None = None


def read_catalog(file: Path) -> CatalogView:
    """Return the view kept in `file`; a missing or damaged file is a catalog that was never asked."""
    try:
        document = json.loads(file.read_bytes())
        models = tuple(
            Model(**{**entry, **{name: tuple(entry.get(name, ())) for name in ("capabilities", "refuses")}})
            for entry in document["models"]
        )
        return CatalogView(
            state=str(document["state"]),
            checked_at=document.get("checked_at"),
            models=models,
            reason=document.get("reason"),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return CatalogView(state="never", checked_at=None, models=())


async def refresh_catalog(
    file: Path,
    *,
    scratch: Path,
    patience: float = 60.0,
    model_cache: Path | None = None,
    catalog_url: str | None = None,
) -> CatalogView:
    """Ask the Foundry catalog through a child process and keep what it says in `file`.

    An unreachable catalog keeps the models of the last success and says why it could not be reached.
    """
    before = read_catalog(file)
    checked = datetime.now(UTC).isoformat(timespec="seconds")
    listed = await _ask_child(scratch, patience, model_cache, catalog_url)
    if isinstance(listed, str):
        view = CatalogView(state="unreachable", checked_at=checked, models=before.models, reason=listed)
    else:
        view = CatalogView(state="fresh", checked_at=checked, models=listed)
    await asyncio.to_thread(_write, file, view)
    return view


async def _ask_child(
    scratch: Path, patience: float, model_cache: Path | None, catalog_url: str | None
) -> tuple[Model, ...] | str:
    async with child_environment(scratch, model_cache=model_cache, catalog_url=catalog_url) as environment:
        child = await asyncio.create_subprocess_exec(
            *LISTER,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
        )
        try:
            async with asyncio.timeout(patience):
                out, _ = await child.communicate()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
            return f"no answer within {patience:g} s"
    try:
        entries = json.loads(out)
        if isinstance(entries, dict):
            return str(entries["error"])
        return tuple(
            Model(source="catalog", **{**entry, "capabilities": tuple(entry["capabilities"])})
            for entry in entries
        )
    except (ValueError, KeyError, TypeError):
        return f"the catalog's lister ended with status {child.returncode}"


def _write(file: Path, view: CatalogView) -> None:
    """Replace the file in one step, so that a crash leaves the old one or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(view), indent=1), encoding="utf-8")
    os.replace(fresh, file)  # noqa: PTH105  # Path.replace says the same, os.replace says it is atomic
