"""Calls are counted, logged and traced by their figures; what was asked and answered is in none of it."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service.domain.asking import Answer, Format, Message, Question, Sampling
from service.domain.failures import Failure, FailureKind
from service.domain.models import Loaded, Memory, Model
from service.observability.metrics import Metrics, exposition
from service.observability.sessions import Watch
from service.observability.tallies import MOST_SERIES, Counter
from service.observability.traces import NoTraces, OpenTelemetry, Traces, open_traces

PROMPT, SAID = "what is the secret of the house", "it is in the cellar"
MODEL = Model(name="tiny-s", source="builtin")
QUESTION = Question(
    messages=(Message(role="user", content=PROMPT),),
    sampling=Sampling(temperature=0.5, max_tokens=16, seed=7),
    deadline=1.0,
    format=Format(kind="json_schema", definition="{}"),
)
# Sent at 1 s, first token 0.2 s later, over after half a second.
ANSWER = Answer(
    text=SAID,
    finish="stop",
    prompt_tokens=9,
    completion_tokens=5,
    sent=1_000_000_000,
    first=1_200_000_000,
    last=1_450_000_000,
    end=1_500_000_000,
)
FAILURE = Failure(kind=FailureKind.TIMED_OUT, message=f"no answer to {PROMPT}", raw=SAID)


@dataclass
class Scripted:
    reply: Answer | Failure
    loaded: Loaded | Failure
    pid: int = 4711
    alive: bool = True

    async def load(self) -> Loaded | Failure:
        return self.loaded

    async def ask(self, question: Question) -> Answer | Failure:
        assert question is QUESTION
        return self.reply

    async def memory(self) -> Memory:
        return Memory(resident=1, peak=1, method="none")


async def ask(watch: Watch, reply: Answer | Failure, loaded: Loaded | Failure | None = None) -> None:
    good = Loaded(seconds=0.1, model_id="tiny-s", device="cpu", runtime="test")

    @asynccontextmanager
    async def open_session(model: Model) -> AsyncIterator[Scripted]:
        assert model is MODEL
        yield Scripted(reply, loaded or good)

    async with watch.sessions(open_session, "candidate")(MODEL) as session:
        assert (session.pid, session.alive) == (4711, True)
        await session.load()
        assert await session.ask(QUESTION) is reply
        assert (await session.memory()).resident == 1


def text(metrics: Metrics) -> list[str]:
    return (
        exposition(metrics, evaluations={"queued": 3, "running": 1}, version="1.2")[0].decode().splitlines()
    )


async def test_calls_are_counted_by_outcome_with_the_runner_s_own_times() -> None:
    watch = Watch()
    await ask(watch, ANSWER)
    await ask(watch, FAILURE, FAILURE)
    lines = text(watch.metrics)
    for line in (
        'slm_judge_model_calls_total{outcome="ok",role="candidate"} 1.0',
        'slm_judge_model_calls_total{outcome="timed_out",role="candidate"} 1.0',
        'slm_judge_model_loads_total{outcome="timed_out",role="candidate"} 1.0',
        'slm_judge_model_tokens_total{direction="out",role="candidate"} 5.0',
        'slm_judge_first_token_seconds_bucket{le="0.1",role="candidate"} 0.0',
        'slm_judge_first_token_seconds_bucket{le="0.25",role="candidate"} 1.0',
        'slm_judge_first_token_seconds_sum{role="candidate"} 0.2',
        'slm_judge_evaluations{status="running"} 1.0',
        "slm_judge_queue_length 3.0",
        'slm_judge_build_info{version="1.2"} 1.0',
    ):
        assert line in lines, line
    (seconds,) = [line for line in lines if line.startswith("slm_judge_model_seconds_total")]
    assert float(seconds.split()[-1]) == pytest.approx(0.5, abs=0.1)  # and the failed call's moment
    assert any(line.startswith("process_resident_memory_bytes") for line in lines)


async def test_neither_metrics_nor_logs_hold_a_prompt_or_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    watch = Watch()
    await ask(watch, ANSWER)
    await ask(watch, FAILURE, FAILURE)
    said = json.dumps([vars(record) for record in caplog.records], default=str) + "\n".join(
        text(watch.metrics)
    )
    assert "model loaded" in said
    assert "4711" in said
    assert PROMPT not in said
    assert SAID not in said


def test_there_is_no_end_of_series_but_one() -> None:
    counter = Counter(name="c", help="C.", labels=("route",))
    for number in range(MOST_SERIES + 50):
        counter.add(str(number))
    assert len(counter.values) == MOST_SERIES + 1
    assert counter.values["other",] == 50


async def test_a_call_is_a_span_with_the_names_of_the_convention_below_its_evaluation() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    traces = OpenTelemetry(provider)
    watch = Watch(traces=traces)
    with traces.during("evaluation", {"slm_judge.evaluation": "e1"}):
        await asyncio.create_task(ask(watch, ANSWER))
        await ask(watch, FAILURE)
    traces.close()
    found: list[Any] = list(exporter.get_finished_spans())
    assert [span.name for span in found] == [
        *("load tiny-s", "chat tiny-s", "load tiny-s", "chat tiny-s", "evaluation"),
    ]
    good, bad, whole = found[1], found[3], found[4]
    assert dict(good.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "foundry_local",
        "gen_ai.request.model": "tiny-s",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.max_tokens": 16,
        "gen_ai.request.seed": 7,
        "gen_ai.output.type": "json",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 5,
        "slm_judge.role": "candidate",
        "slm_judge.first_token_seconds": 0.2,
    }
    assert good.end_time - good.start_time == 500_000_000
    assert bad.attributes["error.type"] == "timed_out"
    assert not bad.status.is_ok
    assert {span.parent.span_id for span in found[:4]} == {whole.context.span_id}
    assert PROMPT not in str([span.to_json() for span in found])


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "x"}, False),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "console"}, False),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
    ],
)
def test_traces_are_made_only_where_the_environment_asks(environment: dict[str, str], wanted: bool) -> None:
    traces: Traces = open_traces(environment, "1")
    assert isinstance(traces, OpenTelemetry if wanted else NoTraces)
    traces.close()


def test_without_the_extra_a_wish_for_traces_is_answered_in_words(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.resources", None)
    traces = open_traces({"OTEL_TRACES_EXPORTER": "otlp"}, "1")
    assert isinstance(traces, NoTraces)
    assert "slm-judge[otel]" in caplog.text
