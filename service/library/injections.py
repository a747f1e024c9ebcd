"""Injections: texts that try to steer a judge, for the examination that finds out which judge obeys them."""

from itertools import zip_longest
from pathlib import Path

from service.domain.rubrics import Injection
from service.library.documents import read_document
from service.library.schemas import check


def read_injections(path: Path, schema: Path) -> tuple[Injection, ...]:
    """Return the texts of `path`, one of each language in turn, so that any beginning of them is mixed.

    Each language begins at another place of its list, since the lists tend to run alike.

    Raises
    ------
    InvalidFile
        If the file does not fit `schema`.
    """
    document = check(read_document(path), schema, f"the file of injections '{path.name}'")
    columns = []
    for number, (language, texts) in enumerate(document["texts"].items()):
        first = 2 * number % len(texts)
        turned = texts[first:] + texts[:first]
        columns.append([Injection(language=language, text=text) for text in turned])
    return tuple(one for row in zip_longest(*columns) for one in row if one is not None)
