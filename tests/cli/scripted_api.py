"""A service of prepared answers, for what a command asks and how it shows what comes back."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ID = "01a203d7-fd30-7700-be02-f80e5e13b7e8"
Answers = dict[str, Any]


class ScriptedApi:
    """Answers ``METHOD /path`` from a table, bytes as they are; a list is answered one by one, its last item for ever.

    Attributes
    ----------
    asked
        Every request as ``METHOD /path?query``, with its ``Authorization`` header and body.
    hosts
        Under which names it was called.
    """

    def __init__(self, address: str, answers: Answers) -> None:
        self.address = address
        self.answers = answers
        self.asked: list[tuple[str, str | None, Any]] = []
        self.hosts: list[str | None] = []

    def answer(self, line: str) -> tuple[int, Any]:
        found = self.answers.get(line.partition("?")[0])
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if found is None:
            problem = {
                "title": "There is nothing under this name",
                "detail": f"nothing at {line}",
                "status": 404,
            }
            return 404, problem
        return found if isinstance(found, tuple) else (200, found)


@contextmanager
def scripted_api(answers: Answers) -> Iterator[ScriptedApi]:
    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            size = int(self.headers.get("content-length", 0))
            sent = self.rfile.read(size)
            plain = self.headers.get("content-type") == "application/json"
            body = json.loads(sent) if plain else sent or None
            line = f"{self.command} {self.path.removeprefix('/api/v1')}"
            api.hosts.append(self.headers.get("host"))
            api.asked.append((line, self.headers.get("authorization"), body))
            status, found = api.answer(line)
            text = found if isinstance(found, bytes) else b"" if status == 204 else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_DELETE = respond  # noqa: N815  # the server's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the server's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api = ScriptedApi(f"http://127.0.0.1:{server.server_port}", answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def state(status: str = "succeeded", **changes: Any) -> dict[str, Any]:
    """An evaluation as the API tells it."""
    counts = {f"{what}_{how}": 4 for what in ("answers", "verdicts") for how in ("wanted", "kept", "failed")}
    return {
        "id": ID,
        "name": "mine",
        "status": status,
        "reason": None,
        "attempt": 1,
        "created_at": "2026-11-22T10:15:30Z",
        "started_at": None,
        "finished_at": None,
        "candidates": [{"name": "tiny-s"}],
        "judges": [{"model": "tiny-judge"}],
        "rubric": {"name": "tiny"},
        "prompt_set": {"name": "tiny"},
        "profile": {"name": "tiny"},
        "prompts": 4,
        "use": "commercial",
        "device": "local",
        "rounds": 3,
        "passes": 1,
        "seed": 1,
        "cautions": ["few prompts"],
        "progress": {"stage": "done", "share": 1.0, "loads": 1, **counts},
    } | changes
