"""A server that streams on an exact schedule and logs when it really sent what: the truth that clients are held against.

Run as ``python -m tests.bench.det_server``; it prints its port. One thread, which sleeps until shortly before each due
time and then polls, so that a chunk leaves within microseconds of it. Its clock is the system's monotonic one, which all
processes of a machine share. The schedule is in the model's name: ``t50-i5-n100`` sends the first token at 50 ms and 100 in
all, 5 ms apart; ``-role10`` a role-only chunk at 10 ms; ``-reason20`` makes the first 20 reasoning; ``-k4`` puts four into
a chunk; ``-nousage`` and ``-burst`` say what they do; ``-serial`` serves one request at a time, the others queue. ``GET /_log`` gives what was sent, ``GET /_reset`` forgets it.
"""

import heapq
import itertools
import json
import re
import selectors
import socket
import time
from dataclasses import dataclass, field
from typing import Any

now = time.monotonic_ns
SPIN = 0.0015
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What a model's name says."""

    first: float = 50
    gap: float = 5
    tokens: int = 100
    role: float | None = None
    reasoning: int = 0
    together: int = 1
    usage: bool = True
    burst: bool = False
    serial: bool = False


@dataclass(slots=True)
class Sent:
    """One request in the log; `begun` says when its turn came, `sends` has the times at which text left, `tokens` how many each brought."""

    model: str
    received: int
    sends: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    visible: int | None = None
    begun: int = 0


def schedule_of(model: str) -> Schedule:
    """Read the schedule in a model's name."""

    def number(letter: str) -> float | None:
        found = re.search(rf"(?:^|-){letter}([\d.]+)(?=-|$)", model)
        return float(found[1]) if found else None

    first, gap, tokens = number("t"), number("i"), number("n")
    return Schedule(
        first=50 if first is None else first,
        gap=5 if gap is None else gap,
        tokens=int(tokens or 100),
        role=number("role"),
        reasoning=int(number("reason") or 0),
        together=int(number("k") or 1),
        usage="-nousage" not in model,
        burst="-burst" in model,
        serial="-serial" in model,
    )


def chunk(content: dict[str, Any]) -> bytes:
    event = b"data: " + json.dumps(content, separators=(",", ":")).encode() + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(event), event)


def delta(model: str, fields: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": fields, "finish_reason": finish}
    return chunk(
        {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice]}
    )


@dataclass(frozen=True, slots=True)
class Due:
    """Bytes to send so many nanoseconds after the request came, with the tokens in them."""

    at: int
    data: bytes
    tokens: int
    visible: bool = False


def plan(model: str) -> list[Due]:
    """Return everything to be sent, in order."""
    wanted = schedule_of(model)
    due: list[Due] = []
    if wanted.role is not None:
        due.append(Due(int(wanted.role * 1e6), delta(model, {"role": "assistant", "content": ""}), 0))
    at = 0
    while at < wanted.tokens:
        count = min(wanted.together, wanted.tokens - at)
        key = "reasoning_content" if at < wanted.reasoning else "content"
        moment = int((wanted.first + wanted.gap * at) * 1e6)
        due.append(Due(moment, delta(model, {key: " tok" * count}), count, key == "content"))
        at += count
    end = delta(model, {}, "stop")
    if wanted.usage:
        usage = {"prompt_tokens": 10, "completion_tokens": wanted.tokens, "total_tokens": wanted.tokens + 10}
        end += chunk(
            {
                "id": "c",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": model,
                "choices": [],
                "usage": usage,
            }
        )
    # The end comes one gap after the last token: together with it, it would be read as part of the same burst.
    last = due[-1].at + int(wanted.gap * 1e6)
    done = end + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"
    due.append(Due(last, done, 0))
    return due


