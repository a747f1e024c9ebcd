"""Traces by OTLP over HTTP, received by a collector on loopback: our spans under the conventions' names, and not a word said."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from service.observability.sessions import Watch
from service.observability.traces import open_traces
from tests.observability.test_sessions import ANSWER, FAILURE, PROMPT, SAID, ask


@contextmanager
def collector(status: int = 200) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Lend the address of a collector and what it received: paths and bodies."""
    received: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append((self.path, body))
            self.send_response(status)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the server's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def plain(attributes: Any) -> dict[str, Any]:
    """Return attributes of the protocol as a dictionary; lists as tuples of texts."""
    found: dict[str, Any] = {}
    for one in attributes:
        kind = one.value.WhichOneof("value")
        value = getattr(one.value, kind)
        listed = kind == "array_value"
        found[one.key] = tuple(each.string_value for each in value.values) if listed else value
    return found


async def test_a_collector_receives_our_spans_and_no_word_of_prompts_or_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with collector() as (address, received):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        watch = Watch(traces=open_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": address}, "1.2"))
        with watch.traces.during("evaluation", {"slm_judge.evaluation": "e1"}):
            await ask(watch, ANSWER)
            await ask(watch, FAILURE)
        watch.traces.close()
    assert {path for path, _ in received} == {"/v1/traces"}
    spans = []
    for _, body in received:
        assert PROMPT.encode() not in body
        assert SAID.encode() not in body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            about = plain(resource.resource.attributes)
            assert (about["service.name"], about["service.version"]) == ("slm-judge", "1.2")
            spans += [span for scope in resource.scope_spans for span in scope.spans]
    named = {name: [span for span in spans if span.name == name] for name in {span.name for span in spans}}
    assert {name: len(found) for name, found in named.items()} == {
        "evaluation": 1,
        "load tiny-s": 2,
        "chat tiny-s": 2,
    }
    (root,) = named["evaluation"]
    assert {span.parent_span_id for span in spans if span is not root} == {root.span_id}
    answered, failed = (plain(span.attributes) for span in named["chat tiny-s"])
    assert answered == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": answered["gen_ai.provider.name"],
        "gen_ai.request.model": "tiny-s",
        "slm_judge.role": "candidate",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 16,
        "gen_ai.request.seed": 7,
        "gen_ai.output.type": "json",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 5,
        "slm_judge.first_token_seconds": answered["slm_judge.first_token_seconds"],
    }
    assert failed["error.type"] == "timed_out"
    # The span is as long as the runner's stamps say: half a second, not the time that passed here.
    first = named["chat tiny-s"][0]
    assert first.end_time_unix_nano - first.start_time_unix_nano == 500_000_000


async def test_a_collector_that_is_not_there_costs_no_answer_and_little_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    watch = Watch(traces=open_traces({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, "1"))
    await ask(watch, ANSWER)
    begun = time.monotonic()
    watch.traces.close()
    assert time.monotonic() - begun < 15
