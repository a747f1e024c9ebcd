"""Checking a document against its JSON Schema: every fault at once, each with where it is and what to do."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

from service.errors import Fault, InvalidFile
from service.library.documents import check_plain, read_document

MOST_FAULTS = 20


def validator(schema: Any) -> Draft202012Validator:
    """Return a validator that knows no other schema, so that no reference can reach the network or the disk.

    Raises
    ------
    ValueError
        If `schema` is not a Draft 2020-12 schema.
    """
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        msg = f"it is not a JSON Schema (draft 2020-12): {shorten(error.message)}"
        raise ValueError(msg) from error
    return Draft202012Validator(schema, registry=Registry())


def _validator_of(schema: Path) -> Draft202012Validator:
    state = schema.stat()
    return _built(schema, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=32)
def _built(schema: Path, _modified: int, _size: int) -> Draft202012Validator:
    """Build a validator once for each state of its file: checking a schema takes longer than using it."""
    return validator(read_document(schema))


def check(document: Any, schema: Path, what: str) -> Any:
    """Return `document` if it fits the schema file; `what` names the document in messages.

    Raises
    ------
    InvalidFile
        With every fault found (at most twenty).
    """
    try:
        check_plain(document)
    except ValueError as error:
        raise InvalidFile(
            f"{what} cannot be used: {error}", [Fault(pointer="", detail=str(error))]
        ) from error
    try:
        errors = sorted(_validator_of(schema).iter_errors(document), key=lambda e: e.json_path)
    except Unresolvable as error:
        detail = f"the schema {schema.name} refers to '{error.ref}', which is not part of it"
        raise InvalidFile(
            f"{what} cannot be checked: {detail}", [Fault(pointer="", detail=detail)]
        ) from error
    refuse(what, [_fault(error) for error in errors])
    return document


def refuse(what: str, faults: list[Fault]) -> None:
    """Raise if there is any fault.

    Raises
    ------
    InvalidFile
        With the faults; the message carries the first one.
    """
    if not faults:
        return
    first = faults[0]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    place = f" at {first.pointer}" if first.pointer else ""
    raise InvalidFile(f"{what} does not fit{place}: {first.detail}{more}", faults[:MOST_FAULTS])


def pointer(*path: str | int) -> str:
    """Return the JSON pointer (RFC 6901) of a path.

    Examples
    --------
    >>> pointer("facets", 0, "a/b")
    '/facets/0/a~1b'
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def shorten(text: str, most: int = 160) -> str:
    """Return `text`, cut in the middle where it is longer than `most` characters."""
    if len(text) <= most:
        return text
    half = (most - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"


def _fault(error: ValidationError) -> Fault:
    inner = best_match(error.context) if error.context else None
    if inner is not None and error.validator in {"anyOf", "oneOf"} and inner.validator != "type":
        error = inner
    return Fault(pointer=pointer(*error.absolute_path), detail=_cure(error))


def _cure(error: ValidationError) -> str:
    """Say in one sentence what is wrong and what to do."""
    expected: Any = error.validator_value
    schema: Any = error.schema
    instance: Any = error.instance
    found = shorten(repr(instance), 60)
    match error.validator:
        case "additionalProperties":
            known = sorted(schema.get("properties", {}))
            unknown = sorted(set(instance) - set(known))
            said = f"unknown field {_listed(unknown)}: remove it or correct its spelling (known: {_listed(known)})"
        case "required":
            said = f"{_listed([name for name in expected if name not in instance])} is missing: add it"
        case "minItems" | "maxItems":
            few = error.validator == "minItems"
            cure = f"give it {expected} or more" if few else f"{expected} is the most, remove some"
            said = f"it has {len(instance)} entries: {cure}"
        case "maxLength":
            said = f"it is {len(instance)} characters long: write {expected} characters or fewer"
        case "enum":
            said = f"{found} is not known: write one of {_listed(expected)}"
        case "type":
            wanted = " or ".join(expected) if isinstance(expected, list) else expected
            said = f"{found} has the wrong type: write a value of type {wanted}"
        case "pattern":
            said = f"{found} is not written as it must be: {schema.get('$comment', expected)}"
        case "minimum" | "maximum":
            word = "at least" if error.validator == "minimum" else "at most"
            said = f"{found} is out of range: write {word} {expected}"
        case "not":
            said = f"{found} has a field too many: a licence has no limit and no anchors, remove them"
        case _:
            said = shorten(error.message)
    return said


def _listed(names: list[Any]) -> str:
    return ", ".join(f"'{name}'" for name in names)
