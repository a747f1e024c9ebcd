"""Bodies: every structural fault of a JSON body at once, each with its JSON pointer; the framework stops at the first."""

import json
import re
import types
import typing
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from itertools import islice
from typing import Any

import msgspec
from litestar import Request
from msgspec import NODEFAULT, Struct

from service.api.choices import cure, name_choices
from service.api.problems import ProblemException
from service.api.wire import Request as Body
from service.errors import Fault, Invalid

MOST_FAULTS = 50
_PATH = re.compile(r" - at `\$(.*)`$")
_STEPS = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+|\.\.\.)\]")


def well_formed(kind: type[Body]) -> Callable[[Request[Any, Any, Any]], Awaitable[None]]:
    """Return a hook that refuses a body which does not fit `kind` before the handler is called."""

    async def check(request: Request[Any, Any, Any]) -> None:
        body = await request.body()
        faults = (
            body_faults(body, kind)
            if body
            else [Fault(pointer="", detail="the body is empty: send a JSON object")]
        )
        if faults:
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            raise Invalid(
                f"{faults[0].pointer or 'The body'}: {faults[0].detail}{more}", faults[:MOST_FAULTS]
            )

    return check


def body_faults(body: bytes, kind: type[Body]) -> list[Fault]:
    """Return what does not fit, field by field.

    Raises
    ------
    ProblemException
        If `body` is not JSON at all.
    """
    try:
        document = msgspec.json.decode(body)
        twice = _twice_faults(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProblemException("unparsable", f"The body is not JSON: {error}.") from error
    if not isinstance(document, dict):
        return [Fault(pointer="", detail="the body must be a JSON object")]
    return twice + _object_faults(document, kind, "")


class _Twice(dict[str, Any]):
    """A JSON object that gives some names more than once, and which."""

    names: frozenset[str]


def _twice_faults(body: bytes) -> list[Fault]:
    """Return a fault for each name that an object gives twice: readers disagree on which of the values counts.

    msgspec keeps the last value without a word, so the body is read once more by a reader that can tell.
    """
    found: list[_Twice] = []

    def made(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        document = dict(pairs)
        if len(document) == len(pairs):
            return document
        twice = _Twice(document)
        twice.names = frozenset(
            name for name, times in Counter(name for name, _ in pairs).items() if times > 1
        )
        found.append(twice)
        return twice

    # Numbers stay as they are written: a long one is neither slow nor refused here.
    document = json.loads(body.decode(), object_pairs_hook=made, parse_int=str, parse_float=str)
    return list(islice(_pointed(document, ""), MOST_FAULTS)) if found else []


def _pointed(value: Any, pointer: str) -> Iterator[Fault]:
    if isinstance(value, dict):
        for name, inner in value.items():
            at = pointer + _step(name)
            if isinstance(value, _Twice) and name in value.names:
                yield Fault(pointer=at, detail=f"'{name}' is given more than once: keep one of them")
            yield from _pointed(inner, at)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _pointed(inner, f"{pointer}/{number}")


def _object_faults(document: dict[str, Any], kind: type[Struct], pointer: str) -> list[Fault]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    known = ", ".join(fields)
    faults = [
        Fault(
            pointer=pointer + _step(name),
            detail=f"unknown field: remove it or correct its spelling ({known})",
        )
        for name in document
        if name not in fields
    ]
    for name, field in fields.items():
        if name in document:
            faults += _value_faults(document[name], field.type, pointer + _step(name))
        elif field.default is NODEFAULT and field.default_factory is NODEFAULT:
            faults.append(Fault(pointer=pointer + _step(name), detail=f"'{name}' is missing: add it"))
    return faults


def _value_faults(value: Any, kind: Any, pointer: str) -> list[Fault]:
    """Look at each entry of a list and each field of an object by itself, so that one does not hide the others."""
    if isinstance(value, list):
        inner = next(_parts(kind, _entry_type), None)
        faults = [] if inner is None else _entry_faults(value, inner, pointer)
        if faults:
            return faults
    elif isinstance(value, dict):
        struct = next(_parts(kind, _struct_type), None)
        if struct is not None:
            return _object_faults(value, struct, pointer)
    try:
        msgspec.convert({"value": value}, _holder(kind), strict=True)
    except msgspec.ValidationError as error:
        text = str(error)
        found = _PATH.search(text)
        message = text[: found.start()] if found else text
        path = (found[1] if found else "").removeprefix(".value")
        return [Fault(pointer=pointer + _steps(path), detail=cure(name_choices(message, kind)))]
    pattern = next(_parts(kind, _described_pattern), None) if isinstance(value, str) else None
    if pattern is not None and re.search(pattern, value) is None:
        return [Fault(pointer=pointer, detail=f"write str matching regex {pattern!r}")]
    return []


@cache
def _holder(kind: Any) -> type[Struct]:
    """Return a struct with one field of type `kind`, made once: what msgspec knows of a bare type it works out each time."""
    return msgspec.defstruct("Holder", [("value", kind)])


def _entry_faults(values: list[Any], kind: Any, pointer: str) -> list[Fault]:
    return [fault for at, one in enumerate(values) for fault in _value_faults(one, kind, f"{pointer}/{at}")]


def _parts(kind: Any, wanted: Callable[[Any], Any]) -> Iterator[Any]:
    """Walk through a union and its annotations to the parts that are `wanted`."""
    found = wanted(kind)
    if found is not None:
        yield found
    elif typing.get_origin(kind) in {typing.Annotated, typing.Union, types.UnionType}:
        for part in typing.get_args(kind):
            yield from _parts(part, wanted)


def _entry_type(kind: Any) -> Any:
    return typing.get_args(kind)[0] if typing.get_origin(kind) is list else None


def _described_pattern(kind: Any) -> str | None:
    """Return a pattern that msgspec is not told of: see `wire.NameOr`."""
    extra = kind.extra_json_schema if isinstance(kind, msgspec.Meta) else None
    return None if extra is None else extra.get("extra", {}).get("pattern")


def _struct_type(kind: Any) -> type[Struct] | None:
    return kind if isinstance(kind, type) and issubclass(kind, Struct) else None


def _steps(path: str) -> str:
    return "".join("/" + (name or index) for name, index in _STEPS.findall(path))


def _step(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")
