"""Canaries: answers whose grade is known beforehand, as the file has them."""

from pathlib import Path

from service.domain.canaries import Canary
from service.errors import Fault, InvalidFile
from service.library.documents import read_document
from service.library.schemas import check


def read_canaries(path: Path, schema: Path) -> tuple[Canary, ...]:
    """Return the canaries of `path` in its order.

    Raises
    ------
    InvalidFile
        If the file does not fit `schema`, or names one twice.
    """
    title = f"the file of canaries '{path.name}'"
    document = check(read_document(path), schema, title)
    found = tuple(Canary(**entry) for entry in document["canaries"])
    for at, one in enumerate(found):
        if any(other.name == one.name for other in found[:at]):
            detail = f"'{one.name}' is the name of two canaries: give each its own"
            raise InvalidFile(f"{title}: {detail}", [Fault(pointer=f"/canaries/{at}/name", detail=detail)])
    return found
