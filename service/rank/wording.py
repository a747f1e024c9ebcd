"""Wording: numbers as an engineer would say them to a manager, with their unit."""

from service.domain.selection import CriterionName, GateName
from service.domain.units import Unit

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
