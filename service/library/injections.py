"""Injections: texts that try to steer a judge, for the examination that finds out which judge obeys them."""

from functools import lru_cache
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
    try:
        states = tuple((file.stat().st_mtime_ns, file.stat().st_size) for file in (path, schema))
    except OSError:
        states = ()  # reading it says what is wrong
    return _read(path, schema, states)


@lru_cache(maxsize=4)
def _read(path: Path, schema: Path, _states: tuple[tuple[int, int], ...]) -> tuple[Injection, ...]:
    """Read the texts once for each state of their files: every plan and every judge asks for them."""
    document = check(read_document(path), schema, f"the file of injections '{path.name}'")
    columns = []
    for number, (language, texts) in enumerate(document["texts"].items()):
        first = 2 * number % len(texts)
        turned = texts[first:] + texts[:first]
        columns.append([Injection(language=language, text=text) for text in turned])
    return tuple(one for row in zip_longest(*columns) for one in row if one is not None)
