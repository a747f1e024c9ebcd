"""The workshop's measurements: its variables, its terms, and a document that comes out the same twice."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from service.cli import following
from service.cli.commands import main
from tests.cli.scripted_api import ID, ScriptedApi, scripted_api, state

HERE = f"/evaluations/{ID}"


def model(name: str, *, cached: bool = True, capabilities: tuple[str, ...] = ("chat",)) -> dict[str, object]:
    return {"name": name, "cached": cached, "capabilities": list(capabilities)}


def candidate(name: str, failure: str | None = None) -> dict[str, object]:
    value = {"value": 0.5}
    measured = {
        "latency_seconds": {
            "mean": value,
            "p50": value,
            "p95": {"value": None},
            "minimum": 0.4,
            "maximum": 0.6,
        },
        "throughput_tokens_per_second": {
            "prompt_and_completion_over_latency": {"value": 30.0},
            "end_to_end": {"value": 20.0},
        },
        "memory_bytes": {"model_resident": {"value": 1048576.0}},
        "disk_bytes": {"value": 2048.0},
        "coverage": {"truncated": 0, "failed": 0},
    }
    return {
        "name": name,
        "model": {"version": f"{name}-1"},
        "measured": None if failure else measured,
        "failures": [{"message": failure}] if failure else [],
    }


def item(name: str, answer: str, latency: float) -> dict[str, object]:
    return {
        "candidate": name,
        "prompt": "p1",
        "answer": answer,
        "finish": "stop",
        "completion_tokens": 10,
        "scores": {"value": 5.0},
        "latency_seconds": latency,
        "first_token_seconds": latency / 2,
    }


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedApi]:
    monkeypatch.setattr(following, "PAUSE", 0.01)
    models = [
        model("small"),
        model("large"),
        model("far", cached=False),
        model("judge", capabilities=("judge",)),
    ]
    answers = {
        "GET /models": {"items": models, "next_cursor": None},
        "POST /evaluations": state("queued", prompt_set={"name": "deterministic", "fingerprint": "f"}),
        f"GET {HERE}": state(),
        f"GET {HERE}/report": {"candidates": [candidate("small"), candidate("large")]},
        f"GET {HERE}/items": {
            "items": [
                item("small", "yes", 0.4),
                item("small", "yes", 0.6),
                item("large", "yes", 2.0),
                item("large", "no", 2.0),
            ],
            "next_cursor": None,
        },
    }
    with scripted_api(answers) as made:
        yield made


def ask(api: ScriptedApi, *arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"SLM_JUDGE_SERVER": api.address} | environment)


def sent(api: ScriptedApi) -> dict[str, object]:
    return next(body for line, _, body in api.asked if line == "POST /evaluations")


def test_the_workshop_s_variables_are_what_is_asked(api: ScriptedApi) -> None:
    result = ask(
        api,
        "bench",
        "--json",
        BENCH_MODELS="small, large",
        BENCH_ROUNDS="5",
        BENCH_PROMPT="Why?",
        BENCH_STREAM="1",
        BENCH_MAX_TOKENS="60",
        BENCH_TEMPERATURE="0.7",
    )
    assert result.exit_code == 0, result.output
    body = sent(api)
    assert (body["prompt_set"], body["rounds"], body["judge"]) == (["Why?"], 5, None)
    assert body["candidates"] == [
        {"model": name, "name": name, "temperature": 0.7, "max_tokens": 60} for name in ("small", "large")
    ]
    first = json.loads(result.stdout)[0]
    assert first["first_token_latency_avg"] == pytest.approx(0.25)  # the mean of 0.2 and 0.3
    assert (first["latency_avg"], first["latency_p95"], first["tokens_per_sec_avg"]) == (0.5, None, 30.0)


def test_an_option_wins_over_its_variable_and_nothing_named_is_everything_that_chats(
    api: ScriptedApi,
) -> None:
    ask(api, "bench", "--rounds", "2", BENCH_ROUNDS="5")
    assert sent(api)["rounds"] == 2
    assert [one["model"] for one in sent(api)["candidates"]] == ["small", "large"]  # type: ignore[attr-defined]


def test_models_that_cannot_be_measured_are_listed_with_the_reason(api: ScriptedApi) -> None:
    api.answers[f"GET {HERE}/report"] = {"candidates": [candidate("small"), candidate("large", "no memory")]}
    api.answers[f"GET {HERE}/items"] = {"items": [item("small", "yes", 0.4)], "next_cursor": None}
    result = ask(api, "bench", "--models", "small,large,far,nope")
    assert result.exit_code == 0
    assert "large: failed, no memory" in result.stdout
    assert "far: missing, not downloaded" in result.stdout
    assert "nope: missing, not known here" in result.stdout
    assert ask(api, "bench", "--models", "far,nope").exit_code == 4


def test_the_deterministic_document_has_neither_times_nor_ids(api: ScriptedApi) -> None:
    result = ask(api, "bench", "--models", "small,large", "--deterministic", BENCH_TEMPERATURE="0.9")
    assert all(one["temperature"] == 0 for one in sent(api)["candidates"])  # type: ignore[attr-defined]
    assert sent(api)["prompt_set"] == "deterministic"
    document = json.loads(result.stdout)
    assert [one["model"] for one in document["models"]] == ["large", "small"]
    assert [one["answers"][0]["same_each_round"] for one in document["models"]] == [False, True]
    assert "0.4" not in result.stdout
    assert ID not in result.stdout
    assert list(document) == sorted(document)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--rounds", "0"),
        ("--deterministic", "--temperature", "0.5"),
        ("--prompt-set", "tiny"),
        ("--max-tokens", "x"),
    ],
)
def test_what_does_not_go_together_is_wrong_use(api: ScriptedApi, arguments: tuple[str, ...]) -> None:
    assert ask(api, "bench", *arguments).exit_code == 2
    assert api.asked == []


def test_two_models_are_compared_on_the_workshop_s_prompt(api: ScriptedApi) -> None:
    result = ask(
        api,
        "compare-models",
        "--json",
        SLM_ALIAS="small",
        LLM_ALIAS="large",
        COMPARE_PROMPT="Name one benefit.",
    )
    assert result.exit_code == 0, result.output
    assert sent(api)["prompt_set"] == ["Name one benefit."]
    found = json.loads(result.stdout)
    assert found["speed_up"] == 4.0  # medians 2.0 s and 0.5 s
    assert [(one["role"], one["alias"], one["sample"]) for one in found["models"]] == [
        ("slm", "small", "yes"),
        ("llm", "large", "no"),
    ]
    shown = ask(api, "compare-models", "--slm", "small", "--llm", "large").stdout
    assert "small answers 4 times as fast as large." in shown


def test_a_pair_needs_two_models_that_are_here(api: ScriptedApi) -> None:
    assert ask(api, "compare-models", "--slm", "small", "--llm", "small").exit_code == 2
    refused = ask(api, "compare-models", "--slm", "small")
    assert refused.exit_code == 4
    assert (
        "qwen2.5-7b is not known here, tiny-l is not known here: name another model with LLM_ALIAS"
        in refused.stderr
    )
