"""What an endpoint and model really honour: each ability is tried, never assumed from what the server claims to be.

An ability is ``True`` where it was seen to work, ``False`` where it was seen not to, and ``None`` where it could not be told.
Nothing here is timed, and every request is short.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from service.domain.endpoints import Endpoint
from service.domain.failures import Failure, FailureKind
from service.models import http_faults
from service.models.client import Client
from service.models.endpoints import key_of
from service.models.framing import Reply
from service.models.http_bodies import LOGPROBS, forced_tool, response_format
from service.models.loading import load_requests, unload_request
from service.models.manners import NEGOTIABLE, refused_field, without
from service.models.pages import openai_interface, parsed, part
from service.models.streams import read_stream

if TYPE_CHECKING:
    from service.models.untimed import Untimed

PATIENCE = 60.0
"""Seconds that one request may take: the first may have to load the model."""
_LONGEST = 2**20
_TOKENS = 24
_WORD = "zq7-blue"
_LARK = f'start: "{_WORD}"'
_SCHEMA = {
    "type": "object",
    "properties": {"k9": {"type": "string", "enum": [_WORD]}},
    "required": ["k9"],
    "additionalProperties": False,
}
_PREFIX = "These are the rules of the house, which every guest reads before dinner. "
_PREFIXES = (30, 5)
"""How often it is said: some servers keep nothing below a thousand tokens, and some models have not so many."""
_OPEN = [{"role": "user", "content": "Invent names for a ship, a river and a town, and tell why they fit."}]
"""Has no one likely answer, unlike counting: other seeds must be able to show."""

Abilities = dict[str, bool | None]


@dataclass(slots=True)
class Trial:
    """One model being tried, with what its plain answer was."""

    endpoint: Endpoint
    model: str
    dialect: str | None
    client: Client
    untimed: "Untimed"
    plain: dict[str, Any] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)

    async def post(self, **more: object) -> Reply:
        """Ask with the usual request and `more`; what the server refuses by name is left out from then on."""
        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": "Count from one to twenty in words."}],
            "temperature": 0,
            "max_tokens": _TOKENS,
            "seed": 1,
            **more,
        }
        while True:
            async with asyncio.timeout(PATIENCE):
                reply = await self.untimed.chat(without(body, self.left_out))
            unknown = refused_field(reply.status, reply.body)
            if unknown is None or unknown in self.left_out:
                return reply
            self.left_out.add(unknown)

    async def answer(self, **more: object) -> dict[str, Any]:
        """Return the answer as JSON; empty where the request was refused."""
        found = parsed(await self.post(**more))
        return found if isinstance(found, dict) else {}

    async def text(self, **more: object) -> str | None:
        """Return the text of an answer; ``None`` where the request was refused."""
        return text_of(await self.answer(**more))


def text_of(answer: dict[str, Any]) -> str | None:
    """Return the text of an answer, ``None`` where it has none."""
    choices = answer.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    said = part(first, "message", "content")
    return said if isinstance(said, str) else None


async def probe(endpoint: Endpoint, model: str, dialect: str | None) -> Abilities | Failure:
    """Try everything on one model; a model that gives no plain answer is a failure, and nothing else is tried."""
    key = key_of(endpoint)
    if isinstance(key, Failure):
        return key
    client = Client(endpoint.url, key)
    interface = (await openai_interface())(endpoint.url, client, limit=_LONGEST, patience=10.0)
    trial = Trial(endpoint, model, dialect, client, interface)
    try:
        found: Abilities = {"load": await _loads(trial)}
        reply = await trial.post()
        trial.plain = parsed(reply) or {}
        if text_of(trial.plain) is None:
            fault = (
                http_faults.refused(endpoint.name, model, reply)
                if reply.status >= 300
                else http_faults.malformed(endpoint.name, "something else", reply.body)
            )
            return _failure(fault.kind, fault.message, key)
        for name, attempt in TRIALS.items():
            try:
                found[name] = await attempt(trial)
            except TimeoutError:
                # It never came back: whoever relies on it would wait as long.
                found[name] = False
        found |= {f"accepts_{name}": name not in trial.left_out for name in NEGOTIABLE}
        found["unload"] = await _unloads(trial) if found["load"] else found["load"]
    except Exception as error:  # noqa: BLE001  # whatever the network raises is a failure of the endpoint, not ours
        fault = http_faults.connecting(endpoint.name, error)
        return _failure(fault.kind, fault.message, key)
    finally:
        trial.client.close()
    return found


def _failure(kind: str, message: str, key: str | None) -> Failure:
    return Failure(kind=FailureKind(kind), message=message.replace(key, "[key]") if key else message)


async def _loads(trial: Trial) -> bool:
    """Tell the server to load the model; one that has no such page loads as it likes."""
    return any([await _succeeds(trial, request) for request in load_requests(trial.dialect, trial.model)])


async def _unloads(trial: Trial) -> bool:
    request = unload_request(trial.dialect, trial.model)
    return request is not None and await _succeeds(trial, request)


async def _succeeds(trial: Trial, request: tuple[str, str, bytes]) -> bool:
    method, path, body = request
    root = urlsplit(trial.endpoint.root).path.rstrip("/")
    async with asyncio.timeout(PATIENCE):
        reply = await trial.client.ask(method, root + path, body, limit=_LONGEST)
    return reply.status < 300


async def _usage(trial: Trial) -> bool:
    counted = part(trial.plain, "usage", "completion_tokens")
    return isinstance(counted, int) and counted > 0


async def _streamed_usage(trial: Trial) -> bool:
    reply = await trial.post(stream=True, stream_options={"include_usage": True})
    reading = read_stream(reply.pieces, max_tokens=_TOKENS) if reply.status == 200 else None
    return reading is not None and reading.completion_tokens is not None


async def _seed(trial: Trial) -> bool | None:
    """Ask twice with one seed and twice with others: without any difference at all nothing is told."""
    if "seed" in trial.left_out:
        return False
    texts = [await trial.text(messages=_OPEN, temperature=1, seed=seed) for seed in (11, 11, 12, 13)]
    if None in texts or texts[0] != texts[1]:
        return False
    return True if len(set(texts)) > 1 else None


async def _stop(trial: Trial) -> bool | None:
    """Stop at a word from the middle of an answer, which comes again since it is greedy."""
    words = (await trial.text(messages=_OPEN) or "").split()
    if len(words) < 3 or words[len(words) // 2] in words[: len(words) // 2]:
        return None
    word = words[len(words) // 2]
    said = await trial.text(messages=_OPEN, stop=[word])
    return said is not None and word not in said.split()


async def _lark(trial: Trial) -> bool:
    return await trial.text(response_format=response_format("lark", _LARK, trial.dialect)) == _WORD


async def _json_schema(trial: Trial) -> bool:
    """Nobody says this word unasked: only a server that enforces the schema makes the model say it."""
    form = response_format("json_schema", json.dumps(_SCHEMA), trial.dialect)
    return _is_the_word(await trial.text(response_format=form))


async def _json_object(trial: Trial) -> bool | None:
    """Ask for any object; one that was cut off at the last token tells nothing."""
    answer = await trial.answer(response_format={"type": "json_object"}, max_tokens=4 * _TOKENS)
    said = text_of(answer)
    try:
        return said is not None and isinstance(json.loads(said), dict)
    except (ValueError, RecursionError):
        cut_off = part((answer.get("choices") or [None])[0], "finish_reason") == "length"
        return None if said is not None and cut_off and said.lstrip().startswith("{") else False


async def _tools(trial: Trial) -> bool:
    answer = await trial.answer(**forced_tool(_SCHEMA, "note", "Note a word."))
    calls = part((answer.get("choices") or [None])[0], "message", "tool_calls")
    called = part(calls[0], "function") if isinstance(calls, list) and calls else None
    return part(called, "name") == "note" and _is_the_word(part(called, "arguments"))


def _is_the_word(said: object) -> bool:
    try:
        return isinstance(said, str) and bool(json.loads(said) == {"k9": _WORD})
    except (ValueError, RecursionError):
        return False


async def _logprobs(trial: Trial) -> bool:
    answer = await trial.answer(**LOGPROBS)
    found = part((answer.get("choices") or [None])[0], "logprobs", "content")
    return isinstance(found, list) and bool(found)


async def _cached_tokens(trial: Trial) -> bool | None:
    """Send one long beginning twice: a server that keeps it says so the second time."""
    for times in _PREFIXES:
        messages = [{"role": "user", "content": _PREFIX * times + "Which rule comes first?"}]
        reply = await trial.post(messages=messages, max_tokens=2)
        if reply.status < 300:
            again = await trial.answer(messages=messages, max_tokens=2)
            counts = (
                part(again, "usage", "prompt_tokens_details", "cached_tokens"),
                part(again, "timings", "cache_n"),
            )
            return any(isinstance(one, int) and one > 0 for one in counts)
    return None


TRIALS: dict[str, Callable[[Trial], Awaitable[bool | None]]] = {
    "usage": _usage,
    "streamed_usage": _streamed_usage,
    "seed": _seed,
    "stop": _stop,
    "lark": _lark,
    "json_schema": _json_schema,
    "json_object": _json_object,
    "forced_tools": _tools,
    "logprobs": _logprobs,
    "cached_tokens": _cached_tokens,
}
