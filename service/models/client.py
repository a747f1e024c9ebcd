"""Requests to one server: bounded in time and size, never repeated, never redirected, never to a forbidden address.

An address that no model server has is refused after its name was resolved, so that no name can lead there.
"""

import asyncio
import ipaddress
import socket
import ssl
from urllib.parse import SplitResult, urlsplit

from service.models.connection import Connection, Reply

# Besides link-local addresses: where clouds serve their machines' credentials.
_METADATA = frozenset(
    ipaddress.ip_address(one) for one in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)


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
        found = found.ipv4_mapped or found.sixtofour or found
    return found.is_link_local or found.is_multicast or found.is_unspecified or found in _METADATA


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
        self._idle: list[Connection] = []
        self._context: ssl.SSLContext | None = None

    async def connection(self, patience: float) -> Connection:
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
            known.close()
        loop = asyncio.get_running_loop()
        host, secure = self._to.hostname or "", self._to.scheme == "https"
        port = self._to.port or (443 if secure else 80)
        if secure and self._context is None:
            # Reading the trusted certificates takes a while.
            self._context = await asyncio.to_thread(ssl.create_default_context)
        async with asyncio.timeout(patience):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
            if any(forbidden(address) for address in addresses):
                raise Forbidden(host)
            return await self._open(addresses, port, host if secure else None)

    async def _open(self, addresses: list[str], port: int, name: str | None) -> Connection:
        """Try the addresses in the system's order; what the last one says counts."""
        loop = asyncio.get_running_loop()
        for left, address in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
            try:
                _, connection = await loop.create_connection(
                    Connection, address, port, ssl=self._context, server_hostname=name
                )
            except ssl.SSLError:
                raise
            except OSError as error:
                if name is not None and isinstance(error, ConnectionResetError | ConnectionAbortedError):
                    # The connection was there and went with our greeting.
                    raise ssl.SSLError(0, "it hung up on an encrypted greeting") from error
                if not left:
                    raise
            else:
                return connection
        raise OSError("the name has no address")

    def keep(self, connection: Connection) -> None:
        """Take back a connection whose reply is read."""
        if connection.usable:
            self._idle.append(connection)
        else:
            connection.close()

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        limit: int,
        patience: float = 10.0,
        connection: Connection | None = None,
    ) -> Reply:
        """Send one request and return its reply, on a given connection or on any."""
        connection = connection or await self.connection(patience)
        try:
            return await connection.ask(self.request(method, path, body), limit)
        finally:
            self.keep(connection)

    def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Return the bytes of a request."""
        host = self._to.netloc
        lines = [f"{method} {path} HTTP/1.1", f"host: {host}", "accept: text/event-stream, application/json"]
        lines += ["accept-encoding: identity", "user-agent: slm-judge"]
        if self._key:
            lines.append(f"authorization: Bearer {self._key}")
        if body:
            lines += ["content-type: application/json", f"content-length: {len(body)}"]
        elif method != "GET":
            lines.append("content-length: 0")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    def close(self) -> None:
        """Drop every idle connection."""
        while self._idle:
            self._idle.pop().close()
