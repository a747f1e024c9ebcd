"""The http runner against a scripted server: every fault has its exact kind, and costs nothing but its answer."""

import asyncio
import dataclasses
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from service.domain.asking import Answer, Format, Message, Question, Sampling, ask_again
from service.domain.endpoints import Endpoint
from service.domain.failures import Failure, FailureKind
from service.domain.models import Loaded, Model
from service.judge.grammar import reply_format
from service.judge.parsing import Reply, parse_reply
from service.measure.timing import timing
from service.models.opening import open_runner
from service.models.runner import Limits, Runner
from tests.scripted_server import ScriptedServer

CERTIFICATES = Path(__file__).parent / "certificates"
KEY = "sk-very-secret-0123456789"


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def endpoint(url: str, *, key_env: str | None = None) -> Endpoint:
    return Endpoint(name="there", url=url, key_env=key_env)


def remote(name: str, dialect: str | None = None) -> Model:
    return Model(
        name=f"there:{name}", source="endpoint", runner="http", endpoint="there", remote=name, dialect=dialect
    )


def question(
    text: str = "hello big world",
    *,
    deadline: float = 10.0,
    form: Format | None = None,
    max_tokens: int = 16,
) -> Question:
    return Question(
        messages=(Message(role="user", content=text),),
        sampling=Sampling(temperature=0, max_tokens=max_tokens, seed=7),
        deadline=deadline,
        format=form,
    )


@asynccontextmanager
async def opened(
    place: Endpoint, model: str, scratch: Path, dialect: str | None = None
) -> AsyncIterator[Runner]:
    limits = Limits(start=20, load=10, grace=2.0)
    async with open_runner(
        remote(model, dialect), scratch=scratch, endpoints=[place], limits=limits
    ) as runner:
        yield runner


async def asked(
    server: ScriptedServer, model: str, scratch: Path, *, deadline: float = 10.0, max_tokens: int = 16
) -> Answer | Failure:
    """One answer of one model, whose process must be alive after it and end without delay."""
    async with opened(endpoint(server.url), model, scratch) as runner:
        loaded = await runner.load()
        assert isinstance(loaded, Loaded), loaded
        reply = await runner.ask(question(deadline=deadline, max_tokens=max_tokens))
        assert runner.alive
        begin = time.monotonic()
    assert time.monotonic() - begin < 2.5, "nothing hangs at shutdown"
    return reply


async def test_a_good_answer_has_its_text_tokens_and_ordered_stamps(
    server: ScriptedServer, tmp_path: Path
) -> None:
    reply = await asked(server, "good", tmp_path)
    assert isinstance(reply, Answer)
    assert (reply.text, reply.finish) == ("HELLO BIG WORLD", "stop")
    assert (reply.prompt_tokens, reply.completion_tokens) == (3, 3)
    assert reply.first is not None
    assert reply.last is not None
    assert reply.sent < reply.first < reply.last <= reply.end
    assert [characters for _, characters in reply.chunks] == [5, 4, 6], "the role-only chunk is no text"
    assert reply.chunks[0][0] == reply.first == reply.first_visible