def whole(model: str) -> bytes:
    """Return the reply to a request that does not stream."""
    tokens = schedule_of(model).tokens
    message = {"role": "assistant", "content": " tok" * tokens}
    usage = {"prompt_tokens": 10, "completion_tokens": tokens, "total_tokens": tokens + 10}
    content = {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage,
    }
    body = json.dumps(content).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Conversation:
    """One connection, with what it has not sent or read yet."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        self.inward = b""
        self.outward = b""
        self.open = True


class Server:
    """All of it: the connections, what is due, and the log."""

    def __init__(self) -> None:
        self.door = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.door.settimeout(0)
        self.port = self.door.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.door, selectors.EVENT_READ)
        self.log: list[Sent] = []
        self.due: list[tuple[int, int, Conversation, Due, Sent]] = []
        self.plans: dict[str, list[Due]] = {}
        self.numbers = itertools.count()
        self.free_at = 0

    def serve(self) -> None:
        """Serve until the process is ended."""
        while True:
            wait = 0.2 if not self.due else max(0.0, (self.due[0][0] - now()) / 1e9 - SPIN)
            for key, events in self.selector.select(wait):
                if key.fileobj is self.door:
                    self.accept()
                    continue
                if events & selectors.EVENT_WRITE:
                    self.flush(key.data)
                if events & selectors.EVENT_READ:
                    self.read(key.data)
            while self.due and self.due[0][0] <= now():
                _, _, talk, due, sent = heapq.heappop(self.due)
                self.send(talk, due, sent)

    def accept(self) -> None:
        link, _ = self.door.accept()
        link.settimeout(0)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(link, selectors.EVENT_READ, Conversation(link))

    def send(self, talk: Conversation, due: Due, sent: Sent) -> None:
        stamp = now()
        talk.outward += due.data
        self.flush(talk)
        if due.tokens:
            sent.sends.append(stamp)
            sent.tokens.append(due.tokens)
            if due.visible and sent.visible is None:
                sent.visible = stamp

    def flush(self, talk: Conversation) -> None:
        try:
            talk.outward = talk.outward[talk.link.send(talk.outward) :] if talk.outward and talk.open else b""
        except BlockingIOError:
            pass
        except OSError:
            self.drop(talk)
            return
        if talk.open:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if talk.outward else 0)
            self.selector.modify(talk.link, wanted, talk)

    def read(self, talk: Conversation) -> None:
        try:
            data = talk.link.recv(1 << 18) if talk.open else b""
        except OSError:
            data = b""
        if not data:
            self.drop(talk)
            return
        stamp = now()
        talk.inward += data
        while b"\r\n\r\n" in talk.inward and talk.open:
            head, _, rest = talk.inward.partition(b"\r\n\r\n")
            found = re.search(rb"(?i)content-length: *(\d+)", head)
            length = int(found[1]) if found else 0
            if len(rest) < length:
                return
            talk.inward = rest[length:]
            self.reply(talk, head.split(b" ")[1].decode(), rest[:length], stamp)

    def drop(self, talk: Conversation) -> None:
        if talk.open:
            talk.open = False
            self.selector.unregister(talk.link)
            talk.link.close()

    def reply(self, talk: Conversation, path: str, body: bytes, stamp: int) -> None:
        asked = json.loads(body) if body else {}
        if not asked.get("model"):
            self.page(talk, path)
            return
        model = str(asked["model"])
        sent = Sent(model, stamp, begun=stamp)
        self.log.append(sent)
        planned = self.plans.setdefault(model, plan(model))
        if schedule_of(model).serial:
            sent.begun = max(stamp, self.free_at)
            self.free_at = sent.begun + planned[-1].at
        if not asked.get("stream"):
            due = Due(planned[-1].at, whole(model), schedule_of(model).tokens, visible=True)
            heapq.heappush(self.due, (sent.begun + due.at, next(self.numbers), talk, due, sent))
            return
        if schedule_of(model).burst:
            # Every stamp is the same: all of it leaves at once.
            sent.sends = [now()] * sum(1 for due in planned if due.tokens)
            sent.tokens = [due.tokens for due in planned if due.tokens]
            talk.outward += HEAD + b"".join(due.data for due in planned)
            self.flush(talk)
            return
        for at, due in enumerate(planned):
            shown = Due(due.at, HEAD + due.data, due.tokens, due.visible) if at == 0 else due
            heapq.heappush(self.due, (sent.begun + due.at, next(self.numbers), talk, shown, sent))

    def page(self, talk: Conversation, path: str) -> None:
        content: object = {}
        if path == "/_log":
            content = [
                {
                    "model": one.model,
                    "received": one.received,
                    "sends": one.sends,
                    "tokens": one.tokens,
                    "visible": one.visible,
                    "begun": one.begun,
                }
                for one in self.log
            ]
        elif path == "/_reset":
            self.log.clear()
        elif path.endswith("/models"):
            content = {
                "object": "list",
                "data": [{"id": "t50-i5-n100", "object": "model", "owned_by": "bench"}],
            }
        body = json.dumps(content).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        talk.outward += head.encode() + body
        self.flush(talk)


if __name__ == "__main__":
    server = Server()
    print(server.port, flush=True)
    server.serve()
