"""Formats: which of them a request wants, by Accept header or by name."""

from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.openapi.datastructures import ResponseSpec

from service.api.problems import ProblemException


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A way to write an answer."""

    name: str
    media_type: str


JSON = Format(name="json", media_type="application/json")
CSV = Format(name="csv", media_type="text/csv")
MARKDOWN = Format(name="md", media_type="text/markdown")
HTML = Format(name="html", media_type="text/html")
TEXT = Format(name="txt", media_type="text/plain")
EVENT_STREAM = Format(name="sse", media_type="text/event-stream")


def choose(request: Request[Any, Any, Any], named: str | None, offered: tuple[Format, ...]) -> Format:
    """Return the format that `named` or else the Accept header asks for; without either the first one offered.

    Raises
    ------
    ProblemException
        406 if none of those offered will do.
    """
    if named is not None:
        found = next((one for one in offered if one.name == named), None)
    else:
        by_type = {one.media_type: one for one in offered}
        best = request.accept.best_match(list(by_type), default=None)
        found = None if best is None else by_type[best]
    if found is None:
        names = ", ".join(f"?format={one.name} ({one.media_type})" for one in offered)
        raise ProblemException("not-acceptable", f"Ask for one of {names}.", {"Vary": "Accept"})
    return found


def download(stem: str, kind: Format) -> dict[str, str]:
    """Return headers that name the file where a browser saves it, and say that Accept decided."""
    disposition = "inline" if kind.name in {"json", "html"} else "attachment"
    return {"Content-Disposition": f'{disposition}; filename="{stem}.{kind.name}"', "Vary": "Accept"}


def shown_as(kind: type[Any], description: str = "What was asked for") -> ResponseSpec:
    """Return the description of an answer whose handler can give several sorts of them."""
    return ResponseSpec(kind, generate_examples=False, description=description)
