"""How sure a share is: the interval that a count of successes leaves open."""

import math
from dataclasses import dataclass

_REACH = 1.959963984540054
"""Standard deviations on each side of the middle for 95 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The 95 % interval of a share."""

    low: float
    high: float


def wilson(successes: int, n: int) -> Share:
    """Return Wilson's interval of `successes` out of `n`; with no trial it is everything from 0 to 1.

    Examples
    --------
    >>> found = wilson(8, 10)
    >>> round(found.low, 3), round(found.high, 3)
    (0.49, 0.943)
    >>> wilson(0, 0)
    Share(low=0.0, high=1.0)

    References
    ----------
    E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927) 209-212.
    """
    if n == 0:
        return Share(low=0.0, high=1.0)
    share, square = successes / n, _REACH**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    reach = _REACH / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n**2))
    low = 0.0 if successes == 0 else middle - reach
    high = 1.0 if successes == n else middle + reach
    return Share(low=max(0.0, low), high=min(1.0, high))
