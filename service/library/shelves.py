"""Folders of files known by name: which names there are, and the one file of a name."""

import re
from dataclasses import dataclass
from pathlib import Path

from service.errors import Fault, Invalid, NotFound
from service.library.schemas import shorten

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A folder that holds one kind of file.

    Attributes
    ----------
    kind
        What a file on it is called in messages, e.g. ``rubric``.
    suffixes
        ``.yaml``, ``.json``, ``.jsonl``, ``.csv`` or ``.md``; where two files share a name the first of these counts.
    """

    kind: str
    folder: Path
    suffixes: tuple[str, ...]

    def names(self) -> tuple[str, ...]:
        """Return the names of all files in order; none when the folder does not exist."""
        return tuple(
            sorted(
                {
                    path.stem
                    for suffix in self.suffixes
                    for path in self.folder.glob(f"*{suffix}")
                    if _NAME.fullmatch(path.stem) and path.is_file()
                }
            )
        )

    def find(self, name: str) -> Path:
        """Return the file called `name`.

        Raises
        ------
        NotFound
            If there is none, or if a link leads out of the folder; the message lists the known names.
        Invalid
            If `name` is not a name at all.
        """
        check_name(name, self.kind)
        places = [self.folder / f"{name}{suffix}" for suffix in self.suffixes]
        path = next((place for place in places if place.is_file()), places[0])
        if name not in self.names() or not path.resolve().is_relative_to(self.folder.resolve()):
            known = ", ".join(self.names()) or "none"
            raise NotFound(f"there is no {self.kind} called '{name}' (known: {known})")
        return path


def check_name(name: str, kind: str) -> None:
    """Refuse a name that could be anything but a plain file name.

    Raises
    ------
    Invalid
        If it is not 1 to 64 small letters, digits, dots, dashes and underscores, the first a letter or digit.
    """
    if _NAME.fullmatch(name) is None:
        detail = (
            f"'{shorten(name, 60)}' is not a name: use small letters, digits, '.', '-' and '_' (64 at most)"
        )
        raise Invalid(f"the {kind}'s name cannot be used: {detail}", [Fault(pointer="", detail=detail)])
