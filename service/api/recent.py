"""Recent: what was read of an evaluation a moment ago, so that many readers cost one look at the rows."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from service.store.news import News

GOOD_FOR = 0.25
"""Seconds for which a reading is shown again: so far behind may be what other processes wrote, and the counts."""
MOST = 64
"""Evaluations whose reading is held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An answer as it is sent.

    Attributes
    ----------
    tag
        Its entity tag.
    wait
        What Retry-After says; ``None`` where it does not change any more.
    """

    body: bytes
    tag: str
    wait: str | None


@dataclass(frozen=True, slots=True)
class _Held:
    reading: Reading
    told: int
    until: float


class Recent:
    """Holds the newest reading of each evaluation for a moment.

    A reading is never older than what this process has told of any evaluation (its state, name, labels, events, deletion):
    whoever changes something reads the change. Those who ask while somebody looks wait for that look, if it began
    behind the newest of these changes.
    """

    def __init__(self, news: News, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._news = news
        self._clock = clock
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._looking: dict[str, tuple[int, asyncio.Task[Reading]]] = {}

    def known(self, evaluation: str) -> Reading | None:
        """Return the reading at hand; ``None`` where it is time to look."""
        held = self._held.get(evaluation)
        if held is None or held.told != self._news.told or self._clock() > held.until:
            return None
        return held.reading

    async def look(self, evaluation: str, read: Callable[[], Awaitable[Reading]]) -> Reading:
        """Return what `read` returns, or what somebody's look that is under way does; errors are everybody's."""
        told = self._news.told
        begun, task = self._looking.get(evaluation, (-1, None))
        if task is None or begun != told:
            task = asyncio.create_task(self._read(evaluation, told, read))
            self._looking[evaluation] = told, task
            task.add_done_callback(lambda done: self._done(evaluation, done))
        # One client that goes away takes nothing from the others.
        return await asyncio.shield(task)

    async def _read(self, evaluation: str, told: int, read: Callable[[], Awaitable[Reading]]) -> Reading:
        found = await read()
        held = self._held.get(evaluation)
        if held is not None and held.told > told:
            return found
        self._held[evaluation] = _Held(found, told, self._clock() + GOOD_FOR)
        self._held.move_to_end(evaluation)
        while len(self._held) > MOST:
            self._held.popitem(last=False)
        return found

    def _done(self, evaluation: str, task: asyncio.Task[Reading]) -> None:
        if self._looking.get(evaluation, (0, None))[1] is task:
            del self._looking[evaluation]
        if not task.cancelled():
            task.exception()  # whoever waited has it; nobody may be left
