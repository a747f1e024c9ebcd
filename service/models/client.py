"""Requests to one server: bounded in time and size, never repeated, never redirected, never to a forbidden address.

An address that no model server has is refused after its name was resolved, so that no name can lead there.
"""

import asyncio
import ipaddress
import selectors
import socket
import ssl
import time
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from service.models.framing import Framing, Reply
from service.models.reader import Reader

STALE = 3.0
"""Seconds of idleness after which a connection is not used again: servers close theirs from five on."""
# Besides link-local addresses: where clouds serve their machines' credentials.
_METADATA = frozenset(
    ipaddress.ip_address(one)
    for one in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)
# IPv6 addresses that lead to the IPv4 address in their last bytes.
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


class Forbidden(Exception):
    """The address is one that the service never talks to."""


def forbidden(address: str) -> bool:
    """Return whether `address` is link-local, a metadata service's, multicast, or no address of a host.

    Examples
    --------
    >>> [forbidden(one) for one in ("127.0.0.1", "192.168.1.5", "169.254.169.254", "::ffff:169.254.169.254", "fe80::1%2")]
    [False, False, True, True, True]
    """
    found = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(found, ipaddress.IPv6Address):
        inside = found.teredo[1] if found.teredo else found.ipv4_mapped or found.sixtofour
        if inside is None and (found in _TRANSLATED or found in _COMPATIBLE):
            inside = ipaddress.IPv4Address(found.packed[-4:])
        found = found if found.is_loopback or inside is None else inside
    return found.is_link_local or found.is_multicast or found.is_unspecified or found in _METADATA


@dataclass(slots=True)
class Link:
    """One open connection, used for one request at a time.

    Attributes
    ----------
    framing
        Of the reply that is under way, or of the last one.
    """

    socket: socket.socket
    framing: Framing | None = None
    idle_since: float = field(default_factory=time.monotonic)

    @property
    def usable(self) -> bool:
        """Whether it is open, fresh, and silent as it should be."""
        if self.socket.fileno() < 0 or time.monotonic() - self.idle_since > STALE:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            return not selector.select(0)


class Client:
    """Connections to one server, kept for the next request.

    Parameters
    ----------
    url
        Any address on the server; its path is not used.
    key
        Sent as a bearer token with every request, and never said.
    """

    def __init__(self, url: str, key: str | None = None) -> None:
        self._to: SplitResult = urlsplit(url)
        self._key = key
        self._idle: list[Link] = []
        self._context: ssl.SSLContext | None = None
        self._reader = Reader()

    async def connection(self, patience: float) -> Link:
        """Return a connection that is open now.

        Raises
        ------
        Forbidden
            If the name leads to an address that is never talked to.
        OSError, ssl.SSLError, TimeoutError
            As the system says.
        """
        while self._idle:
            known = self._idle.pop()
            if known.usable:
                return known
            known.socket.close()
        host, secure = self._to.hostname or "", self._to.scheme == "https"
        port = self._to.port or (443 if secure else 80)
        async with asyncio.timeout(patience):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if any(forbidden(address) for address in addresses):
            raise Forbidden(host)
        return Link(await asyncio.to_thread(self._open, addresses, port, host if secure else None, patience))

    def _open(self, addresses: list[str], port: int, name: str | None, patience: float) -> socket.socket:
        """Try the addresses in the system's order; what the last one says counts. Blocks, at most for `patience`."""
        end = time.monotonic() + patience
        for left, address in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
            try:
                link = socket.create_connection((address, port), max(0.01, end - time.monotonic()))
            except OSError:
                if not left:
                    raise
            else:
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                link = link if name is None else self._encrypted(link, name)
                link.settimeout(0)
                return link
        raise OSError("the name has no address")

    def _encrypted(self, link: socket.socket, name: str) -> ssl.SSLSocket:
        if self._context is None:
            self._context = ssl.create_default_context()
        try:
            return self._context.wrap_socket(link, server_hostname=name)
        except (ConnectionResetError, ConnectionAbortedError) as error:
            link.close()
            raise ssl.SSLError(0, "it hung up on an encrypted greeting") from error
        except BaseException:
            link.close()
            raise

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        limit: int,
        patience: float = 10.0,
        link: Link | None = None,
    ) -> Reply:
        """Send one request and return its reply, on a given connection or on any."""
        link = link or await self.connection(patience)
        framing = Framing(limit)
        link.framing = framing
        try:
            reply = await self._reader.ask(link.socket, self._request(method, path, body), framing)
        except BaseException:
            # The reader closes the socket of whatever went wrong.
            framing.reusable = False
            raise
        self.keep(link, reusable=framing.reusable)
        return reply

    def keep(self, link: Link, *, reusable: bool = True) -> None:
        """Take back a connection whose reply is read."""
        if reusable:
            link.idle_since = time.monotonic()
            self._idle.append(link)
        else:
            link.socket.close()

    def _request(self, method: str, path: str, body: bytes) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"host: {self._to.netloc}", "accept-encoding: identity"]
        lines += ["accept: text/event-stream, application/json", "user-agent: slm-judge"]
        if self._key:
            lines.append(f"authorization: Bearer {self._key}")
        if body:
            lines += ["content-type: application/json", f"content-length: {len(body)}"]
        elif method != "GET":
            lines.append("content-length: 0")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    def close(self) -> None:
        """Drop every idle connection, and the thread that reads."""
        while self._idle:
            self._idle.pop().socket.close()
        self._reader.close()
