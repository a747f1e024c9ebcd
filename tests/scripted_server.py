"""An OpenAI-compatible server over real HTTP on loopback that behaves as the asked model's name says.

`answers` in `BEHAVIOURS` are written once, one for each fault; `SERVERS` holds the routes that tell server types apart.
Every byte is chosen here: no web framework stands between a test and the wire.
"""

import asyncio
import contextlib
import json
import random
import ssl
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.scripted_types import SERVERS

HEAD = "HTTP/1.1 {status} Scripted\r\ncontent-type: {kind}\r\n"
STREAM = "text/event-stream"


@dataclass
class Asked:
    """One request as the server saw it."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Wire:
    """What a behaviour writes to."""

    writer: asyncio.StreamWriter
    asked: Asked

    @property
    def prompt(self) -> str:
        return str(self.asked.body["messages"][-1]["content"])

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def whole(self, status: int, body: bytes, kind: str = "application/json", *more: str) -> None:
        head = HEAD.format(status=status, kind=kind) + "".join(f"{line}\r\n" for line in more)
        await self.raw(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)

    async def begin(self, kind: str = STREAM) -> None:
        await self.raw((HEAD.format(status=200, kind=kind) + "transfer-encoding: chunked\r\n\r\n").encode())

    async def piece(self, data: bytes) -> None:
        await self.raw(b"%x\r\n%s\r\n" % (len(data), data))

    async def end(self) -> None:
        await self.raw(b"0\r\n\r\n")

    def close(self) -> None:
        self.writer.transport.abort()


def sse(content: object) -> bytes:
    return b"data: " + json.dumps(content, ensure_ascii=False).encode() + b"\n\n"


def delta(finish: str | None = None, **fields: object) -> bytes:
    return sse({"id": "c", "choices": [{"index": 0, "delta": fields, "finish_reason": finish}]})


def usage(prompt: object, completion: object) -> bytes:
    return sse(
        {"id": "c", "choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion}}
    )


DONE = b"data: [DONE]\n\n"


async def good(wire: Wire) -> None:
    """Answer the prompt in upper case, word by word, with everything a good server sends."""
    await wire.begin()
    await wire.piece(delta(role="assistant", content=""))
    words = wire.prompt.upper().split(" ")
    for at, word in enumerate(words):
        await wire.piece(delta(content=(" " if at else "") + word))
        await asyncio.sleep(0.002)
    await wire.piece(delta("stop"))
    await wire.piece(usage(len(words), len(words)) + DONE)
    await wire.end()


async def one_piece(wire: Wire) -> None:
    """Write the whole stream at once, several tokens a chunk."""
    stream = delta(content="four tokens at once") + delta("stop") + usage(3, 4) + DONE
    await wire.begin()
    await wire.piece(stream)
    await wire.end()


async def split_character(wire: Wire) -> None:
    """Cut the bytes inside a character, twice: on the network, and between two events."""
    await wire.begin()
    data = delta(content="café")
    cut = data.index("é".encode()) + 1
    await wire.piece(data[:cut])
    await asyncio.sleep(0.01)
    await wire.piece(data[cut:])
    halves = delta(content="XX").split(b"XX")
    euro = "€".encode()
    await wire.piece(euro[:2].join(halves) + euro[2:].join(halves) + delta("stop") + DONE)
    await wire.end()


async def thinking(wire: Wire) -> None:
    await wire.begin()
    await wire.piece(delta(reasoning_content="let me see"))
    await asyncio.sleep(0.02)
    await wire.piece(delta(content="yes"))
    await wire.piece(delta("stop") + usage(1, 4) + DONE)
    await wire.end()


async def reports(wire: Wire) -> None:
    """Think first, then say four tokens a piece, with llama.cpp's timings at the end."""
    await wire.begin()
    for piece in ({"reasoning_content": "hm, let me see. "}, *[{"content": "one two to four. "}] * 3):
        await wire.piece(delta(**piece))
        await asyncio.sleep(0.01)
    timings = {"prompt_ms": 80.5, "predicted_ms": 30.25, "cache_n": 0, "ok": True, "note": "text"}
    await wire.piece(delta("stop") + sse({"choices": [], "timings": timings}) + usage(5, 16) + DONE)
    await wire.end()


