"""One HTTP/1.1 reply as it arrives: bytes are kept with their stamps, and nothing is read out of them but where they end.

Whatever a body says is parsed afterwards, so that parsing delays no stamp. No input or output happens here.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

now = time.monotonic_ns

LONGEST_HEAD = 64 * 1024
_DONE = (b"[DONE]\n\n", b"[DONE]\r\n\r\n", b"[DONE]\n", b"[DONE]")
_PERHAPS_LAST = (b"\r\n\r\n", *_DONE, *(done + b"\r\n" for done in _DONE))


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

    sent: int = 0
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


class Framing:
    """Takes the bytes of one reply, of at most `limit`, and knows when it is whole.

    Attributes
    ----------
    done
        The reply is whole, and these were its last bytes.
    says_done
        The stream in the body has said that it ends: some servers then leave the body open.
    reusable
        Whether the connection may carry another request afterwards.
    """

    def __init__(self, limit: int) -> None:
        self.reply = Reply()
        self.done = False
        self.says_done = False
        self.reusable = True
        self._limit = limit
        self._size = 0
        self._left = 0
        self._buffer = b""
        self._waiting: list[tuple[int, bytes]] = []
        self._take: Callable[[bytes, int], None] = self._head

    @property
    def begun(self) -> bool:
        """Whether anything of a body has come."""
        return bool(self.reply.pieces or self._waiting)

    def feed(self, data: bytes, stamp: int) -> None:
        """Take what arrived at `stamp`.

        Raises
        ------
        Broken, TooLong
            If it is no reply, or one beyond the limit.
        """
        if self.done:
            # Bytes that nobody asked for: whatever they are, they must not begin the next reply.
            self.reusable = False
            return
        self._size += len(data)
        if self._size > self._limit:
            raise TooLong
        self._take(data, stamp)

    def hang_up(self, stamp: int) -> None:
        """Take the end of the connection: a body without framing is whole now, every other one is cut off.

        Raises
        ------
        Closed
            If nothing of a body had come.
        """
        self.reusable = False
        self._catch_up()
        if self.done:
            return
        if self._take != self._until_close and not self.reply.pieces:
            raise Closed
        self.reply.complete = self._take == self._until_close
        self.end(stamp)

    def end(self, stamp: int) -> None:
        """Take what there is as the whole."""
        self._catch_up()
        self.reply.end = stamp
        self.done = True

    def _head(self, data: bytes, stamp: int) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            if len(self._buffer) > LONGEST_HEAD:
                raise Broken("the head of the reply does not end")
            if not b"HTTP/".startswith(self._buffer[:5]):
                raise Broken("the reply does not begin like HTTP")
            return
        reply = self.reply
        reply.status, reply.headers = _parse_head(head)
        self._buffer = b""
        if 100 <= reply.status < 200:
            self._head(rest, stamp)
            return
        if reply.headers.get("connection", "").lower() == "close":
            self.reusable = False
        if "chunked" in reply.headers.get("transfer-encoding", "").lower():
            self._take = self._wait
        elif "content-length" in reply.headers:
            length = reply.headers["content-length"]
            if not (length.isascii() and length.isdigit() and len(length) < 16):
                raise Broken("the reply's length is no number")
            self._left, self._take = int(length), self._counted
        elif reply.status in {204, 304}:
            self._left, self._take = 0, self._counted
        else:
            self.reusable, self._take = False, self._until_close
        self._take(rest, stamp)

    def _counted(self, data: bytes, stamp: int) -> None:
        self._keep(data[: self._left], stamp)
        self._left -= len(data)
        if self._left <= 0:
            self._whole(stamp)

    def _until_close(self, data: bytes, stamp: int) -> None:
        self._keep(data, stamp)

    def _wait(self, data: bytes, stamp: int) -> None:
        """Put chunked bytes aside until they may hold the end: taking them apart one by one costs more."""
        self._waiting.append((stamp, data))
        if data.endswith(_PERHAPS_LAST):
            self._catch_up()

    def _catch_up(self) -> None:
        waiting, self._waiting = self._waiting, []
        for stamp, data in waiting:
            if self.done:
                self.reusable = False
                return
            end = data.find(b"\r\n")
            if not self._buffer and not self._left and 0 < end < 8 and len(data) > end + 4:
                size = _chunk_size(data[:end])
                if size and end + 4 + size == len(data):
                    # One read, one chunk: so it is nearly always.
                    self._keep(data[end + 2 : -2], stamp)
                    continue
            self._chunked(data, stamp)

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
                self._whole(stamp)
                return
            at, self._left = end + 2, size + 2
        self._buffer = buffer[at:]

    def _keep(self, piece: bytes, stamp: int) -> None:
        if piece:
            self.reply.pieces.append((stamp, piece))
            self.says_done = piece.endswith(_DONE)

    def _whole(self, stamp: int) -> None:
        self.reply.complete = True
        self.end(stamp)


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
    try:
        if 0 < len(digits) <= 12 and digits.isalnum():
            return int(digits, 16)
    except ValueError:
        pass
    raise Broken("a chunk's length is no number")
