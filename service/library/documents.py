"""Reading files that others wrote: YAML and JSON within limits, and nothing in them but JSON's own types.

YAML is read as version 1.2 means it: ``yes`` and ``no`` are words, a date is text, and there are no aliases.
"""

import json
import math
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from service.errors import Fault, InvalidFile
from service.library.lines import csv_document, jsonl_document

_PROMPTS = 4 * 1024 * 1024
MOST_BYTES = {".yaml": 256 * 1024, ".json": _PROMPTS, ".jsonl": _PROMPTS, ".csv": _PROMPTS, ".md": 64 * 1024}
DEEPEST = 24
MOST_NODES = 200_000


class _Loader(yaml.SafeLoader):
    """A safe loader whose keys are text, each there once, and for which ``yes``, ``no`` and dates are text too."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be text", key.start_mark)
            if key.value in mapping:
                problem = f"the key '{key.value}' is there twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            mapping[key.value] = self.construct_object(value, deep=deep)
        return mapping


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"}
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def read_text(path: Path) -> str:
    """Return the text of `path`.

    Raises
    ------
    InvalidFile
        If it cannot be read, is larger than its kind may be, or is not UTF-8.
    """
    most = MOST_BYTES[path.suffix]
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise _invalid(path, f"it cannot be read: {error.strerror}") from error
    if len(data) > most:
        raise _invalid(path, f"it is larger than {most} bytes: split it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid(path, f"it is not UTF-8 at byte {error.start}: save it as UTF-8") from error


def read_document(path: Path) -> Any:
    """Return what the YAML, JSON, JSON Lines or CSV file `path` holds; do not change it, the next reader gets the same object.

    Raises
    ------
    InvalidFile
        If it cannot be read or parsed, is too large or too deep, or holds what JSON does not know.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise _invalid(path, f"it cannot be read: {error.strerror}") from error
    return _read(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=128)
def _read(path: Path, _modified: int, _size: int) -> Any:
    text = read_text(path)
    try:
        if path.suffix == ".jsonl":
            return jsonl_document(text, parse_json)
        if path.suffix == ".csv":
            return csv_document(text)
        return parse_json(text) if path.suffix == ".json" else parse_yaml(text)
    except ValueError as error:
        raise _invalid(path, str(error)) from error


def parse_json(text: str) -> Any:
    """Return what a JSON text holds.

    Raises
    ------
    ValueError
        If it is not JSON, repeats a key, nests too deep, or holds NaN or an infinity.
    """
    try:
        document = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except RecursionError as error:
        msg = f"it nests more than {DEEPEST} levels deep: make it flatter"
        raise ValueError(msg) from error
    check_plain(document)
    return document


def parse_yaml(text: str) -> Any:
    """Return what a YAML text holds.

    Raises
    ------
    ValueError
        If it is not YAML, repeats a key, uses aliases or tags, nests too deep, or holds what JSON does not know.

    Examples
    --------
    >>> parse_yaml("allowed: yes")
    {'allowed': 'yes'}
    """
    try:
        _check_events(text)
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader with fewer liberties
    except yaml.YAMLError as error:
        msg = f"it is not YAML as expected: {_where(error)}"
        raise ValueError(msg) from error
    check_plain(document)
    return document


def check_plain(document: Any) -> None:
    """Refuse what is too deep, too large or no JSON value; the walk itself cannot overflow the stack.

    Raises
    ------
    ValueError
        With what was found.
    """
    waiting: list[tuple[Any, int]] = [(document, 1)]
    seen = 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST:
            msg = f"it nests more than {DEEPEST} levels deep: make it flatter"
            raise ValueError(msg)
        if seen > MOST_NODES:
            msg = f"it holds more than {MOST_NODES} values: split it"
            raise ValueError(msg)
        if isinstance(value, dict):
            if not all(isinstance(key, str) for key in value):
                msg = "a key is not text: put it in quotes"
                raise ValueError(msg)
            waiting.extend((inner, depth + 1) for inner in value.values())
        elif isinstance(value, list):
            waiting.extend((inner, depth + 1) for inner in value)
        elif isinstance(value, float) and not math.isfinite(value):
            msg = "it holds NaN or an infinity: write a number"
            raise ValueError(msg)
        elif value is not None and not isinstance(value, str | int | float | bool):
            msg = f"it holds a {type(value).__name__}: put it in quotes"
            raise ValueError(msg)


def _check_events(text: str) -> None:
    """Look at depth and aliases before anything is built: building recurses, reading events does not."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            line = "a line" if event.start_mark is None else f"line {event.start_mark.line + 1}"
            msg = f"{line} uses an alias: write the value out"
            raise ValueError(msg)  # noqa: TRY004 - a fault of the file, not of a type
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                msg = f"it nests more than {DEEPEST} levels deep: make it flatter"
                raise ValueError(msg)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"line {mark.line + 1}: {problem}" if mark is not None else str(problem)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            msg = f"the key '{key}' is there twice"
            raise ValueError(msg)
        found[key] = value
    return found


def _no_constant(word: str) -> None:
    msg = f"it holds {word}: write a number"
    raise ValueError(msg)


def _invalid(path: Path, problem: str) -> InvalidFile:
    return InvalidFile(f"{path.name} cannot be used: {problem}", [Fault(pointer="", detail=problem)])
