"""Redaction: secrets blanked in a line before it is written, whoever put them there."""

import json
import re
from collections.abc import Collection

BLANK = "[secret]"
_TOKEN = re.compile(r"slmj_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")
_BEARER = re.compile(r"(?i)\b(bearer|basic)(\s+)[A-Za-z0-9._~+/=-]{8,}")
_ASSIGNED = re.compile(
    r"(?i)([\"']?(?:api[-_]?key|password|passwd|secret|authorization)[\"']?\s*[:=]\s*[\"']?)[^\s\"',;&}]{4,}"
)
_IN_URL = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+@")
SHORTEST = 6
"""Characters; what is shorter would be found in innocent words."""


def redact(line: str, secrets: Collection[str] = ()) -> str:
    """Return `line` without `secrets`, tokens of ours, bearer values, and passwords in addresses.

    Examples
    --------
    >>> redact("postgresql://me:hunter2@db/x and Bearer abcdefgh12 and k-123456", ["k-123456"])
    'postgresql://me:[secret]@db/x and Bearer [secret] and [secret]'
    """
    for secret in secrets:
        if len(secret) >= SHORTEST:
            line = line.replace(secret, BLANK).replace(json.dumps(secret)[1:-1], BLANK)
    line = _TOKEN.sub(rf"slmj_\1_{BLANK}", line)
    line = _BEARER.sub(rf"\1\2{BLANK}", line)
    line = _ASSIGNED.sub(rf"\1{BLANK}", line)
    return _IN_URL.sub(rf"\1:{BLANK}@", line)
