"""Estimate: a number with its interval, or the reason why there is none."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with an interval; ``None`` with a `reason` where it is undefined, never NaN.

    Attributes
    ----------
    value, low, high
        The point value and its interval, all in the unit of the quantity. `low` and `high` can be ``None`` while
        `value` is not (too few data for an interval); `reason` then says so.
    n
        How many independent units (prompts, as a rule) stand behind it.
    reason
        Why something is missing; ``None`` when nothing is.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    reason: str | None = None

    def __post_init__(self) -> None:
        for number in (self.value, self.low, self.high):
            if number is not None and not math.isfinite(number):
                msg = f"an estimate holds finite numbers or None, not {number}"
                raise ValueError(msg)
        if (self.value is None or self.low is None or self.high is None) and self.reason is None:
            msg = "an estimate with a missing number needs a reason"
            raise ValueError(msg)


def undefined(reason: str, *, n: int = 0) -> Estimate:
    """Return an estimate that has no number, with the reason.

    Examples
    --------
    >>> undefined("no data").value is None
    True
    """
    return Estimate(value=None, low=None, high=None, n=n, reason=reason)
