"""Fields of a chat request that some servers refuse: how such a refusal is told, and the request without them."""

import json
import re
from collections.abc import Collection
from typing import Any

NEGOTIABLE = ("stream_options", "max_tokens", "seed")
"""What can be left out: a server that refuses ``max_tokens`` is given ``max_completion_tokens``, the others nothing."""
_REFUSED = re.compile(
    r"unsupported|not supported|unrecogni[sz]ed|unknown|unexpected|not permitted|not allowed|extra (?:field|input)"
    r"|max_completion_tokens",
    re.IGNORECASE,
)
_LOOKED_AT = 4000


def refused_field(status: int, body: bytes) -> str | None:
    """Return the field of the request that a server does not know, ``None`` where it says anything else.

    A field with a wrong value (too many tokens, say) is not meant: leaving it out would change what was asked.

    Examples
    --------
    >>> refused_field(400, b'{"error": {"message": "Unrecognized request argument: seed"}}')
    'seed'
    >>> refused_field(400, b'{"error": {"message": "max_tokens must be at most 4096"}}')
    """
    if status not in {400, 422}:
        return None
    said = body[:_LOOKED_AT].decode("utf-8", "replace")
    if not _REFUSED.search(said):
        return None
    named = _parameter(said)
    if named is not None:
        return named if named in NEGOTIABLE else None
    return next((name for name in NEGOTIABLE if re.search(rf"\b{name}\b", said)), None)


def _parameter(said: str) -> str | None:
    """Return what OpenAI's form of an error calls the parameter."""
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        return None
    error = found.get("error") if isinstance(found, dict) else None
    named = error.get("param") if isinstance(error, dict) else None
    return named if isinstance(named, str) and named else None


def without(body: dict[str, Any], left_out: Collection[str]) -> dict[str, Any]:
    """Return `body` as a server takes it that refuses `left_out`.

    Examples
    --------
    >>> without({"model": "m", "max_tokens": 8, "seed": 1}, {"seed", "max_tokens"})
    {'model': 'm', 'max_completion_tokens': 8}
    """
    kept = {name: value for name, value in body.items() if name not in left_out}
    if "max_tokens" in left_out and "max_tokens" in body:
        kept["max_completion_tokens"] = body["max_tokens"]
    return kept
