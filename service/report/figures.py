"""Figures: numbers as reports show them, with their unit, and as the JSON report holds them."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from service.domain.estimates import Estimate
from service.domain.units import Unit, spell

NONE = "–"


def plain(value: Any) -> Any:
    """Return `value` as JSON's own types: dataclasses as objects in the order of their fields, floats rounded.

    Raises
    ------
    ValueError
        For NaN and infinities: whatever is undefined has to be ``None`` by now.

    Examples
    --------
    >>> plain((1 / 3, None, "x"))
    [0.333333333, None, 'x']
    """
    match value:
        case Enum():
            result = value.value
        case float():
            result = rounded(value)
        case datetime():
            result = moment(value)
        case Mapping():
            result = {str(key): plain(inner) for key, inner in value.items()}
        case list() | tuple():
            result = [plain(inner) for inner in value]
        case _ if is_dataclass(value):
            result = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            result = value
    return result


def rounded(value: float) -> float:
    """Return the number with nine significant digits.

    Examples
    --------
    >>> rounded(1 / 3), rounded(123456789.123), rounded(-0.0)
    (0.333333333, 123456789.0, 0.0)
    """
    if not math.isfinite(value):
        msg = f"a report holds finite numbers or None, not {value}"
        raise ValueError(msg)
    return float(f"{value:.9g}") + 0.0


def moment(value: datetime) -> str:
    """Return a time as RFC 3339 in UTC.

    Examples
    --------
    >>> moment(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
    '2026-11-22T12:00:00Z'
    """
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def say(value: float | None, unit: Unit) -> str:
    """Return the number with its unit and about three digits that matter; a dash where there is none.

    Examples
    --------
    >>> say(0.0042, "seconds"), say(1.8437, "seconds"), say(432013312, "bytes"), say(5 * 2**30, "bytes")
    ('4.2 ms', '1.84 s', '412 MiB', '5 GiB')
    >>> say(31.24, "rate"), say(0.025, "share"), say(4.1, "points"), say(None, "points")
    ('31.2 tokens/s', '2.5 %', '4.10', '–')
    """
    if value is None:
        return NONE
    return spell(value, unit)


def say_estimate(estimate: Estimate, unit: Unit) -> str:
    """Return value and interval; a dash where there is no value.

    Examples
    --------
    >>> say_estimate(Estimate(value=4.1, low=3.9, high=4.3, n=20), "points")
    '4.10 (3.90 to 4.30)'
    >>> say_estimate(Estimate(value=0.004, low=None, high=None, n=3, reason="too few"), "seconds")
    '4 ms'
    """
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return say(estimate.value, unit)
    return f"{say(estimate.value, unit)} ({say(estimate.low, unit)} to {say(estimate.high, unit)})"
