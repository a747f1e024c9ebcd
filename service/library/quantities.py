"""Quantities as people write them: ``5 ms``, ``128 MiB``, ``3000 tokens/s``, in the base unit of their dimension."""

import re
from typing import Literal

Dimension = Literal["seconds", "bytes", "tokens/s", "tokens", "points", "share"]

_UNITS: dict[Dimension, dict[str, float]] = {
    "seconds": {"": 1.0, "s": 1.0, "ms": 1e-3, "us": 1e-6},
    "bytes": {
        "": 1.0,
        "B": 1.0,
        "kB": 1e3,
        "MB": 1e6,
        "GB": 1e9,
        "KiB": 2.0**10,
        "MiB": 2.0**20,
        "GiB": 2.0**30,
    },
    "tokens/s": {"": 1.0, "tokens/s": 1.0},
    "tokens": {"": 1.0, "tokens": 1.0},
    "points": {"": 1.0, "points": 1.0},
    "share": {"": 1.0, "%": 1e-2},
}
_WRITTEN = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([A-Za-z/%]{0,8})")


def quantity(written: str | float, dimension: Dimension) -> float:
    """Return the number in the base unit; a bare number is already in it.

    Raises
    ------
    ValueError
        If it is negative, not a quantity, or in a unit of another dimension.

    Examples
    --------
    >>> quantity("5 ms", "seconds")
    0.005
    >>> quantity("2 MiB", "bytes")
    2097152.0
    >>> quantity(0.5, "share")
    0.5
    """
    units = _UNITS[dimension]
    if isinstance(written, int | float):
        if written < 0:
            msg = f"{written} is negative: write zero or more"
            raise ValueError(msg)
        return float(written)
    match = _WRITTEN.fullmatch(written.strip())
    if match is None or match[2] not in units:
        known = ", ".join(unit for unit in units if unit) or "no unit"
        msg = f"'{written}' is not in {dimension}: write a number with one of {known}"
        raise ValueError(msg)
    return round(float(match[1]) * units[match[2]], 12)
