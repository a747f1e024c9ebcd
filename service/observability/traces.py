"""Traces: spans of evaluations and model calls by OpenTelemetry, where it is installed and the environment asks for it.

Spans of calls are written after the call from the runner's own stamps: nothing is added to what is timed. Names follow
OpenTelemetry's conventions for generative AI; prompts and answers are never in them.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from service.domain.asking import Answer, Question
from service.domain.failures import Failure
from service.domain.models import Model

ASKS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
Attributes = Mapping[str, str | int | float | tuple[str, ...]]
_log = logging.getLogger(__name__)


class Traces(Protocol):
    """Where spans go."""

    def during(self, name: str, attributes: Attributes) -> Any:
        """Return a context that is a span; spans made inside it are its children."""
        ...

    def past(self, name: str, attributes: Attributes, *, seconds: float, error: str | None) -> None:
        """Add a span that ended just now."""
        ...

    def close(self) -> None:
        """Send what is left."""
        ...


class NoTraces:
    """Traces that nobody wants."""

    @contextmanager
    def during(self, name: str, attributes: Attributes) -> Iterator[None]:
        """Do nothing."""
        del name, attributes
        yield

    def past(self, name: str, attributes: Attributes, *, seconds: float, error: str | None) -> None:
        """Do nothing."""
        del name, attributes, seconds, error

    def close(self) -> None:
        """Do nothing."""


class OpenTelemetry:
    """Traces by a tracer provider of OpenTelemetry's SDK, which is the service's own and not the process's."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("slm-judge")

    @contextmanager
    def during(self, name: str, attributes: Attributes) -> Iterator[None]:
        """Have a span around what happens inside."""
        with self._tracer.start_as_current_span(name, attributes=dict(attributes)):
            yield

    def past(self, name: str, attributes: Attributes, *, seconds: float, error: str | None) -> None:
        """Add a span that ended just now."""
        from opentelemetry.trace import SpanKind, Status, StatusCode

        end = time.time_ns()
        start = end - int(seconds * 1e9)
        span = self._tracer.start_span(
            name, kind=SpanKind.CLIENT, attributes=dict(attributes), start_time=start
        )
        if error is not None:
            span.set_attribute("error.type", error)
            span.set_status(Status(StatusCode.ERROR))
        span.end(end_time=end)

    def close(self) -> None:
        """Send what is left; a collector that does not answer is not waited for long."""
        self._provider.force_flush(2000)
        self._provider.shutdown()


def open_traces(environment: Mapping[str, str], version: str) -> Traces:
    """Return traces where the standard ``OTEL_*`` variables ask for them, else none; nothing is imported for none."""
    wanted = environment.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    off = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or wanted == "none"
    asked = wanted in {"otlp", "console"} or any(environment.get(name) for name in ASKS)
    if off or not asked:
        return NoTraces()
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter

        exporter: SpanExporter
        if wanted == "console":
            exporter = ConsoleSpanExporter()
        else:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            exporter = OTLPSpanExporter()
    except ImportError as error:
        _log.warning(
            "OTEL_* asks for traces, and %s is not installed: pip install 'slm-judge[otel]'", error.name
        )
        return NoTraces()
    own = {"service.name": environment.get("OTEL_SERVICE_NAME", "slm-judge"), "service.version": version}
    provider = TracerProvider(resource=Resource.create(own))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return OpenTelemetry(provider)


def load_attributes(model: Model, role: str) -> Attributes:
    """Return what a span says of a load."""
    return {
        "gen_ai.provider.name": _provider(model),
        "gen_ai.request.model": model.name,
        "slm_judge.role": role,
    }


def call_attributes(model: Model, role: str, question: Question, reply: Answer | Failure) -> Attributes:
    """Return what a span says of a question and its answer, by OpenTelemetry's names."""
    found: dict[str, str | int | float | tuple[str, ...]] = {
        "gen_ai.operation.name": "chat",
        **load_attributes(model, role),
        "gen_ai.request.temperature": question.sampling.temperature,
        "gen_ai.request.max_tokens": question.sampling.max_tokens,
        "gen_ai.request.seed": question.sampling.seed,
        "gen_ai.output.type": "text" if question.format is None else "json",
    }
    if question.sampling.top_p is not None:
        found["gen_ai.request.top_p"] = question.sampling.top_p
    if isinstance(reply, Answer):
        found["gen_ai.response.finish_reasons"] = (reply.finish,)
        if reply.prompt_tokens is not None:
            found["gen_ai.usage.input_tokens"] = reply.prompt_tokens
        if reply.completion_tokens is not None:
            found["gen_ai.usage.output_tokens"] = reply.completion_tokens
        if reply.first is not None:
            found["slm_judge.first_token_seconds"] = (reply.first - reply.sent) / 1e9
    return found


def _provider(model: Model) -> str:
    return model.dialect or "openai" if model.runner == "http" else "foundry_local"
