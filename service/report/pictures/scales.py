"""Scales: from a figure to a place on an axis, with round numbers to write beside it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """One axis: `low` is drawn at `start` and `high` at `end`; what lies outside is drawn at the edge."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Return where `value` is drawn.

        Examples
        --------
        >>> Scale(low=0, high=10, start=100, end=200).at(5)
        150.0
        >>> Scale(low=1, high=100, start=0, end=100, log=True).at(10)
        50.0
        """
        inside = min(self.high, max(self.low, value))
        low, high, here = (math.log(one) if self.log else one for one in (self.low, self.high, inside))
        return self.start + (here - low) / (high - low) * (self.end - self.start)

    def ticks(self, most: int = 6) -> tuple[float, ...]:
        """Return round values between `low` and `high`, at most about `most` of them.

        Examples
        --------
        >>> Scale(low=0, high=1, start=0, end=1).ticks()
        (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
        >>> Scale(low=0.004, high=0.12, start=0, end=1, log=True).ticks()
        (0.005, 0.01, 0.02, 0.05, 0.1)
        """
        if not self.log:
            step = _step(self.high - self.low, most)
            first = math.ceil(self.low / step - 1e-9)
            last = math.floor(self.high / step + 1e-9)
            return tuple(round(place * step, 12) for place in range(first, last + 1))
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        choices = [self._round(decades, leads) for leads in ((1, 2, 5), (1, 3), (1,))]
        few = next((one for one in choices if len(one) <= most), choices[-1])
        return few[:: math.ceil(len(few) / most) or 1]

    def _round(self, decades: range, leads: tuple[int, ...]) -> tuple[float, ...]:
        found = [float(f"{lead}e{decade}") for decade in decades for lead in leads]
        return tuple(one for one in found if self.low <= one <= self.high)


def linear_over(
    values: Iterable[float], *, start: float, end: float, limits: tuple[float, float], most: int = 6
) -> Scale:
    """Return a linear scale with round ends around `values`, never beyond `limits`; over all of them without values.

    Examples
    --------
    >>> scale = linear_over([0.42, 0.77], start=0, end=1, limits=(0.0, 1.0))
    >>> scale.low, scale.high
    (0.4, 0.8)
    """
    known = list(values)
    lowest, highest = limits
    low, high = (min(known), max(known)) if known else limits
    step = _step(max(high - low, (highest - lowest) / 10), most)
    low, high = max(lowest, math.floor(low / step) * step), min(highest, math.ceil(high / step) * step)
    if low >= high:
        low, high = max(lowest, low - step), min(highest, high + step)
    return Scale(low=round(low, 12), high=round(high, 12), start=start, end=end)


def log_over(values: Iterable[float], *, start: float, end: float) -> Scale:
    """Return a logarithmic scale with a little room around `values`, which lie above 0; at least a doubling wide."""
    known = [value for value in values if value > 0] or [1.0]
    low, high = min(known) / 1.15, max(known) * 1.15
    if high < 2 * low:
        middle = math.sqrt(low * high)
        low, high = middle / math.sqrt(2), middle * math.sqrt(2)
    return Scale(low=low, high=high, start=start, end=end, log=True)


def _step(span: float, most: int) -> float:
    """Return the smallest of 1, 2, 2.5 and 5 times a power of ten that divides `span` into fewer than `most` parts."""
    rough = span / max(1, most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    return next(lead * power for lead in (1, 2, 2.5, 5, 10) if lead * power >= rough * (1 - 1e-9))
