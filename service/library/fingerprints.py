"""Fingerprints: the SHA-256 of a value's canonical JSON, by which rubrics, prompts and verdicts are told apart."""

import hashlib
import json
from typing import Any

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> bytes:
    r"""Return the one JSON text of `value`: sorted keys, no spaces, UTF-8.

    Tuples count as lists. ``1`` and ``1.0`` differ, so convert before where they should not.

    Raises
    ------
    ValueError
        For NaN and infinities, which JSON does not know.
    TypeError
        For anything else JSON does not know.

    Examples
    --------
    >>> canonical({"b": 1, "a": ("é", None)})
    b'{"a":["\xc3\xa9",null],"b":1}'
    """
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def fingerprint(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of `value` in hexadecimal.

    Examples
    --------
    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(canonical(value)).hexdigest()
