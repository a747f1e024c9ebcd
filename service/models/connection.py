"""One HTTP/1.1 connection that stamps bytes as they arrive and bounds how many there may be.

One request at a time. Nothing is read out of a body while it arrives except where it ends; whatever it says is parsed
afterwards, so that parsing delays no stamp.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

now = time.monotonic_ns

LONGEST_HEAD = 64 * 1024
LINGER = 0.5
"""Seconds to wait for the end of a body after its stream said that it was done."""
STALE = 3.0
"""Seconds of idleness after which a connection is not used again: servers close theirs from five on."""
_DONE = (b"[DONE]\n\n", b"[DONE]\r\n\r\n", b"[DONE]\n", b"[DONE]")


class Broken(Exception):
    """The other side does not speak HTTP."""


class Closed(Exception):
    """The connection was closed before the reply was complete."""


class TooLong(Exception):
    """The reply is longer than it may be."""


@dataclass(slots=True, kw_only=True)
class Reply:
    """A reply with its stamps.

    Attributes
    ----------
    sent, end
        The request was handed to the system; the body was complete.
    complete
        Whether the body ended where its framing said. A body without framing ends with the connection.
    """

    sent: int
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[tuple[int, bytes]] = field(default_factory=list)
    end: int = 0
    complete: bool = False

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(piece for _, piece in self.pieces)

    @property
    def kind(self) -> str:
        """The media type, in lower case and without parameters; empty where none was sent."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


