"""Child process that lists the Foundry catalog as JSON on standard output, or ``{"error": …}``."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from service.models.foundry import Holder


def main() -> None:
    """Print every chat model of the public catalog that this machine could run."""
    private = os.dup(1)
    os.dup2(2, 1)
    cache = os.environ.get("SLM_JUDGE_MODEL_CACHE")
    holder = Holder(Path(os.environ["SLM_JUDGE_SCRATCH"]), Path(cache) if cache else None)
    try:
        found: Any = [
            _entry(model) for model in holder.public_models() if model.info.task == "chat-completion"
        ]
        if not found:
            found = {"error": "the catalog is empty or cannot be reached from here"}
    except Exception as error:  # noqa: BLE001  # whatever the SDK raises is said to the parent
        found = {"error": f"{type(error).__name__}: {error}"[:500]}
    with os.fdopen(private, "w", encoding="utf-8") as out:
        json.dump(found, out)
    sys.stdout.flush()
    os._exit(0)


def _entry(model: Any) -> dict[str, Any]:
    info = model.info
    runtime = info.runtime
    device = getattr(runtime, "device_type", None)
    words = [word for word in (info.capabilities or "").split(",") if word]
    return {
        "name": model.alias,
        "description": info.display_name or "",
        "family": model.alias.split("-")[0].rstrip("0123456789."),
        "licence": info.license,
        "capabilities": ["chat", *words],
        "path": model.get_path() if model.is_cached else None,
        "disk_bytes": None if info.file_size_mb is None else info.file_size_mb * 1024 * 1024,
        "context": model.context_length,
        "version": model.id,
        "device": str(getattr(device, "name", device) or "unknown").lower(),
    }


if __name__ == "__main__":
    main()
