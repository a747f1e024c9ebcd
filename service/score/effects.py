"""Effects: a difference of which more is better, put into the unit in which it is shown, with its verdict."""

import math

from service.domain.comparisons import Compared, Kind, Verdict
from service.domain.estimates import Estimate, undefined
from service.domain.units import Unit
from service.score.combined import Combined
from service.score.paired import Comparison, verdict_of


def compared(
    figure: str,
    unit: Unit,
    shown: tuple[float | None, float | None],
    kind: Kind,
    margin: float,
    difference: Estimate,
    found: Comparison | Combined,
    note: str | None,
) -> Compared:
    """Put a difference, of which more is better, into the unit in which it is shown."""
    ratio = kind == "ratio"
    epsilon = math.log1p(margin) if ratio else margin
    verdict: Verdict = "inconclusive"
    if difference.low is not None and difference.high is not None:
        verdict = verdict_of(low=difference.low, high=difference.high, epsilon=epsilon)
    least = found.minimum_detectable
    return Compared(
        figure=figure,
        unit=unit,
        candidate=shown[0],
        against=shown[1],
        kind=kind,
        effect=_as_ratio(difference, 1 if unit == "rate" else -1) if ratio else difference,
        margin=margin,
        verdict=verdict,
        minimum_detectable=None if least is None else math.expm1(least) if ratio else least,
        p_value=found.p_value,
        note=note,
    )


def unknown(
    figure: str,
    unit: Unit,
    shown: tuple[float | None, float | None],
    kind: Kind,
    margin: float,
    reason: str,
) -> Compared:
    """Return a figure that cannot be compared, with the reason."""
    return Compared(
        figure=figure,
        unit=unit,
        candidate=shown[0],
        against=shown[1],
        kind=kind,
        effect=undefined(reason),
        margin=margin,
        verdict="inconclusive",
    )


def logarithm(estimate: Estimate) -> Estimate:
    """Return an estimate above 0 on the logarithmic scale."""
    value, low, high = (
        None if one is None else math.log(one) for one in (estimate.value, estimate.low, estimate.high)
    )
    return Estimate(value=value, low=low, high=high, n=estimate.n, reason=estimate.reason)


def _as_ratio(logs: Estimate, sign: int) -> Estimate:
    """Return the ratio of the first over the second behind a difference of logarithms; `sign` undoes its turning."""
    ends = (logs.low, logs.high) if sign > 0 else (logs.high, logs.low)
    value, low, high = (raised(None if one is None else sign * one) for one in (logs.value, *ends))
    return Estimate(value=value, low=low, high=high, n=logs.n, reason=logs.reason)


def raised(power: float | None) -> float | None:
    """Return e to that power; ``None`` for none."""
    return None if power is None else math.exp(power)
