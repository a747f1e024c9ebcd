"""A thread that does nothing but wait for bytes and stamp them.

An event loop that does other things too costs three times the processor time a token, and its other work delays stamps.
Sockets are watched only while a reply is under way.
"""

import asyncio
import contextlib
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from service.models.framing import Broken, Closed, Framing, Reply, TooLong, now

LINGER = 0.5
"""Seconds to wait for the end of a body after its stream said that it was done."""
_WAIT = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@dataclass(slots=True, eq=False)
class Exchange:
    """One request and its reply, under way on a socket that does not block."""

    link: socket.socket
    left: memoryview
    framing: Framing
    tell: Callable[[Reply | Exception], None]
    watched: bool = False
    over: bool = False
    linger_until: float | None = None


class Reader:
    """The thread; it starts with the first exchange and ends with `close`."""

    def __init__(self) -> None:
        # Kept for all reads: getting a large one anew for each takes longer than all the rest.
        self._buffer = memoryview(bytearray(1 << 18))
        self._orders: deque[Callable[[], None]] = deque()
        self._selector = selectors.DefaultSelector()
        self._inward, self._outward = socket.socketpair()
        self._inward.settimeout(0)
        self._selector.register(self._inward, selectors.EVENT_READ)
        self._lingering: set[Exchange] = set()
        self._thread: threading.Thread | None = None
        self._stopped = False

    async def ask(self, link: socket.socket, request: bytes, framing: Framing) -> Reply:
        """Send `request` and return the reply; a caller that stops waiting closes the connection.

        Raises
        ------
        Broken, Closed, TooLong, OSError
            If what comes back is no whole reply.
        """
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Reply] = loop.create_future()

        def settle(outcome: Reply | Exception) -> None:
            if not waiter.done():
                if isinstance(outcome, Reply):
                    waiter.set_result(outcome)
                else:
                    waiter.set_exception(outcome)

        def tell(outcome: Reply | Exception) -> None:
            # The loop may be gone by now, and then so is who waited.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, outcome)

        exchange = Exchange(link, memoryview(request), framing, tell)
        self._order(lambda: self._begin(exchange))
        try:
            return await waiter
        except BaseException:
            if exchange.over:
                link.close()
            else:
                self._order(lambda: self._drop(exchange))
            raise

    def close(self) -> None:
        """End the thread."""
        self._stopped = True
        if self._thread is None:
            self._leave()
        else:
            self._order(lambda: None)

    def _order(self, order: Callable[[], None]) -> None:
        self._orders.append(order)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
            self._thread.start()
        with contextlib.suppress(OSError):
            self._outward.send(b".")

    def _run(self) -> None:
        while not self._stopped:
            for key, happened in self._selector.select(self._patience()):
                if key.data is None:
                    self._obey()
                elif happened & selectors.EVENT_READ:
                    self._read(key.data)
                else:
                    self._write(key.data)
            if self._lingering:
                self._end_lingering()
        self._obey()
        self._leave()

    def _leave(self) -> None:
        self._selector.close()
        self._inward.close()
        self._outward.close()

    def _patience(self) -> float | None:
        if not self._lingering:
            return None
        waits = [one.linger_until - time.monotonic() for one in self._lingering if one.linger_until]
        return max(0.0, min(waits)) if waits else None

    def _obey(self) -> None:
        with contextlib.suppress(OSError):
            self._inward.recv(4096)
        while self._orders:
            self._orders.popleft()()

    def _begin(self, exchange: Exchange) -> None:
        exchange.framing.reply.sent = now()
        self._write(exchange)

    def _write(self, exchange: Exchange) -> None:
        """Send as much as the system takes; the rest when it takes more."""
        try:
            while exchange.left:
                exchange.left = exchange.left[exchange.link.send(exchange.left) :]
        except _WAIT:
            pass
        except OSError:
            # What the server said before it hung up, a refusal perhaps, is still to be read.
            exchange.left = memoryview(b"")
        self._watch(exchange)

    def _watch(self, exchange: Exchange) -> None:
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if exchange.left else 0)
        if exchange.over:
            return
        if exchange.watched:
            self._selector.modify(exchange.link, wanted, exchange)
        else:
            self._selector.register(exchange.link, wanted, exchange)
            exchange.watched = True

    def _read(self, exchange: Exchange) -> None:
        """Stamp what arrived. An encrypted connection may hold more than the system knows of."""
        framing = exchange.framing
        while True:
            try:
                length = exchange.link.recv_into(self._buffer)
                stamp = now()
            except _WAIT:
                return
            except OSError as error:
                self._finish(exchange, error if framing.reply.status else Closed())
                return
            try:
                if length:
                    framing.feed(bytes(self._buffer[:length]), stamp)
                else:
                    framing.hang_up(stamp)
            except (Broken, Closed, TooLong) as error:
                self._finish(exchange, error)
                return
            if framing.done:
                self._finish(exchange, framing.reply)
                return
            if framing.says_done and exchange.linger_until is None:
                exchange.linger_until = time.monotonic() + LINGER
                self._lingering.add(exchange)
            if not (isinstance(exchange.link, ssl.SSLSocket) and exchange.link.pending()):
                return

    def _end_lingering(self) -> None:
        for exchange in tuple(self._lingering):
            if exchange.linger_until is not None and time.monotonic() >= exchange.linger_until:
                framing = exchange.framing
                framing.reusable = False
                try:
                    framing.end(framing.reply.pieces[-1][0])
                except Broken as error:
                    self._finish(exchange, error)
                else:
                    self._finish(exchange, framing.reply)

    def _finish(self, exchange: Exchange, outcome: Reply | Exception) -> None:
        self._forget(exchange)
        exchange.tell(outcome)

    def _drop(self, exchange: Exchange) -> None:
        self._forget(exchange)
        exchange.link.close()

    def _forget(self, exchange: Exchange) -> None:
        exchange.over = True
        self._lingering.discard(exchange)
        if exchange.watched:
            exchange.watched = False
            self._selector.unregister(exchange.link)
