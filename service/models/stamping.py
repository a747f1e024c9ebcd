"""Stamp what the Foundry SDK streams at the moment its native side calls, not when a Python thread gets to it."""

import time
from typing import Any

now = time.monotonic_ns


def stamping_session(chat_session: type[Any]) -> type[Any]:
    """Return a chat session that stamps each piece on entry to the native callback.

    The SDK's callback first looks up ``_stream_queue``, then takes the pieces from the native side (which lets other
    threads have the interpreter) and hands them to a receiving thread; on a busy machine each of the two costs
    milliseconds. So the look-up takes the stamp, and the queue it returns notes it once for each piece put in. Should a
    later SDK name the queue differently, no stamps appear and the times of the receiving thread are used.
    """

    class StampingSession(chat_session):  # type: ignore[misc]  # the SDK is imported late, its class is a value here
        stamps: list[int]

        @property
        def _stream_queue(self) -> Any:
            stamp = now()
            pieces = self.__dict__.get("_pieces")
            return None if pieces is None else _StampedQueue(pieces, self.stamps, stamp)

        @_stream_queue.setter
        def _stream_queue(self, pieces: Any) -> None:
            self.__dict__["_pieces"] = pieces

    return StampingSession


class _StampedQueue:
    """The one method of a queue that the SDK's callback uses, during one call of it."""

    def __init__(self, pieces: Any, stamps: list[int], stamp: int) -> None:
        self._pieces = pieces
        self._stamps = stamps
        self._stamp = stamp

    def put(self, piece: Any) -> None:
        self._stamps.append(self._stamp)
        self._pieces.put(piece)
