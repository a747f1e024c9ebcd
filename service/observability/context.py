"""Context: what log lines and traces say of where they come from, carried along by tasks and threads that ask for it."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_SAFE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_bound: ContextVar[Mapping[str, str]] = ContextVar("bound", default={})  # noqa: B039  # never changed, only replaced


def current() -> Mapping[str, str]:
    """Return what is bound here: ``request_id``, ``evaluation``."""
    return _bound.get()


@contextmanager
def bound(**values: str | None) -> Iterator[None]:
    """Bind more values until the context ends; those that are ``None`` are left as they are.

    Examples
    --------
    >>> with bound(request_id="r1"):
    ...     dict(current())
    {'request_id': 'r1'}
    """
    given = {name: value for name, value in values.items() if value is not None}
    before = _bound.set({**_bound.get(), **given})
    try:
        yield
    finally:
        _bound.reset(before)


def safe_id(given: str | None) -> str | None:
    """Return an id that a client sent if it is fit for logs and headers, else ``None``.

    Examples
    --------
    >>> safe_id("req-1"), safe_id("a b"), safe_id("x" * 65), safe_id(None)
    ('req-1', None, None, None)
    """
    return given if given is not None and _SAFE.fullmatch(given) else None
