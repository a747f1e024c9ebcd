"""Cursors: where the next page begins, as a word that clients hand back unread."""

import base64
import binascii
import json

from service.domain.responses import Slot
from service.errors import Fault, Invalid


def write_cursor(*parts: str | int) -> str:
    """Return the parts of a key as one word that is safe in a URL.

    Examples
    --------
    >>> read_cursor(write_cursor("a", 1))
    ['a', 1]
    """
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> list[str | int]:
    """Return the parts of a cursor.

    Raises
    ------
    Invalid
        If it is not one that this service gave out.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _invalid() from error
    if not isinstance(parts, list) or not all(isinstance(part, str | int) for part in parts):
        raise _invalid()
    return parts


def word_after(cursor: str | None) -> str | None:
    """Return the id or name that a cursor holds."""
    if cursor is None:
        return None
    match read_cursor(cursor):
        case [str() as id_] if "\0" not in id_:
            return id_
    raise _invalid()


def slot_after(cursor: str | None) -> Slot | None:
    """Return the slot that a cursor of items holds."""
    if cursor is None:
        return None
    match read_cursor(cursor):
        case [str() as candidate, str() as prompt, int() as pass_, int() as round_] if (
            "\0" not in candidate + prompt and 0 <= pass_ < 2**31 and 0 <= round_ < 2**31
        ):
            return Slot(candidate=candidate, prompt=prompt, pass_number=pass_, round_number=round_)
    raise _invalid()


def _invalid() -> Invalid:
    detail = "use the next_cursor of the page before, or leave it away for the first page"
    return Invalid(
        f"The cursor is not one of this service: {detail}.",
        [Fault(pointer="", parameter="cursor", detail=detail)],
    )