class Connection(asyncio.Protocol):
    """One connection; `ask` sends a request and waits for the reply."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Reply] | None = None
        self._reply: Reply | None = None
        self._buffer = b""
        self._feed: Callable[[bytes, int], None] | None = None
        self._left = 0
        self._size = 0
        self._limit = 0
        self._linger: asyncio.TimerHandle | None = None
        self.idle_since = time.monotonic()
        self.reusable = True
        self.pieces_seen = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # tells mypy what asyncio promises
        self._transport = transport

    @property
    def usable(self) -> bool:
        """Whether another request may be sent."""
        open_ = self._transport is not None and not self._transport.is_closing()
        return open_ and self.reusable and time.monotonic() - self.idle_since < STALE

    def close(self) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    async def ask(self, request: bytes, limit: int) -> Reply:
        """Send `request` and return the reply, of at most `limit` bytes.

        Raises
        ------
        Broken, Closed, TooLong
            If what comes back is no reply; the connection is gone then.
        """
        if self._transport is None:
            raise Closed
        self._waiter = asyncio.get_running_loop().create_future()
        self._feed, self._buffer, self._size, self._limit = self._head, b"", 0, limit
        self.pieces_seen = 0
        self._reply = Reply(sent=now())
        self._transport.write(request)
        try:
            return await self._waiter
        finally:
            if self._linger is not None:
                self._linger.cancel()
                self._linger = None
            if self._feed is not None:
                self.close()
            self._waiter = self._reply = None
            self.idle_since = time.monotonic()

    def data_received(self, data: bytes) -> None:
        """Stamp what arrived, and see whether the body ends in it."""
        stamp = now()
        if self._feed is None:
            # Bytes that nobody asked for: whatever they are, they must not begin the next reply.
            self.reusable = False
            self.close()
            return
        self._size += len(data)
        if self._size > self._limit:
            self._fail(TooLong())
            return
        try:
            self._feed(data, stamp)
        except Broken as error:
            self._fail(error)

    def eof_received(self) -> None:
        """Treat the end of their side as the end of the connection."""

    def connection_lost(self, exc: Exception | None) -> None:
        """End what is under way: a body without framing is complete now, every other one is cut off."""
        self.reusable = False
        reply = self._reply
        if reply is None or self._feed is None:
            return
        if self._feed == self._until_close and exc is None:
            self._finish(now())
        elif reply.pieces and exc is None:
            reply.complete = False
            self._settle(now())
        else:
            self._fail(Closed())

    def _head(self, data: bytes, stamp: int) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            if len(self._buffer) > LONGEST_HEAD:
                raise Broken("the head of the reply does not end")
            if not b"HTTP/".startswith(self._buffer[:5]):
                raise Broken("the reply does not begin like HTTP")
            return
        reply = self._reply
        assert reply is not None  # noqa: S101  # there is a reply whenever there is a `_feed`
        reply.status, reply.headers = _parse_head(head)
        self._buffer = b""
        if 100 <= reply.status < 200:
            self._head(rest, stamp)
            return
        if reply.headers.get("connection", "").lower() == "close":
            self.reusable = False
        if "chunked" in reply.headers.get("transfer-encoding", "").lower():
            self._feed = self._chunked
        elif "content-length" in reply.headers:
            length = reply.headers["content-length"]
            if not (length.isascii() and length.isdigit() and len(length) < 16):
                raise Broken("the reply's length is no number")
            self._left, self._feed = int(length), self._counted
        elif reply.status in {204, 304}:
            self._left, self._feed = 0, self._counted
        else:
            self.reusable, self._feed = False, self._until_close
        self._feed(rest, stamp)

    def _counted(self, data: bytes, stamp: int) -> None:
        self._keep(data[: self._left], stamp)
        self._left -= len(data)
        if self._left <= 0:
            self._finish(stamp)

    def _until_close(self, data: bytes, stamp: int) -> None:
        self._keep(data, stamp)

    def _chunked(self, data: bytes, stamp: int) -> None:
        """Take the chunks apart; a chunk's bytes are kept as they come, however the network cut them."""
        buffer = self._buffer + data
        at = 0
        while at < len(buffer):
            if self._left > 2:
                piece = buffer[at : at + self._left - 2]
                self._keep(piece, stamp)
                at += len(piece)
                self._left -= len(piece)
                continue
            if self._left:
                # The line break behind a chunk.
                taken = min(self._left, len(buffer) - at)
                at += taken
                self._left -= taken
                continue
            end = buffer.find(b"\r\n", at)
            if end < 0:
                if len(buffer) - at > LONGEST_HEAD:
                    raise Broken("a chunk's length does not end")
                break
            size = _chunk_size(buffer[at:end])
            if size == 0:
                tail = buffer[at:]
                if b"\r\n\r\n" not in tail:
                    break
                self._buffer = b""
                self._finish(stamp)
                return
            at, self._left = end + 2, size + 2
        self._buffer = buffer[at:]

    def _keep(self, piece: bytes, stamp: int) -> None:
        if not piece:
            return
        assert self._reply is not None  # noqa: S101  # as in `_head`
        self._reply.pieces.append((stamp, piece))
        self.pieces_seen += 1
        if piece.endswith(_DONE) and self._linger is None:
            # Some servers say done and leave the connection open.
            loop = asyncio.get_running_loop()
            self._linger = loop.call_later(LINGER, self._settle, stamp)

    def _finish(self, stamp: int) -> None:
        if self._reply is not None:
            self._reply.complete = True
        self._feed = None
        self._settle(stamp)

    def _settle(self, stamp: int) -> None:
        reply, waiter = self._reply, self._waiter
        if reply is not None and waiter is not None and not waiter.done():
            reply.end = stamp
            waiter.set_result(reply)

    def _fail(self, error: Exception) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
        self.reusable = False
        self.close()


def _parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if (
        len(words) < 2
        or not words[0].startswith("HTTP/1.")
        or not (words[1].isascii() and words[1].isdigit())
    ):
        raise Broken("the reply does not begin like HTTP")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return int(words[1]), headers


def _chunk_size(line: bytes) -> int:
    digits = line.split(b";")[0].strip()
    if not digits or len(digits) > 12 or digits.strip(b"0123456789abcdefABCDEF"):
        raise Broken("a chunk's length is no number")
    return int(digits, 16)