def hides(details: dict[str, Any]) -> "Behaviour":
    """Think for 100 tokens without sending one, then say 16 tokens in four pieces; `details` are added to the usage."""

    async def behave(wire: Wire) -> None:
        await wire.begin()
        for _ in range(4):
            await wire.piece(delta(content="one two to four. "))
            await asyncio.sleep(0.01)
        counted = {"prompt_tokens": 5, "completion_tokens": 116, **details}
        await wire.piece(delta("stop") + sse({"choices": [], "usage": counted}) + DONE)
        await wire.end()

    return behave


async def thinking_only(wire: Wire) -> None:
    await wire.begin()
    await wire.piece(delta(reasoning="hmm, hmm") + delta("length") + usage(1, 4) + DONE)
    await wire.end()


async def empty(wire: Wire) -> None:
    await wire.begin()
    await wire.piece(delta(role="assistant", content="") + delta("stop") + usage(1, 0) + DONE)
    await wire.end()


async def no_usage(wire: Wire) -> None:
    await wire.begin()
    await wire.piece(delta(content="fine") + delta("stop") + DONE)
    await wire.end()


async def wrong_usage(wire: Wire) -> None:
    await wire.begin()
    await wire.piece(delta(content="fine") + delta("stop") + usage("many", 987_654) + DONE)
    await wire.end()


async def not_streamed(wire: Wire) -> None:
    message = {"choices": [{"message": {"role": "assistant", "content": "whole"}, "finish_reason": "stop"}]}
    body = json.dumps(message | {"usage": {"prompt_tokens": 1, "completion_tokens": 1}})
    await wire.whole(200, body.encode())


async def error_event(wire: Wire) -> None:
    """Foundry Local's way: status 200, some text, an error, and no end mark."""
    await wire.begin()
    await wire.piece(
        delta(content="so far") + sse({"error": {"message": "CUDA kernel failed", "type": "server_error"}})
    )
    await wire.end()


async def cut_off(wire: Wire) -> None:
    await wire.begin()
    await wire.piece(delta(content="so far"))
    await asyncio.sleep(0.01)
    wire.close()


async def clean_cut(wire: Wire) -> None:
    """End the body as it should be ended, but in the middle of the answer."""
    await wire.begin()
    await wire.piece(delta(content="so far"))
    await wire.end()


async def hang(wire: Wire) -> None:
    del wire
    await asyncio.sleep(3600)


async def hang_between(wire: Wire) -> None:
    await wire.begin()
    await wire.piece(delta(content="so far"))
    await asyncio.sleep(3600)


async def endless(wire: Wire) -> None:
    await wire.begin()
    piece = delta(content="on and on ") * 200
    while True:
        await wire.piece(piece)


async def long_line(wire: Wire) -> None:
    """One line of 100 MB."""
    await wire.begin()
    await wire.piece(b'data: {"choices": [{"delta": {"content": "')
    for _ in range(100):
        await wire.piece(b"x" * 1_000_000)
    await wire.end()


async def not_utf8(wire: Wire) -> None:
    await wire.begin()
    await wire.piece(delta(content="XX and on").replace(b"XX", b"\xff\xfe") + delta("stop") + DONE)
    await wire.end()


async def html(wire: Wire) -> None:
    await wire.whole(200, b"<!doctype html><title>Welcome</title>", "text/html; charset=utf-8")


async def not_http(wire: Wire) -> None:
    await wire.raw(b"220 mail.example.com ESMTP ready\r\n")
    wire.close()


async def closed(wire: Wire) -> None:
    wire.close()


async def done_but_open(wire: Wire) -> None:
    """Say done and leave the body open."""
    await wire.begin()
    await wire.piece(delta(content="fine") + delta("stop") + DONE)
    await asyncio.sleep(3600)


def whole_answer(**message: object) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}]}


SEEN: set[str] = set()


