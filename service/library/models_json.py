"""``models.json``: models by alias with capability tags and sizes, and the prompts to ask them, as the workshop keeps them.

{"models": {"phi-4-mini": {"capabilities": ["chat"], "size_mb": 3686}}, "prompts": ["Why?"]}
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from service.library.imported import Record, as_text

MIB: Final = 1024 * 1024
FIELDS: Final = ("capabilities", "size_mb", "licence", "family", "context", "version", "source")
TOLERANCE: Final = 0.1
"""Share by which a size may differ before that is said: files differ by their metadata alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a ``models.json`` comes to on this machine.

    Attributes
    ----------
    models
        Names that requests may use, in the order of the file.
    prompts
        Entries of a prompt set; empty where the file has none.
    lost
        One line for everything that is not so here, or has no place here.
    """

    models: tuple[str, ...]
    prompts: tuple[str | Record, ...]
    lost: tuple[str, ...]


def models_json(models: Iterable[Mapping[str, Any]], prompts: Iterable[Mapping[str, Any]] = ()) -> Record:
    """Return the document that keeps models and prompts, both as the API tells them; what is unknown is left out.

    Examples
    --------
    >>> models_json([{"name": "a", "capabilities": ["chat"], "disk_bytes": 3145728, "licence": None}])
    {'models': {'a': {'capabilities': ['chat'], 'size_mb': 3.0}}, 'prompts': []}
    """
    kept: Record = {}
    for one in models:
        told = dict(one) | {
            "size_mb": None if one["disk_bytes"] is None else round(one["disk_bytes"] / MIB, 2)
        }
        kept[one["name"]] = {name: told[name] for name in FIELDS if told.get(name) is not None}
    return {"models": kept, "prompts": [_entry(prompt) for prompt in prompts]}


def choose(document: Any, known: Iterable[Mapping[str, Any]], capability: str | None = None) -> Chosen:
    """Return which of a document's models are here, and what it says that is not so.

    Parameters
    ----------
    document
        The parsed JSON: ``models`` by alias or as a list, or the aliases themselves at the top; ``prompts`` beside them.
    known
        The models of this service, as the API tells them.
    capability
        Only models that the file gives this tag.

    Raises
    ------
    ValueError
        If it is no such document.
    """
    here = {one["name"]: one for one in known}
    lost: list[str] = []
    chosen: list[str] = []
    for alias, told in _models(document).items():
        tags = told.get("capabilities", [])
        if not isinstance(tags, list):
            lost.append(f"{alias}: its capabilities are no list")
            tags = []
        if capability is not None and capability not in tags:
            continue
        name = next((one for one in (alias, f"foundry:{alias}") if one in here), None)
        if name is None:
            lost.append(f"{alias}: there is no such model here")
            continue
        chosen.append(name)
        lost += [f"{alias}: {line}" for line in _differences(told, tags, here[name])]
    prompts, skipped = _prompts(document)
    return Chosen(models=tuple(chosen), prompts=prompts, lost=(*lost, *skipped))


def _models(document: Any) -> dict[str, Record]:
    """Return each model by its alias.

    Raises
    ------
    ValueError
        If there are none.
    """
    inner = document.get("models", document) if isinstance(document, dict) else document
    if isinstance(inner, list):
        named = {str(one.get("alias", one.get("name", ""))): one for one in inner if isinstance(one, dict)}
    elif isinstance(inner, dict):
        named = {alias: one for alias, one in inner.items() if isinstance(one, dict)}
    else:
        named = {}
    if not named or "" in named:
        raise ValueError("it names no models: that is an object of aliases with their capabilities")
    return named


def _differences(told: Record, tags: list[Any], model: Mapping[str, Any]) -> Iterable[str]:
    for tag in tags:
        if tag not in model["capabilities"]:
            yield f"the capability '{tag}' is not on its card"
    size, bytes_ = told.get("size_mb"), model["disk_bytes"]
    if isinstance(size, int | float) and bytes_ and abs(bytes_ / MIB - size) > TOLERANCE * bytes_ / MIB:
        yield f"its size is {bytes_ / MIB:.4g} MiB here, not {size:g}"
    for name in ("licence", "version"):
        if told.get(name) is not None and told[name] != model[name]:
            yield f"its {name} is {as_text(model[name]) or 'unknown'} here, not {told[name]}"
    for name in sorted(told.keys() - set(FIELDS) - {"alias", "name"}):
        yield f"'{name}' has no place here"
    if not model["cached"]:
        yield "it has not been downloaded"


def _prompts(document: Any) -> tuple[tuple[str | Record, ...], list[str]]:
    given = document.get("prompts", []) if isinstance(document, dict) else []
    if isinstance(given, dict):
        given = given.get("prompts", [])
    if not isinstance(given, list):
        return (), ["prompts: no list"]
    kept = tuple(one for one in given if isinstance(one, str | dict))
    return kept, [] if len(kept) == len(given) else ["prompts: those that are neither text nor an object"]


def _entry(prompt: Mapping[str, Any]) -> Record:
    return {
        name: prompt[name]
        for name in ("id", "text", "system", "reference", "tags", "expect")
        if prompt.get(name)
    }
