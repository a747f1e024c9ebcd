"""What a server says of itself: its pages, asked for once each, and the figures read from them."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from service.domain.endpoints import Endpoint
from service.domain.models import ServerReported
from service.models.client import Client
from service.models.framing import Reply

if TYPE_CHECKING:
    from service.models.untimed import Untimed

LONGEST = 8 * 1024 * 1024
PATIENCE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One model that a server lists, by the id it wants to be asked with."""

    id: str
    reported: ServerReported = field(default_factory=ServerReported)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A server: its dialect, its version where it gives one, and its models."""

    dialect: str
    version: str | None
    models: tuple[Served, ...]


async def openai_interface() -> "type[Untimed]":
    """Return the interface of `untimed`, imported when first wanted and away from the event loop."""

    def late() -> "type[Untimed]":
        from service.models.untimed import Untimed

        return Untimed

    return await asyncio.to_thread(late)


class Pages:
    """Pages of one server."""

    def __init__(self, endpoint: Endpoint, key: str | None) -> None:
        self._client = Client(endpoint.url, key)
        self._url = endpoint.url
        self._root = urlsplit(endpoint.root).path.rstrip("/")
        self._known: dict[tuple[str, bytes], Any] = {}

    async def listing(self) -> Reply:
        """Return OpenAI's list of models, whatever status it has."""
        untimed = (await openai_interface())(self._url, self._client, limit=LONGEST, patience=PATIENCE)
        async with asyncio.timeout(PATIENCE):
            return await untimed.models()

    async def get(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON at `path` below the root, posted to where there is a body; ``None`` where there is none."""
        sent = b"" if body is None else json.dumps(body).encode()
        if (path, sent) not in self._known:
            method = "POST" if sent else "GET"
            async with asyncio.timeout(PATIENCE):
                reply = await self._client.ask(
                    method, self._root + path, sent, limit=LONGEST, patience=PATIENCE
                )
            self._known[path, sent] = parsed(reply)
        return self._known[path, sent]

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()


def parsed(reply: Reply) -> Any:
    """Return the JSON of a reply with status 200, else ``None``."""
    try:
        return json.loads(reply.body) if reply.status == 200 else None
    except (ValueError, RecursionError):
        return None


def entries(found: object, *names: str) -> list[dict[str, Any]]:
    """Return the objects of a list, or of the first of `names` that holds one; at most a thousand."""
    for name in names:
        if isinstance(found, dict) and isinstance(found.get(name), list):
            found = found[name]
            break
    return [one for one in found if isinstance(one, dict)][:1000] if isinstance(found, list) else []


def part(found: object, *names: str) -> Any:
    """Return what lies under `names`, one inside the other; ``None`` where it does not go on."""
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def count(value: object) -> int | None:
    """Return a positive whole number, else ``None``: servers say 0 where they do not know."""
    good = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53
    return value if good and isinstance(value, int) else None


def text(value: object) -> str | None:
    """Return a short text, else ``None``."""
    return " ".join(value.split())[:200] or None if isinstance(value, str) else None


def ids(found: object) -> list[str]:
    """Return the strings of a list."""
    return [one for one in found if isinstance(one, str) and one][:1000] if isinstance(found, list) else []