async def test_what_is_sent_is_complete_and_nothing_more(server: ScriptedServer, tmp_path: Path) -> None:
    await asked(server, "good", tmp_path)
    body = next(one.body for one in reversed(server.requests) if one.path.endswith("completions"))
    assert body == {
        "model": "good",
        "messages": [{"role": "user", "content": "hello big world"}],
        "temperature": 0.0,
        "max_tokens": 16,
        "seed": 7,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_reasoning_is_a_first_token_but_not_a_visible_one(
    server: ScriptedServer, tmp_path: Path
) -> None:
    reply = await asked(server, "thinking", tmp_path)
    assert isinstance(reply, Answer)
    assert reply.text == "yes"
    assert reply.first is not None
    assert reply.first_visible is not None
    assert reply.first_visible - reply.first > 10_000_000
    assert reply.completion_tokens == 4, "reasoning is in the server's count and is not added again"


async def test_characters_cut_in_two_are_whole_again(server: ScriptedServer, tmp_path: Path) -> None:
    reply = await asked(server, "split-character", tmp_path)
    assert isinstance(reply, Answer)
    assert reply.text == "café€"


async def test_tokens_that_came_together_share_a_stamp_and_give_no_rate(
    server: ScriptedServer, tmp_path: Path
) -> None:
    reply = await asked(server, "one-piece", tmp_path)
    assert isinstance(reply, Answer)
    assert reply.completion_tokens == 4
    assert len(reply.chunks) == 1
    assert reply.first == reply.last


@pytest.mark.parametrize(("model", "prompt_tokens"), [("no-usage", None), ("wrong-usage", None)])
async def test_missing_and_impossible_counts_are_none_and_never_zero(
    server: ScriptedServer, tmp_path: Path, model: str, prompt_tokens: int | None
) -> None:
    reply = await asked(server, model, tmp_path)
    assert isinstance(reply, Answer)
    assert (reply.text, reply.prompt_tokens, reply.completion_tokens) == ("fine", prompt_tokens, None)


@pytest.mark.parametrize(("model", "hidden", "arrived"), [("hides-and-says", 100, 16), ("hides", 116, None)])
async def test_reasoning_that_is_counted_and_never_sent_makes_no_rate(
    server: ScriptedServer, tmp_path: Path, model: str, hidden: int, arrived: int | None
) -> None:
    # 68 characters in four pieces cannot be 116 tokens: 100 are said to be reasoning, or it is not known how many.
    reply = await asked(server, model, tmp_path, max_tokens=200)
    assert isinstance(reply, Answer)
    assert (reply.completion_tokens, reply.hidden_tokens) == (116, hidden)
    found = timing(reply)
    assert found.arrived_tokens == arrived
    assert reply.first is not None
    assert reply.last is not None
    # Four of the 16 came with the first piece.
    expected = 12e9 / (reply.last - reply.first) if arrived else None
    assert found.decode_rate == (pytest.approx(expected) if arrived else None)
    assert (found.end_to_end_rate is None) == (arrived is None)


@pytest.mark.parametrize(("model", "text"), [("not-streamed", "whole"), ("done-but-open", "fine")])
async def test_odd_ways_to_end_are_still_answers(
    server: ScriptedServer, tmp_path: Path, model: str, text: str
) -> None:
    reply = await asked(server, model, tmp_path)
    assert isinstance(reply, Answer)
    assert reply.text == text


@pytest.mark.parametrize(
    ("model", "kind", "words"),
    [
        ("unauthorised", FailureKind.UNAUTHORISED, "key_env or key_file"),
        ("missing", FailureKind.NOT_FOUND, "no model 'missing'"),
        ("busy", FailureKind.RATE_LIMITED, "lower its load"),
        ("busy-for-2", FailureKind.RATE_LIMITED, "wait 2 s"),
        ("broken", FailureKind.UPSTREAM, "failed by itself (500)"),
        ("out-of-memory", FailureKind.OUT_OF_MEMORY, "smaller variant"),
        ("over-context", FailureKind.OVER_CONTEXT, "lower max_tokens"),
        ("picky", FailureKind.REJECTED, "temperature must be 1"),
        ("redirect", FailureKind.MALFORMED, "never followed"),
        ("error-event", FailureKind.UPSTREAM, "CUDA kernel failed"),
        ("html", FailureKind.MALFORMED, "a page of HTML"),
        ("not-http", FailureKind.MALFORMED, "does not speak HTTP"),
        ("closed", FailureKind.INTERRUPTED, "before it answered"),
        ("cut-off", FailureKind.INTERRUPTED, "broke off"),
        ("clean-cut", FailureKind.INTERRUPTED, "broke off its answer after 1 pieces"),
        ("endless", FailureKind.OVERSIZED, "max_tokens"),
        ("long-line", FailureKind.OVERSIZED, "max_tokens"),
        ("not-utf8", FailureKind.MALFORMED, "not UTF-8"),
        ("empty", FailureKind.EMPTY, "without any text"),
        ("thinking-only", FailureKind.EMPTY, "raise max_tokens"),
    ],
)
async def test_a_fault_has_its_kind_and_says_what_to_do(
    server: ScriptedServer, tmp_path: Path, model: str, kind: FailureKind, words: str
) -> None:
    begin = time.monotonic()
    reply = await asked(server, model, tmp_path)
    assert isinstance(reply, Failure)
    assert reply.kind == kind
    assert words in reply.message
    assert time.monotonic() - begin < 8


@pytest.mark.parametrize(
    ("model", "words"), [("hang", "gave no first token"), ("hang-between", "did not end it")]
)
async def test_a_hang_ends_at_the_deadline_and_not_with_the_process(
    server: ScriptedServer, tmp_path: Path, model: str, words: str
) -> None:
    begin = time.monotonic()
    reply = await asked(server, model, tmp_path, deadline=0.4)
    assert isinstance(reply, Failure)
    assert reply.kind == FailureKind.TIMED_OUT
    assert words in reply.message
    assert time.monotonic() - begin < 8


async def test_a_line_of_100_mb_costs_no_memory(server: ScriptedServer, tmp_path: Path) -> None:
    async with opened(endpoint(server.url), "long-line", tmp_path) as runner:
        await runner.load()
        before = psutil.Process(runner.pid).memory_info().rss
        await runner.ask(question())
        assert psutil.Process(runner.pid).memory_info().rss - before < 20 * 2**20


async def test_one_bad_answer_leaves_the_others_of_its_process_alone(tmp_path: Path) -> None:
    with ScriptedServer() as server:
        async with opened(endpoint(server.url), "good", tmp_path) as runner:
            await runner.load()
            cancelled = asyncio.create_task(runner.ask(question()))
            await asyncio.sleep(0.003)
            cancelled.cancel()
            replies = await asyncio.gather(*(runner.ask(question(f"q {n}")) for n in range(8)))
    assert [reply.text for reply in replies if isinstance(reply, Answer)] == [f"Q {n}" for n in range(8)]


async def load_fails(url: str, scratch: Path) -> Failure:
    async with opened(endpoint(url), "good", scratch) as runner:
        loaded = await runner.load()
    assert isinstance(loaded, Failure)
    return loaded


async def test_connection_refused_says_to_start_the_server(tmp_path: Path) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        failure = await load_fails(f"http://127.0.0.1:{unheard.getsockname()[1]}/v1", tmp_path)
    assert failure.kind == FailureKind.UNREACHABLE
    assert "start its server" in failure.message


async def test_a_name_without_an_address_is_told_apart(tmp_path: Path) -> None:
    failure = await load_fails("http://no-such-host.invalid/v1", tmp_path)
    assert failure.kind == FailureKind.NAME_UNKNOWN
    assert "correct its URL" in failure.message


async def test_a_server_without_tls_is_told_apart(server: ScriptedServer, tmp_path: Path) -> None:
    failure = await load_fails(server.url.replace("http:", "https:"), tmp_path)
    assert failure.kind == FailureKind.TLS_FAILED
    assert "use http://" in failure.message


@pytest.mark.parametrize(
    ("certificate", "why"),
    [("loopback", "self"), ("expired", "expired"), ("elsewhere", "IP address mismatch")],
)
async def test_a_certificate_that_cannot_be_trusted_says_why_and_nothing_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate: str, why: str
) -> None:
    file = CERTIFICATES / f"{certificate}.pem"
    if certificate != "loopback":
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with ScriptedServer(certificate=file) as server:
        failure = await load_fails(server.url, tmp_path)
        assert not server.requests
    assert failure.kind == FailureKind.TLS_FAILED
    assert why in failure.message
    assert "SSL_CERT_FILE" in failure.message


