"""The `http` runner: a child process that asks one model behind an OpenAI-compatible endpoint and stamps the times itself.

Run as ``python -m service.models.http``; it speaks `service.models.protocol` on standard input and output, and nothing
else happens in its process: no other work delays a stamp. The endpoint's key comes in this process's environment only.
"""

import asyncio
import gc
import os
import sys
import threading
import time
from urllib.parse import urlsplit

from service.models import http_faults, manners, protocol
from service.models.client import Client, Link
from service.models.desk import Desk, say
from service.models.framing import Reply
from service.models.http_bodies import byte_limit, chat_body
from service.models.loading import load_requests, unload_request
from service.models.streams import Reading, read_stream, read_whole

KEY = "SLM_JUDGE_ENDPOINT_KEY"
LONGEST_PAUSE = 30.0
PAUSE = 1.0
"""Seconds before the next request after a 429 that names no time."""
PATIENCE = 10.0
"""Seconds a connection may take to open."""
LISTING = 8 * 1024 * 1024


class Asker:
    """One model behind one endpoint."""

    def __init__(self, key: str | None) -> None:
        self._key = key
        self._order: protocol.Load | None = None
        self._client: Client | None = None
        self._base = ""
        self._root = ""
        self._loaded_by_us = False
        self._not_before = 0.0
        self._left_out: list[str] = []

    async def load(self, order: protocol.Load) -> protocol.FromRunner:
        """See whether the endpoint answers and takes our key; have it load the model where it can be told to."""
        if order.url is None:
            return protocol.Failed(id=0, kind="load_failed", message="The model names no endpoint.")
        self._order, self._client = order, Client(order.url, self._key)
        self._left_out = [name for name in manners.NEGOTIABLE if name in order.refuses]
        self._base = urlsplit(order.url).path.rstrip("/")
        self._root = self._base.removesuffix("/v1")
        name = order.endpoint or order.url
        begin = time.perf_counter()
        try:
            listing = await self._client.ask("GET", f"{self._base}/models", limit=LISTING, patience=PATIENCE)
            # A server without a list can still answer; one that wants another key or fails cannot.
            if listing.status >= 300 and listing.status not in {404, 405}:
                return self._failed(0, http_faults.refused(name, self._model, listing))
            self._loaded_by_us = await self._load_there(order.dialect)
            # The connection that the first request will find open.
            self._client.keep(await self._client.connection(PATIENCE))
        except Exception as error:  # noqa: BLE001  # whatever the network raises is a failure of the endpoint, not ours
            return self._failed(0, http_faults.connecting(name, error))
        return protocol.Loaded(
            seconds=time.perf_counter() - begin,
            model_id=self._model,
            device="endpoint",
            runtime=f"{order.dialect or 'openai'} over http",
        )

    async def _load_there(self, dialect: str | None) -> bool:
        """Tell the server to load the model; whether that changed anything. Asking will tell what it could not do."""
        assert self._client is not None  # noqa: S101  # set by `load`
        for method, path, body in load_requests(dialect, self._model):
            reply = await self._client.ask(method, self._root + path, body, limit=LISTING, patience=PATIENCE)
            if reply.status < 300:
                return b"already_loaded" not in reply.body
        return False

    async def ask(self, order: protocol.Ask) -> protocol.FromRunner:
        """Stream one answer; past its deadline the connection is dropped, and with it the server's work, as a rule."""
        if self._client is None or self._order is None:
            return protocol.Failed(id=order.id, kind="rejected", message="No model was loaded.")
        name = self._order.endpoint or "?"
        link: Link | None = None
        left_out = tuple(self._left_out)
        try:
            async with asyncio.timeout(order.deadline):
                await self._pause(order.deadline)
                link = await self._client.connection(min(PATIENCE, order.deadline))
                body = chat_body(self._model, order, self._order.dialect, left_out)
                reply = await self._client.ask(
                    "POST",
                    f"{self._base}/chat/completions",
                    body,
                    limit=byte_limit(order.max_tokens),
                    link=link,
                )
        except TimeoutError as error:
            if link is None:
                return self._failed(order.id, http_faults.connecting(name, error))
            return self._late(order, link.framing is not None and link.framing.begun)
        except Exception as error:  # noqa: BLE001  # as in `load`
            return self._failed(order.id, http_faults.connecting(name, error))
        return self._read(order, reply, left_out)

    async def _pause(self, deadline: float) -> None:
        """Wait as long as the server asked for, before the request is sent and never inside it."""
        wait = self._not_before - time.monotonic()
        if wait > 0:
            await asyncio.sleep(min(wait, deadline / 2))

    def _read(self, order: protocol.Ask, reply: Reply, left_out: tuple[str, ...]) -> protocol.FromRunner:
        name = self._order.endpoint or "?" if self._order else "?"
        if reply.status == 429:
            asked = http_faults.retry_after(reply)
            self._not_before = time.monotonic() + min(PAUSE if asked is None else asked, LONGEST_PAUSE)
        unknown = manners.refused_field(reply.status, reply.body)
        if unknown is not None and unknown not in left_out:
            # Another question under way may have learned it first.
            self._left_out += [] if unknown in self._left_out else [unknown]
            return self._failed(order.id, http_faults.unsupported(name, unknown, reply))
        if not 200 <= reply.status < 300:
            return self._failed(order.id, http_faults.refused(name, self._model, reply))
        if reply.kind in {"text/html", "application/xhtml+xml"}:
            fault = http_faults.malformed(name, "a page of HTML", reply.body)
            return self._failed(order.id, fault)
        read = read_whole if reply.kind == "application/json" else read_stream
        reading = read(reply.pieces, max_tokens=order.max_tokens)
        fault_ = _fault(name, reading, reply)
        if fault_ is not None:
            return self._failed(order.id, fault_)
        return protocol.Answered(
            id=order.id,
            text=self._without_key(reading.text),
            finish=reading.finish or "unknown",
            prompt_tokens=reading.usage.prompt,
            completion_tokens=reading.completion_tokens,
            sent=reply.sent,
            first=reading.first,
            last=reading.last,
            end=reply.end,
            chunks=reading.chunks,
            first_visible=reading.first_visible,
            first_tokens=reading.first_tokens,
            hidden_tokens=reading.hidden_tokens,
            server_reported=reading.server_reported,
            left_out=list(left_out),
            tokens=reading.tokens,
        )

    async def unload(self) -> None:
        """Give the server's memory back if we took it."""
        order = self._order
        request = unload_request(order.dialect, self._model) if order and self._loaded_by_us else None
        if self._client is not None and request is not None:
            method, path, body = request
            await self._client.ask(method, self._root + path, body, limit=LISTING, patience=1.0)

    @property
    def _model(self) -> str:
        return self._order.name if self._order else ""

    def _late(self, order: protocol.Ask, begun: bool) -> protocol.Failed:
        name = self._order.endpoint if self._order else "?"
        what = "began an answer and did not end it" if begun else "gave no first token"
        return protocol.Failed(
            id=order.id,
            kind="timed_out",
            message=f"The endpoint '{name}' {what} within {order.deadline:g} s: raise the evaluation's deadline, lower "
            "max_tokens, or see what its server is doing.",
        )

    def _failed(self, identity: int, fault: http_faults.Fault) -> protocol.Failed:
        """Say a fault; a server that quotes our key does not get it into any message."""
        raw = self._without_key(fault.raw) if fault.raw else fault.raw
        return protocol.Failed(
            id=identity, kind=fault.kind, message=self._without_key(fault.message), raw=raw
        )

    def _without_key(self, said: str) -> str:
        return said.replace(self._key, "[key]") if self._key else said


