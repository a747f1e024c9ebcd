"""Own ONNX Runtime GenAI directories as models: look inside, read the card, refuse what cannot be loaded."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any, TypeVar

from service.domain.models import Model, Source
from service.errors import Fault, InvalidFile
from service.models.footprint import footprint

CARD = "card.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
T = TypeVar("T")
_LARGEST_CARD = 256 * 1024


def read_directory(folder: Path, *, source: Source = "directory") -> Model:
    """Return the model in `folder`, named after the folder.

    ``genai_config.json`` must be there, since the runtime cannot do without; ``card.json`` is optional and may give
    ``description``, ``licence``, ``family``, ``capabilities`` and ``judge`` (the template and the budget that suit it as a
    judge). Without a licence the model's licence is
    unknown, and the licence gate fails closed.

    Raises
    ------
    InvalidFile
        If the folder has no readable ``genai_config.json``, its name cannot be a model's name, or the card is wrong.
    """
    if not _NAME.fullmatch(folder.name):
        raise InvalidFile(
            f"'{folder.name}' cannot be a model's name: use lower-case letters, digits, '.', '_' and '-'."
        )
    config = _read(folder / "genai_config.json", f"'{folder}' is not an ONNX Runtime GenAI model directory")
    card = _read(folder / CARD, f"the card of '{folder.name}'") if (folder / CARD).exists() else {}
    faults = [
        Fault(pointer=f"/{key}", detail=f"must be {what}")
        for key, kind, what in (
            ("description", str, "a string"),
            ("licence", str, "an SPDX identifier or LicenseRef-…"),
            ("family", str, "a string"),
            ("capabilities", list, "a list of strings"),
            ("judge", dict, "an object with template and max_tokens"),
        )
        if key in card and not isinstance(card[key], kind)
    ]
    if faults:
        raise InvalidFile(f"{folder / CARD} is not right.", faults)
    judge = card.get("judge", {})
    model = config.get("model")
    search = config.get("search")
    limits = [
        part[key]
        for part, key in ((search, "max_length"), (model, "context_length"))
        if isinstance(part, dict) and isinstance(part.get(key), int) and part[key] > 0
    ]
    return Model(
        name=folder.name,
        source=source,
        description=str(card.get("description", "")),
        family=card.get("family"),
        licence=card.get("licence"),
        capabilities=tuple(str(item) for item in card.get("capabilities", ["chat"])),
        path=str(folder),
        disk_bytes=footprint(folder).bytes,
        context=min(limits) if limits else None,
        version=_version(folder),
        device="cpu",
        judge_template=_of_kind(str, judge.get("template")),
        judge_max_tokens=_of_kind(int, judge.get("max_tokens")),
    )


def _of_kind(kind: type[T], value: object) -> T | None:
    return value if isinstance(value, kind) else None


def _read(path: Path, subject: str) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_CARD:
            raise InvalidFile(f"{subject}: {path.name} is larger than 256 KiB.")
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise InvalidFile(f"{subject}: {path.name} is missing.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidFile(f"{subject}: {path.name} cannot be read ({type(error).__name__}).") from error
    if not isinstance(document, dict):
        raise InvalidFile(f"{subject}: {path.name} must hold an object.")
    return document


def _version(folder: Path) -> str:
    """Fingerprint of names, sizes and times of the files, and of the bytes of the small ones.

    Gigabytes of weights are not read to list a model: their size and time of change stand for them.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        status = path.stat()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{status.st_size}\0".encode())
        if status.st_size <= 4 * 1024 * 1024:
            digest.update(path.read_bytes())
        else:
            digest.update(str(status.st_mtime_ns).encode())
    return digest.hexdigest()[:16]