async def test_a_certificate_whose_issuer_was_named_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = CERTIFICATES / "loopback.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with ScriptedServer(certificate=file) as server:
        reply = await asked(server, "good", tmp_path)
    assert isinstance(reply, Answer)
    assert reply.text == "HELLO BIG WORLD"


async def test_a_metadata_address_is_never_asked_whatever_it_is_called(tmp_path: Path) -> None:
    # The resolver reads this as 169.254.169.254; the settings refuse the plain forms already.
    failure = await load_fails("http://0xA9FEA9FE/v1", tmp_path)
    assert failure.kind == FailureKind.UNREACHABLE
    assert "never asked" in failure.message


async def test_a_model_whose_endpoint_left_the_settings_fails_to_load(tmp_path: Path) -> None:
    async with open_runner(remote("good"), scratch=tmp_path) as runner:
        loaded = await runner.load()
        reply = await runner.ask(question())
    assert isinstance(loaded, Failure)
    assert loaded.kind == FailureKind.LOAD_FAILED
    assert loaded == reply


async def test_the_key_reaches_the_server_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THEIR_KEY", KEY)
    monkeypatch.setenv("OTHER_KEY", "another secret")
    with ScriptedServer(key=KEY) as server:
        async with opened(endpoint(server.url, key_env="THEIR_KEY"), "echoes-key", tmp_path) as runner:
            environment = psutil.Process(runner.pid).environ()
            loaded = await runner.load()
            failure = await runner.ask(question())
    assert isinstance(loaded, Loaded)
    assert [name for name, value in environment.items() if KEY in value] == ["SLM_JUDGE_ENDPOINT_KEY"]
    assert "OTHER_KEY" not in environment
    assert isinstance(failure, Failure)
    assert failure.kind == FailureKind.UNAUTHORISED
    assert KEY not in failure.message + (failure.raw or "")
    assert "[key]" in (failure.raw or "")


async def test_a_missing_key_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    with ScriptedServer(key=KEY) as server:
        async with opened(endpoint(server.url, key_env="NOT_SET_ANYWHERE"), "good", tmp_path) as runner:
            unset = await runner.load()
        assert not server.requests
        async with opened(endpoint(server.url), "good", tmp_path) as runner:
            wrong = await runner.load()
    for failure in (unset, wrong):
        assert isinstance(failure, Failure)
        assert failure.kind == FailureKind.UNAUTHORISED
    assert isinstance(unset, Failure)
    assert "NOT_SET_ANYWHERE" in unset.message


