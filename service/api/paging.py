"""Paging: where a list goes on, as a cursor in the body and a link in the header."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from litestar import Request, Response

from service.api.cursors import word_after, write_cursor

T = TypeVar("T")


def linked(request: Request[Any, Any, Any], page: T, next_cursor: str | None, **headers: str) -> Response[T]:
    """Return a page with a link to the next one (RFC 8288)."""
    if next_cursor is not None:
        asked = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        rest = [(name, value) for name, value in asked if name != "cursor"]
        headers["Link"] = (
            f'<{request.scope["path"]}?{urlencode([*rest, ("cursor", next_cursor)])}>; rel="next"'
        )
    return Response(page, headers=headers)


def cut(
    found: Sequence[T], name: Callable[[T], str], cursor: str | None, limit: int
) -> tuple[list[T], str | None]:
    """Return a page of what is in memory, in the order of names, and where the next one begins.

    Examples
    --------
    >>> cut("cab", str, None, 2)
    (['a', 'b'], 'WyJiIl0')
    >>> cut("cab", str, "WyJiIl0", 2)
    (['c'], None)
    """
    after = word_after(cursor)
    rest = sorted((one for one in found if after is None or name(one) > after), key=name)
    shown = rest[:limit]
    return shown, write_cursor(name(shown[-1])) if len(rest) > limit else None
