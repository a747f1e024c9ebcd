"""What the property tests cannot know by themselves: how bodies look that are files."""

import gzip
from typing import Any

import schemathesis


@schemathesis.serializer("application/gzip")
def zipped(_: Any, value: Any) -> bytes:
    return gzip.compress(str(value).encode(errors="replace"))


@schemathesis.serializer("application/x-ndjson")
def lines(_: Any, value: Any) -> bytes:
    return str(value).encode(errors="replace")