async def test_a_pause_the_server_asks_for_is_kept_before_the_next_request(tmp_path: Path) -> None:
    with ScriptedServer() as server:
        async with opened(endpoint(server.url), "busy-for-2", tmp_path) as runner:
            await runner.load()
            await runner.ask(question())
            begin = time.monotonic()
            await runner.ask(question(deadline=2.0))
            waited = time.monotonic() - begin
    # At most half of the deadline goes into waiting.
    assert 0.9 < waited < 1.9


async def test_a_field_that_a_server_does_not_know_is_said_once_and_then_left_out(tmp_path: Path) -> None:
    with ScriptedServer() as server:
        async with opened(endpoint(server.url), "strict", tmp_path) as runner:
            await runner.load()
            first = await runner.ask(question())
            reply = await ask_again(runner.ask, question())
        bodies = [one.body for one in server.requests if "messages" in one.body]
    assert isinstance(first, Failure)
    assert first.kind == FailureKind.UNSUPPORTED
    assert "does not take 'stream_options'" in first.message
    assert isinstance(reply, Answer)
    assert set(reply.left_out) == {"stream_options", "max_tokens", "seed"}
    assert len(bodies) == 4, "one refusal each, and the answer"
    assert bodies[-1]["max_completion_tokens"] == 16
    assert not {"stream_options", "max_tokens", "seed"} & set(bodies[-1])


async def test_what_was_seen_to_be_refused_is_never_sent(tmp_path: Path) -> None:
    known = dataclasses.replace(remote("strict"), refuses=("stream_options", "max_tokens", "seed"))
    with ScriptedServer() as server:
        async with open_runner(known, scratch=tmp_path, endpoints=[endpoint(server.url)]) as runner:
            await runner.load()
            reply = await runner.ask(question())
        asked_for = [one.body for one in server.requests if "messages" in one.body]
    assert isinstance(reply, Answer)
    assert len(asked_for) == 1


async def test_the_arguments_of_a_forced_tool_are_the_answer(server: ScriptedServer, tmp_path: Path) -> None:
    form = reply_format("tool", ["accuracy"], 48)
    assert form is not None
    async with opened(endpoint(server.url), "calls-tools", tmp_path) as runner:
        await runner.load()
        reply = await runner.ask(question(form=form))
    assert isinstance(reply, Answer)
    read = parse_reply(reply, ["accuracy"])
    assert isinstance(read, Reply)
    assert (read.scores, read.rationale) == ({"accuracy": 4}, "fits")
    sent = server.requests[-1].body["tools"][0]["function"]["parameters"]
    assert "x-guidance" not in sent
    assert sent["required"] == ["rationale", "accuracy"]


async def test_memory_behind_an_endpoint_is_none_and_says_so(server: ScriptedServer, tmp_path: Path) -> None:
    async with opened(endpoint(server.url), "good", tmp_path) as runner:
        await runner.load()
        memory = await runner.memory()
    assert (memory.resident, memory.peak, memory.method) == (None, None, "behind an endpoint")


async def test_a_schema_is_wrapped_as_the_dialect_enforces_it(tmp_path: Path) -> None:
    form = Format(kind="json_schema", definition='{"type": "object", "x-guidance": {}}')
    with ScriptedServer() as server:
        for dialect in ("openai", "foundry-classic"):
            async with opened(endpoint(server.url), "good", tmp_path, dialect) as runner:
                await runner.load()
                await runner.ask(question(form=form))
        plain, foundry = [one.body["response_format"] for one in server.requests if "messages" in one.body]
    assert plain["json_schema"] == {"name": "reply", "strict": True, "schema": {"type": "object"}}
    assert foundry["json_schema"]["type"] == "object"


@pytest.mark.parametrize(
    ("kind", "paths"),
    [
        ("foundry", ["/models/load/good", "/models/unload/good"]),
        ("ollama", ["/api/generate", "/api/generate"]),
        ("vllm", []),
    ],
)
async def test_a_server_that_loads_on_demand_is_told_to_load_and_to_let_go(
    tmp_path: Path, kind: str, paths: list[str]
) -> None:
    with ScriptedServer(kind) as server:
        async with opened(endpoint(server.url), "good", tmp_path, kind) as runner:
            loaded = await runner.load()
            reply = await runner.ask(question())
        asked_for = [one.path for one in server.requests if not one.path.startswith("/v1/")]
    assert isinstance(loaded, Loaded)
    assert loaded.runtime == f"{kind} over http"
    assert isinstance(reply, Answer)
    assert asked_for == paths


async def test_a_runner_whose_answer_hangs_ends_when_its_parent_lets_go(
    server: ScriptedServer, tmp_path: Path
) -> None:
    async with opened(endpoint(server.url), "hang", tmp_path) as runner:
        await runner.load()
        task = asyncio.create_task(runner.ask(question(deadline=600)))
        await asyncio.sleep(0.05)
        task.cancel()
    assert not psutil.pid_exists(runner.pid)
    assert not list(tmp_path.iterdir())
