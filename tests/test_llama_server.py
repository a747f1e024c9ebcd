"""llama.cpp's real server, end to end: told, tried, validated, timed, judged by, and ranked, with models of our own making.

It serves built-in models that were written as GGUF: the same weights as in process, so their answers are known.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from service import resources
from tests.builtin_gguf import write_gguf
from tests.llama_server import program, serving
from tests.service_process import ServiceProcess

SERVED = ("tiny-xs", "tiny-s", "tiny-judge")
PROMPTS, ROUNDS = 24, 2
CANDIDATES = ["cpp-tiny-xs:tiny-xs", "cpp-tiny-s:tiny-s", "tiny-s"]
BODY = {
    "candidates": [{"model": name, "max_tokens": 64} for name in CANDIDATES],
    "judge": {"model": "cpp-tiny-judge:tiny-judge", "template": "tiny", "max_tokens": 128},
    "rubric": "tiny",
    "prompt_set": "tiny",
    "profile": "tiny",
    "rounds": ROUNDS,
    "warmup": 1,
    "seed": 5,
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service whose endpoints are three of these servers, each with its model."""
    server = program()
    if server is None:
        pytest.skip(
            "llama.cpp's server is missing: `make llama-server` builds it, or name it in SLM_JUDGE_LLAMA_SERVER"
        )
    folder = tmp_path_factory.mktemp("llama")
    with ExitStack() as stack:
        places = []
        for name in SERVED:
            file = write_gguf(resources.builtin_models_folder() / name, folder / f"{name}.gguf")
            url = stack.enter_context(serving(server, file, name, folder / f"{name}.log"))
            named = {"id": name, "licence": "MIT", "family": f"cpp {name}"}
            places.append({"name": f"cpp-{name}", "url": f"{url}/v1", "models": [named]})
        started = ServiceProcess(folder, {"SLM_JUDGE_ENDPOINTS": json.dumps(places)})
        stack.callback(started.stop)
        started.start()
        yield started


def send(service: ServiceProcess, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    reply = httpx.post(f"{service.url}/api/v1/{path}", json=body, timeout=120, trust_env=False)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def get(service: ServiceProcess, path: str) -> dict[str, Any]:
    reply = httpx.get(f"{service.url}/api/v1/{path}", timeout=120, trust_env=False)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


@pytest.mark.nightly
def test_it_is_told_by_its_own_pages_with_size_and_context(service: ServiceProcess) -> None:
    seen = {one["name"]: one for one in send(service, "endpoints/refresh")["items"]}
    assert {one["dialect"] for one in seen.values()} == {"llamacpp"}
    assert all(one["version"] for one in seen.values())
    (model,) = seen["cpp-tiny-s"]["models"]
    # 139 584 numbers of 32 bits; two slots of 512 tokens each.
    assert model["server_reported"] == {
        "disk_bytes": 4 * 139_584,
        "context": 512,
        "context_trained": 512,
        "parameters": "139584",
        "quantisation": "all F32",
        "loaded": True,
    }


@pytest.mark.nightly
def test_what_it_honours_is_found_out_by_trying(service: ServiceProcess) -> None:
    found = send(service, "models/cpp-tiny-judge:tiny-judge/probe")
    assert found["ok"], found
    found |= send(service, "models/cpp-tiny-s:tiny-s/probe")
    honoured = found["capabilities"]
    works = ("usage", "streamed_usage", "stop", "json_schema", "logprobs", "cached_tokens")
    assert {name: honoured[name] for name in works} == dict.fromkeys(works, True)
    # It knows no Lark; a template without tools makes it take a forced tool and ignore it; it cannot unload.
    fails = ("lark", "forced_tools", "load", "unload")
    assert {name: honoured[name] for name in fails} == dict.fromkeys(fails, False)
    assert honoured["accepts_seed"]
    assert honoured["accepts_max_tokens"]


@pytest.mark.nightly
@pytest.mark.timeout(300)
def test_it_is_validated_evaluated_and_judges(service: ServiceProcess) -> None:
    send(service, "endpoints/refresh")
    send(service, "models/cpp-tiny-judge:tiny-judge/probe")
    valid = send(service, "validation", {"models": [*CANDIDATES, "cpp-tiny-judge:tiny-judge"]})
    assert valid["ok"], valid
    identity = service.accept(BODY)
    assert service.wait(identity, 200)["status"] == "succeeded"
    report = get(service, f"evaluations/{identity}/report?format=json")
    everything_is_there(service)
    for candidate in report["candidates"]:
        assert candidate["measured"]["coverage"]["answered"] == PROMPTS * ROUNDS
    compared = {one["name"]: one["measured"] for one in report["candidates"]}
    timed_and_reported(compared["cpp-tiny-s:tiny-s"])
    ranked_by_this_judge(service, identity, report)


def everything_is_there(service: ServiceProcess) -> None:
    """Every answer is there, and the same weights give the same answers on both runtimes."""
    assert not service.rows("select kind, message from attempts")
    rows = service.rows("select candidate, prompt, round_number, text from responses")
    texts = {row[:3]: row[3] for row in rows}
    assert len(texts) == len(CANDIDATES) * PROMPTS * ROUNDS
    pairs = [
        (text, texts["tiny-s", prompt, number])
        for (candidate, prompt, number), text in texts.items()
        if candidate == "cpp-tiny-s:tiny-s"
    ]
    same = sum(left == right for left, right in pairs)
    # Where two tokens are nearly level, 16 and 32 bits may part ways.
    assert same >= 0.95 * len(pairs), [pair for pair in pairs if pair[0] != pair[1]]


def timed_and_reported(measured: dict[str, Any]) -> None:
    """What was measured here fits what the server says of its own work."""
    reported = {name: one["value"] for name, one in measured["server_reported"].items()}
    assert {"prompt_ms", "predicted_ms", "predicted_per_second", "prompt_n"} <= set(reported)
    assert reported["cache_n"] == 0, (
        "a prompt that comes again is read again, or its time would be no prompt's time"
    )
    latency = measured["latency_seconds"]["p50"]["value"]
    assert 0 < measured["first_token_seconds"]["value"] <= latency
    assert latency >= reported["predicted_ms"] / 1000, (
        "it cannot have been quicker than the server's own work"
    )
    assert measured["throughput_tokens_per_second"]["decode_after_first_token"]["value"] > 0
    assert measured["memory_bytes"]["process_peak"]["value"] is None
    assert measured["memory_bytes"]["process_peak"]["reason"]


def ranked_by_this_judge(service: ServiceProcess, identity: str, report: dict[str, Any]) -> None:
    """Its judge was held to a JSON schema, and its verdicts rank the candidates."""
    (judge,) = report["judges"]
    assert judge["qualification"]["terms"]["output"] == "json_schema"
    assert judge["qualification"]["valid"] >= 0.9 * judge["qualification"]["asked"]
    raws = [json.loads(raw) for (raw,) in service.rows("select raw from verdicts where raw is not null")]
    assert raws
    assert all(isinstance(one, dict) for one in raws)
    gates = "gates=memory:off,latency_p95:60s&weights=quality:0.8,latency_p95:0.2"
    ranking = get(service, f"evaluations/{identity}/ranking?{gates}")
    ranked = {one["candidate"]: one["rank"] for one in ranking["candidates"]}
    assert sorted(filter(None, ranked.values())) == [1, 2, 3], ranking
    assert ranked["cpp-tiny-xs:tiny-xs"] == 3, "it answers a quarter of the questions, the others nearly all"
    assert set(ranked) == set(CANDIDATES)