async def able(wire: Wire) -> None:
    """Honour everything that can be asked for, as a server that enforces it does."""
    body = wire.asked.body
    form = body.get("response_format", {})
    draw = random.Random(body["seed"] if body["temperature"] else 0)
    text = " ".join(draw.sample(("one", "two", "three", "four", "five", "six", "seven", "eight"), 8))
    wrapped = form.get("json_schema", {}).get("schema")
    if form.get("type") == "lark_grammar":
        text = form["lark_grammar"].split('"')[1]
    elif wrapped:
        text = json.dumps({"k9": wrapped["properties"]["k9"]["enum"][0]})
    elif form:
        text = "{}"
    for word in body.get("stop", ()):
        text = text.split(word)[0]
    if body.get("stream"):
        await wire.begin()
        await wire.piece(delta(content=text) + delta("stop"))
        await wire.piece((usage(3, 8) if body.get("stream_options") else b"") + DONE)
        await wire.end()
        return
    answer = whole_answer(content=text)
    if body.get("tools"):
        call = {"name": body["tool_choice"]["function"]["name"], "arguments": '{"k9": "zq7-blue"}'}
        answer = whole_answer(content=None, tool_calls=[{"id": "1", "type": "function", "function": call}])
    if body.get("logprobs"):
        answer["choices"][0]["logprobs"] = {"content": [{"token": "one", "logprob": -0.1}]}
    kept = 512 if wire.prompt in SEEN else 0
    SEEN.add(wire.prompt)
    answer["usage"] = {"completion_tokens": 8, "prompt_tokens_details": {"cached_tokens": kept}}
    await wire.whole(200, json.dumps(answer).encode())


async def short_memory(wire: Wire) -> None:
    """Hold 512 tokens like a small model at llama.cpp, keep beginnings, and cut an object off at the last token."""
    if len(wire.prompt) > 512 * 4:
        said = "request (941 tokens) exceeds the available context size (512 tokens), try increasing it"
        error = {"code": 400, "message": said, "type": "exceed_context_size_error"}
        await wire.whole(400, json.dumps({"error": error}).encode())
        return
    answer = whole_answer(content='{"so": "and so')
    answer["choices"][0]["finish_reason"] = "length"
    answer["timings"] = {"cache_n": 40}
    await wire.whole(200, json.dumps(answer).encode())


async def strict(wire: Wire) -> None:
    """Refuse three fields by name, one at a time and each server's words in turn, then answer without any usage."""
    body = wire.asked.body
    if "stream_options" in body:
        await says(400, "Unrecognized request argument supplied: stream_options")(wire)
    elif "max_tokens" in body:
        error = {
            "message": "Unsupported parameter: use 'max_completion_tokens' instead.",
            "param": "max_tokens",
        }
        await wire.whole(400, json.dumps({"error": error}).encode())
    elif "seed" in body:
        await says(422, "body.seed: Extra inputs are not permitted")(wire)
    elif body.get("stream"):
        await wire.begin()
        await wire.piece(delta(content="fine") + delta("stop") + DONE)
        await wire.end()
    else:
        await wire.whole(200, json.dumps(whole_answer(content="fine")).encode())


async def calls_tools(wire: Wire) -> None:
    """Call the tool that must be called, its arguments in two pieces."""
    function = wire.asked.body["tools"][0]["function"]
    assert wire.asked.body["tool_choice"] == {"type": "function", "function": {"name": function["name"]}}
    await wire.begin()
    await wire.piece(
        delta(tool_calls=[{"index": 0, "function": {"name": function["name"], "arguments": ""}}])
    )
    for part in ('{"rationale": "fits", ', '"accuracy": 4}'):
        await wire.piece(delta(tool_calls=[{"index": 0, "function": {"arguments": part}}]))
    await wire.piece(delta("tool_calls") + usage(4, 9) + DONE)
    await wire.end()


async def unable(wire: Wire) -> None:
    """Take every field and honour none, as some servers do: only trying tells."""
    text = f"Sure! Here are some words: a b c {time.monotonic_ns()}"
    if wire.asked.body.get("stream"):
        await wire.begin()
        await wire.piece(delta(content=text) + delta("stop") + DONE)
        await wire.end()
        return
    await wire.whole(200, json.dumps(whole_answer(content=text)).encode())


def says(status: int, message: str, *more: str) -> "Behaviour":
    async def behave(wire: Wire) -> None:
        body = json.dumps({"error": {"message": message, "type": "scripted", "param": None, "code": None}})
        await wire.whole(status, body.encode(), "application/json", *more)

    return behave


