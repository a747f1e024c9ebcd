"""Plants: insults and dangerous advice, by language, that make a good answer worse in an examination of a judge."""

from pathlib import Path
from typing import get_args, get_type_hints

from service.domain.rubrics import Plant
from service.library.documents import read_document
from service.library.schemas import check


def read_plants(path: Path, schema: Path) -> tuple[Plant, ...]:
    """Return the sentences of `path`: fault by fault, language by language, in the order of the file.

    Raises
    ------
    InvalidFile
        If the file does not fit `schema`.
    """
    document = check(read_document(path), schema, f"the file of plants '{path.name}'")
    return tuple(
        Plant(fault=fault, language=language, text=text)
        for fault in get_args(get_type_hints(Plant)["fault"])
        for language, texts in document[fault].items()
        for text in texts
    )
