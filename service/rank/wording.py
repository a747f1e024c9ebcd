"""Wording: numbers as an engineer would say them to a manager, with their unit."""

import math
from typing import Literal

from service.domain.selection import CriterionName, GateName

Unit = Literal["points", "seconds", "bytes", "rate", "tokens", "share"]

CRITERION_UNIT: dict[CriterionName, Unit] = {
    "quality": "points",
    "latency_mean": "seconds",
    "latency_p95": "seconds",
    "first_token": "seconds",
    "throughput": "rate",
    "memory": "bytes",
    "disk": "bytes",
    "licence": "points",
}
CRITERION_TITLE: dict[CriterionName, str] = {
    "quality": "quality",
    "latency_mean": "mean latency",
    "latency_p95": "p95 latency",
    "first_token": "time to first token",
    "throughput": "throughput",
    "memory": "memory",
    "disk": "size on disk",
    "licence": "licence freedom",
}
GATE_UNIT: dict[GateName, Unit] = {
    "licence": "points",
    "memory": "bytes",
    "latency_p95": "seconds",
    "context": "tokens",
    "quality": "points",
    "errors": "share",
}


def spell(value: float, unit: Unit) -> str:
    """Return the number with its unit, with about three digits that matter.

    Examples
    --------
    >>> spell(0.24, "seconds"), spell(1.8437, "seconds"), spell(432013312, "bytes"), spell(0.025, "share")
    ('240 ms', '1.84 s', '412 MiB', '2.5 %')
    >>> spell(4.123, "points"), spell(31.24, "rate"), spell(4096, "tokens"), spell(5 * 2**30, "bytes")
    ('4.12', '31.2 tokens/s', '4096 tokens', '5 GiB')
    """
    if unit == "seconds":
        return f"{_digits(value * 1000)} ms" if abs(value) < 1 else f"{_digits(value)} s"
    if unit == "bytes":
        return f"{_digits(value / 2**30)} GiB" if abs(value) >= 2**30 else f"{_digits(value / 2**20)} MiB"
    if unit == "rate":
        return f"{_digits(value)} tokens/s"
    if unit == "tokens":
        return f"{value:.0f} tokens"
    if unit == "share":
        return f"{_digits(value * 100)} %"
    return f"{value:.2f}"


def spell_score(value: float) -> str:
    """Return a utility or score between 0 and 1.

    Examples
    --------
    >>> spell_score(0.65321)
    '0.653'
    """
    return f"{value:.3f}"


def spell_probability(value: float) -> str:
    """Return a probability that never reads as certainty unless it is.

    Examples
    --------
    >>> spell_probability(0.9971), spell_probability(0.99999), spell_probability(0.00001), spell_probability(1.0)
    ('0.997', '>0.999', '<0.001', '1')
    """
    if value in {0.0, 1.0}:
        return f"{value:.0f}"
    if value > 0.9995:
        return ">0.999"
    if value < 0.0005:
        return "<0.001"
    return f"{value:.3f}"


def rounded(value: float) -> float:
    """Return the number with nine significant digits, as decision records hold it.

    Examples
    --------
    >>> rounded(1 / 3), rounded(123456789.123)
    (0.333333333, 123456789.0)
    """
    return float(f"{value:.9g}") + 0.0


def _digits(value: float) -> str:
    if value == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
