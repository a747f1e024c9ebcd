"""Numbers with their units, as a person reads them; the same words in a ranking's reasons and in a report."""

import math
from typing import Literal

Unit = Literal["points", "score", "seconds", "bytes", "rate", "tokens", "share"]


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
    return f"{value:.3f}" if unit == "score" else f"{value:.2f}"


def _digits(value: float) -> str:
    if value == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
