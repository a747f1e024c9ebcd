"""News: within this process, who waits for something new of an evaluation is woken when it is written."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class News:
    """Wakes those who wait; it carries nothing, whoever is woken reads the rows. All on one event loop.

    Attributes
    ----------
    told
        How often there was something new, of whichever evaluation: what was read before and has seen the same number
        is as new as what this process wrote.
    """

    def __init__(self) -> None:
        self.told = 0
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def tell(self, evaluation: str) -> None:
        """Wake everybody who watches `evaluation`; call it after the commit."""
        self.told += 1
        for waiting in self._waiting.get(evaluation, ()):
            waiting.set()

    @contextmanager
    def watching(self, evaluation: str) -> Iterator[asyncio.Event]:
        """Lend an event that is set whenever there is something new; clear it before reading."""
        waiting = asyncio.Event()
        self._waiting.setdefault(evaluation, set()).add(waiting)
        try:
            yield waiting
        finally:
            others = self._waiting[evaluation]
            others.discard(waiting)
            if not others:
                del self._waiting[evaluation]
