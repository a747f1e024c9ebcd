"""Tallies: counters and histograms as plain numbers, cheap where they are counted; only whoever asks turns them into text.

They are counted on the event loop alone.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_SERIES = 1000
"""Label values of one tally; what comes beyond is counted together, as ``other``."""


@dataclass(slots=True, kw_only=True)
class Counter:
    """A number for each combination of label values that only grows."""

    name: str
    help: str
    labels: tuple[str, ...]
    values: dict[tuple[str, ...], float] = field(default_factory=dict)

    def add(self, *labels: str, by: float = 1.0) -> None:
        """Count.

        Examples
        --------
        >>> counter = Counter(name="calls", help="Calls.", labels=("outcome",))
        >>> counter.add("ok"); counter.add("ok", by=2); counter.values
        {('ok',): 3.0}
        """
        key = labels if labels in self.values or len(self.values) < MOST_SERIES else others(self.labels)
        self.values[key] = self.values.get(key, 0.0) + by


@dataclass(slots=True, kw_only=True)
class Histogram:
    """How often values fell below each bound, for each combination of label values.

    Attributes
    ----------
    bounds
        Upper ends of the buckets, in order; a last one without end is always there.
    values
        Counts in each bucket, the last one included, and the sum of the values.
    """

    name: str
    help: str
    labels: tuple[str, ...]
    bounds: tuple[float, ...]
    values: dict[tuple[str, ...], tuple[list[int], list[float]]] = field(default_factory=dict)

    def observe(self, *labels: str, value: float) -> None:
        """Count one value."""
        key = labels if labels in self.values or len(self.values) < MOST_SERIES else others(self.labels)
        counts, total = self.values.setdefault(key, ([0] * (len(self.bounds) + 1), [0.0]))
        counts[bisect_left(self.bounds, value)] += 1
        total[0] += value

    def cumulative(self, key: tuple[str, ...]) -> Iterator[tuple[str, float]]:
        """Yield each bound as text with how many values were at most that.

        Examples
        --------
        >>> one = Histogram(name="s", help="S.", labels=(), bounds=(0.1, 1.0))
        >>> one.observe(value=0.05); one.observe(value=0.1); one.observe(value=7.0)
        >>> list(one.cumulative(()))
        [('0.1', 2.0), ('1.0', 2.0), ('+Inf', 3.0)]
        """
        total = 0
        for bound, count in zip([*map(str, self.bounds), "+Inf"], self.values[key][0], strict=True):
            total += count
            yield bound, float(total)


def others(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the label values of what is counted together."""
    return tuple("other" for _ in labels)
