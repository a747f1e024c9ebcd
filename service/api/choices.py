"""What the decoder says of a wrong value, as an instruction: name the values there are, or what is to be written."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin

NO_CHOICE = "Invalid enum value"


def name_choices(message: str, kind: Any) -> str:
    """Return what the decoder said of a value of type `kind`, with the values that there are where it is none of them.

    Examples
    --------
    >>> name_choices("Invalid enum value 'fun'", Literal["work", "play"] | None)
    "'fun' is not known: write one of work, play"
    >>> name_choices("Expected `int`, got `str`", int)
    'Expected `int`, got `str`'
    """
    known = tuple(choices(kind))
    if not message.startswith(NO_CHOICE) or not known:
        return message
    return f"{message.removeprefix(NO_CHOICE).strip()} is not known: write one of {', '.join(known)}"


def choices(kind: Any) -> Iterator[str]:
    """Yield the values of an enumeration or a literal, through unions and annotations.

    Examples
    --------
    >>> list(choices(Literal["work", "play"] | None))
    ['work', 'play']
    """
    if isinstance(kind, type) and issubclass(kind, Enum):
        yield from (str(one.value) for one in kind)
    elif get_origin(kind) is Literal:
        yield from map(str, get_args(kind))
    else:
        for part in get_args(kind):
            yield from choices(part)


def cure(message: str) -> str:
    """Turn the decoder's wording into an instruction.

    Examples
    --------
    >>> cure("Expected `int`, got `str`"), cure("Invalid UUID")
    ('write int, not str', 'write an id as the service shows it: a UUID')
    """
    if message.startswith("Expected "):
        return "write " + message.removeprefix("Expected ").replace("`", "").replace(", got ", ", not ")
    if message.startswith("Object missing required field"):
        return message.replace("Object missing required field", "the field is missing:").replace("`", "'")
    if message.startswith("Object contains unknown field"):
        return message.replace("Object contains unknown field", "unknown field, remove it:").replace("`", "'")
    if message == "Invalid UUID":
        return "write an id as the service shows it: a UUID"
    return message