def _fault(name: str, reading: Reading, reply: Reply) -> http_faults.Fault | None:
    """Return why a reply with a good status is no answer; ``None`` where it is one."""
    if reading.error is not None:
        return http_faults.in_stream(name, reading.error)
    ended = reading.done or reading.finish is not None
    if not ended and not (reply.complete and reading.malformed):
        return http_faults.interrupted(name, len(reading.chunks))
    if reading.malformed:
        return http_faults.malformed(name, reading.malformed, reply.body)
    if not reading.text:
        return http_faults.empty(name, reading.reasoning, reading.finish)
    return None


async def main() -> None:
    """Serve requests until standard input closes."""
    gc.disable()
    # While one answer is parsed, the thread that stamps the others must not wait long.
    sys.setswitchinterval(0.0005)
    asker = Asker(os.environ.pop(KEY, None))
    loop = asyncio.get_running_loop()
    orders: asyncio.Queue[protocol.FromParent | None] = asyncio.Queue()

    def listen() -> None:
        for line in sys.stdin.buffer:
            loop.call_soon_threadsafe(orders.put_nowait, protocol.decode_from_parent(line))
        loop.call_soon_threadsafe(orders.put_nowait, None)

    threading.Thread(target=listen, daemon=True).start()
    say(protocol.Ready(protocol=protocol.VERSION, pid=os.getpid(), runtime="http"))
    await Desk(asker).serve(orders)
    # A thread still waits for standard input: the process simply ends.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