async def echoes_key(wire: Wire) -> None:
    key = wire.asked.headers.get("authorization", "")
    await says(401, f"Incorrect API key provided: {key}")(wire)


async def quotes_key(wire: Wire) -> None:
    said = f"you sent {wire.asked.headers.get('authorization', '')}"
    await wire.whole(200, json.dumps(whole_answer(content=said)).encode())


Behaviour = Callable[[Wire], Awaitable[None]]
BEHAVIOURS: dict[str, Behaviour] = {
    "good": good,
    "good-2": good,
    "good-3": good,
    "one-piece": one_piece,
    "split-character": split_character,
    "thinking": thinking,
    "thinking-only": thinking_only,
    "hides-and-says": hides({"completion_tokens_details": {"reasoning_tokens": 100}}),
    "hides": hides({"total_tokens": 121}),
    "reports": reports,
    "empty": empty,
    "no-usage": no_usage,
    "wrong-usage": wrong_usage,
    "not-streamed": not_streamed,
    "error-event": error_event,
    "cut-off": cut_off,
    "clean-cut": clean_cut,
    "hang": hang,
    "hang-between": hang_between,
    "endless": endless,
    "long-line": long_line,
    "not-utf8": not_utf8,
    "html": html,
    "not-http": not_http,
    "closed": closed,
    "done-but-open": done_but_open,
    "unauthorised": says(401, "Invalid token"),
    "echoes-key": echoes_key,
    "quotes-key": quotes_key,
    "missing": says(404, "The model `missing` does not exist"),
    "busy": says(429, "Too many requests"),
    "busy-for-2": says(429, "Too many requests", "retry-after: 2"),
    "broken": says(500, "boom"),
    "out-of-memory": says(500, "model requires more system memory (5.6 GiB) than is available (2.1 GiB)"),
    "over-context": says(400, "This model's maximum context length is 512 tokens."),
    "picky": says(400, "temperature must be 1"),
    "able": able,
    "unable": unable,
    "short-memory": short_memory,
    "strict": strict,
    "calls-tools": calls_tools,
    "redirect": says(307, "elsewhere", "location: http://169.254.169.254/latest"),
}


@dataclass
class ScriptedServer:
    """Use as a context: it serves from a thread of its own, so that a test may also run an event loop.

    Attributes
    ----------
    kind
        One of `SERVERS`, whose routes it has; ``openai`` has only the list of models.
    certificate
        A file with its key and certificate: it speaks TLS.
    """

    kind: str = "openai"
    key: str | None = None
    requests: list[Asked] = field(default_factory=list)
    port: int = 0
    certificate: Path | None = None

    @property
    def root(self) -> str:
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.root}/v1"

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._stop: asyncio.Event
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _serve(self, ready: threading.Event) -> None:
        self._stop, self._loop = asyncio.Event(), asyncio.get_running_loop()
        tasks: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._talk(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(accept, "127.0.0.1", self.port, ssl=self._tls())
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _tls(self) -> ssl.SSLContext | None:
        if self.certificate is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        return context

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async for asked in _requests(reader):
                self.requests.append(asked)
                await self._reply(Wire(writer, asked))
        except OSError:
            pass
        finally:
            with contextlib.suppress(RuntimeError):
                writer.transport.abort()

    async def _reply(self, wire: Wire) -> None:
        asked = wire.asked
        if self.key and asked.headers.get("authorization") != f"Bearer {self.key}":
            await says(401, "Invalid key")(wire)
        elif asked.path == "/v1/chat/completions":
            behave = BEHAVIOURS.get(str(asked.body.get("model")), says(404, "no such model"))
            await behave(wire)
        else:
            found = SERVERS[self.kind](asked.method, asked.path, asked.body)
            if found is None:
                await wire.whole(404, b"404 page not found", "text/plain")
            else:
                await wire.whole(200, json.dumps(found).encode())


async def _requests(reader: asyncio.StreamReader) -> AsyncIterator[Asked]:
    while True:
        try:
            begin = await reader.readexactly(1)
            if begin == b"\x16":
                # The greeting of an encrypted connection: like any plain server, hang up.
                return
            head = (begin + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return
        first, *lines = head.rstrip().split("\r\n")
        method, path, _ = first.split(" ")
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        yield Asked(method, path, headers, json.loads(body) if body else {})
