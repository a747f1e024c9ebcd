"""The difference of two estimates that each bring their own interval, where no value per prompt can be paired."""

import math
from dataclasses import dataclass

from service.domain.estimates import Estimate
from service.score.power import minimum_detectable_effect
from service.score.samples import probability
from service.score.tails import z_beyond


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """The first estimate minus the second.

    Attributes
    ----------
    p_value
        Two-sided, that the true difference is 0; below 1 - confidence exactly when the interval leaves 0 out.
    """

    difference: Estimate
    p_value: float | None = None
    minimum_detectable: float | None = None


def combined_difference(
    *, a: Estimate, b: Estimate, confidence: float = 0.95, power: float = 0.8
) -> Combined:
    """Combine two estimates with their intervals into one of their difference.

    Returns
    -------
    Combined
        Undefined where a value is missing, and without interval where a side has none; the reason says which. Swapping a
        and b swaps signs exactly.

    Notes
    -----
    Method of variance estimates recovery [1]_. The sides count as independent: where they go up and down together, as two
    candidates on the same prompts do, the interval is wider than it need be.

    References
    ----------
    .. [1] Donner and Zou (2012), Statistical Methods in Medical Research 21, 347-359.

    Examples
    --------
    >>> from service.domain.estimates import Estimate
    >>> found = combined_difference(
    ...     a=Estimate(value=5.0, low=2.0, high=9.0, n=9), b=Estimate(value=1.0, low=-3.0, high=4.0, n=9)
    ... )
    >>> found.difference.value, round(found.difference.low, 2), round(found.difference.high, 2)
    (4.0, -0.24, 9.66)
    """
    probability(confidence, name="confidence")
    n = min(a.n, b.n)
    if a.value is None or b.value is None:
        reason = (a.reason if a.value is None else b.reason) or "no data"
        return Combined(difference=Estimate(value=None, low=None, high=None, n=n, reason=reason))
    centre = a.value - b.value
    if a.low is None or a.high is None or b.low is None or b.high is None:
        reason = a.reason or b.reason or "no interval"
        return Combined(difference=Estimate(value=centre, low=None, high=None, n=n, reason=reason))
    below = math.hypot(a.value - a.low, b.high - b.value)
    above = math.hypot(a.high - a.value, b.value - b.low)
    z = z_beyond((1 - confidence) / 2)
    towards_zero = below if centre > 0 else above
    if towards_zero > 0:
        p_value = math.erfc(abs(centre) / towards_zero * z / math.sqrt(2))
    else:
        p_value = 1.0 if centre == 0 else 0.0
    return Combined(
        difference=Estimate(value=centre, low=centre - below, high=centre + above, n=n),
        p_value=p_value,
        minimum_detectable=minimum_detectable_effect(
            standard_error=max(below, above) / z, alpha=1 - confidence, power=power
        ),
    )
