"""Limits: how many requests one caller may send, as buckets that fill up again; bounded in memory."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_CALLERS = 4096
SECONDS_SAVED = 10.0
"""How long a caller's unused share is saved up: so many seconds' worth may come at once."""


@dataclass(slots=True, kw_only=True)
class Limiter:
    """A token bucket for each caller; the least recently seen is forgotten where there are too many.

    Parameters
    ----------
    per_minute
        Requests that a caller may send in the long run.
    """

    per_minute: float
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    @property
    def capacity(self) -> float:
        """Requests that may come at once."""
        return max(1.0, self.per_minute * SECONDS_SAVED / 60)

    def take(self, caller: str) -> int | None:
        """Take one request from the caller's bucket, or return the whole seconds until there is one again.

        Examples
        --------
        >>> limiter = Limiter(per_minute=6, clock=lambda: 0.0)
        >>> limiter.take("a"), limiter.take("a"), limiter.take("b")
        (None, 10, None)
        """
        now, rate = self.clock(), self.per_minute / 60
        level, seen = self._buckets.pop(caller, (self.capacity, now))
        level = min(self.capacity, level + (now - seen) * rate)
        allowed = level >= 1
        self._buckets[caller] = (level - 1 if allowed else level, now)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        return None if allowed else math.ceil((1 - level) / rate)

    def give_back(self, caller: str) -> None:
        """Put back what was taken for a request that turned out not to count."""
        level, seen = self._buckets.get(caller, (self.capacity, self.clock()))
        self._buckets[caller] = (min(self.capacity, level + 1), seen)
