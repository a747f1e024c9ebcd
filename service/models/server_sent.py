"""Server-sent events from the bytes that arrived, each with the stamp of the piece that completed it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Pieces = Sequence[tuple[int, bytes]]
"""Bytes as ``(stamp, piece)`` in order of arrival."""

_BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Event:
    """One server-sent event."""

    stamp: int
    data: bytes
    name: bytes = b""


def events(pieces: Pieces) -> Iterator[Event]:
    r"""Split the bytes into events; comments and fields other than data and event are passed over.

    A last event whose blank line is missing counts: some servers hang up right after it.

    Examples
    --------
    >>> [(e.stamp, e.data) for e in events([(1, b"data: a\n\nda"), (2, b"ta: b\r\n\r\n: hi\n\n")])]
    [(1, b'a'), (2, b'b')]
    """
    data: list[bytes] = []
    name = rest = b""
    stamp = 0
    begin = True
    for stamp, piece in pieces:
        if not (rest or data) and piece[:6] == b"data: " and piece.find(b"\n") == len(piece) - 2:
            # One piece, one event: so it is nearly always.
            yield Event(stamp, piece[6:-2], name)
            name, begin = b"", False
            continue
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            said = line.removeprefix(_BOM if begin else b"").removesuffix(b"\r")
            begin = False
            if said:
                name = _field(said, data, name)
                continue
            if data:
                yield Event(stamp, b"\n".join(data), name)
            data, name = [], b""
    if rest:
        name = _field(rest.removesuffix(b"\r"), data, name)
    if data:
        yield Event(stamp, b"\n".join(data), name)


def _field(line: bytes, data: list[bytes], name: bytes) -> bytes:
    """Take one line: its data joins `data`; returns the event's name."""
    if line.startswith(b"data:"):
        data.append(line[6:] if line[5:6] == b" " else line[5:])
    elif line.startswith(b"event:"):
        return line[6:].strip()
    return name
