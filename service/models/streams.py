"""Read a chat answer from the bytes that arrived, after the last of them has. Pure.

Bytes come as ``(stamp, piece)`` in order of arrival. An event has the stamp of the piece that completed it, so events
that arrived together share one, and a character that the network cut in two is whole again.
"""

import codecs
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from service.domain.asking import Token
from service.models.characters import mended
from service.models.server_sent import Event, Pieces, events
from service.models.usage import Usage, believed


class _Delta(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    thinking: str | None = None
    tool_calls: Any = None


class _Choice(msgspec.Struct):
    delta: _Delta
    finish_reason: str | None = None
    logprobs: Any = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice]
    usage: Any = None
    error: Any = None
    timings: Any = None
    metrics: Any = None
    stats: Any = None


_decode = msgspec.json.Decoder().decode
_decode_plain = msgspec.json.Decoder(_Chunk).decode
_REASONING = ("reasoning_content", "reasoning", "thinking")
_MOST = 2.0**63
"""Figures beyond this are none: neither is what is no number at all."""
_DIGITS = frozenset("12345")
_utf8 = codecs.getincrementaldecoder("utf-8")
_TIMINGS = ("timings", "metrics", "stats")


@dataclass(slots=True, kw_only=True)
class Reading:
    """What a reply held.

    Attributes
    ----------
    first, first_visible, last
        Stamps of the first text of any kind, the first that is not reasoning, and the last of any kind.
    reasoning, reasoning_bytes
        Characters of reasoning, and their bytes.
    usage
        What the server counted.
    completion_tokens, hidden_tokens
        Tokens of the answer, ``None`` where the server gives no count or one that cannot be right; how many of them were
        never sent.
    done
        The stream said that it was complete.
    error
        The error the server put into the stream; what came before it is no answer.
    malformed
        Why the bytes are no such reply.
    first_tokens
        Tokens that had come with the first stamp, where the server counts as it goes; ``None`` where it does not.
    server_reported
        Numbers the server sent along, under its own names.
    tokens
        With the likeliest others, where the server tells them.
    """

    text: str = ""
    reasoning: int = 0
    reasoning_bytes: int = 0
    finish: str | None = None
    usage: Usage = field(default_factory=Usage)
    completion_tokens: int | None = None
    hidden_tokens: int = 0
    first: int | None = None
    first_visible: int | None = None
    last: int | None = None
    first_tokens: int | None = None
    chunks: list[tuple[int, int]] = field(default_factory=list)
    done: bool = False
    error: object = None
    malformed: str | None = None
    server_reported: dict[str, float] = field(default_factory=dict)
    tokens: list[Token] = field(default_factory=list)
    decoder: codecs.IncrementalDecoder = field(default_factory=lambda: _utf8("replace"), repr=False)


def read_stream(pieces: Pieces, *, max_tokens: int) -> Reading:
    """Return what a stream of chat chunks held.

    Role-only, empty, usage-only and finish-only chunks have no text and set no stamp. Usage may come on any chunk or on
    several; the last counts.
    """
    reading = Reading()
    said: list[str] = []
    for event in events(pieces):
        if _take_plain(reading, event, said):
            continue
        if event.data.strip() == b"[DONE]":
            reading.done = True
            continue
        chunk = _object(event.data)
        if chunk is None:
            reading.malformed = reading.malformed or f"an event that is no JSON object: {_shown(event.data)}"
            continue
        if event.name == b"error" and not chunk.get("error"):
            chunk = {"error": chunk}
        _take(reading, chunk, event.stamp, said)
    if not reading.chunks and not reading.done and reading.error is None and reading.finish is None:
        body = b"".join(piece for _, piece in pieces[:4])[:200]
        reading.malformed = reading.malformed or f"no event at all: {_shown(body)}"
    _settle(reading, said, max_tokens)
    return reading


def read_whole(pieces: Pieces, *, max_tokens: int) -> Reading:
    """Return what a reply in one JSON object held: some servers do not stream although they are asked to.

    All of it arrived with the last piece, and that is when its first token could be seen.
    """
    reading = Reading(done=True)
    said: list[str] = []
    body = b"".join(piece for _, piece in pieces)
    whole = _object(body)
    if whole is None or not ("choices" in whole or "error" in whole):
        reading.malformed = f"no chat completion: {_shown(body)}"
    else:
        _take(reading, whole, pieces[-1][0], said)
    _settle(reading, said, max_tokens)
    return reading


def _take_plain(reading: Reading, event: Event, said: list[str]) -> bool:
    """Add a chunk that holds text and nothing else, and say whether it was one: nearly all are, and this is quick."""
    try:
        chunk = _decode_plain(event.data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    more = chunk.usage or chunk.error or chunk.timings or chunk.metrics or chunk.stats
    if more or event.name or len(chunk.choices) != 1:
        return False
    choice = chunk.choices[0]
    delta = choice.delta
    thought = delta.reasoning_content or delta.reasoning or delta.thinking
    if choice.finish_reason or thought or delta.tool_calls or not delta.content:
        return False
    if reading.first is None:
        reading.first = event.stamp
    if reading.first_visible is None:
        reading.first_visible = event.stamp
    reading.last = event.stamp
    reading.chunks.append((event.stamp, len(delta.content)))
    said.append(delta.content)
    if choice.logprobs:
        _take_tokens(reading, choice.logprobs)
    return True


def _take(reading: Reading, chunk: Mapping[str, Any], stamp: int, said: list[str]) -> None:
    """Add one chunk to the reading."""
    if chunk.get("error"):
        reading.error = reading.error or chunk["error"]
        return
    _take_figures(reading, chunk)
    choices = chunk.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return
    choice = choices[0]
    finish = choice.get("finish_reason")
    if isinstance(finish, str) and finish:
        reading.finish = finish
    _take_tokens(reading, choice.get("logprobs"))
    # Foundry Local 1.x streamed tool calls under `message`.
    delta = choice.get("delta") or choice.get("message")
    if not isinstance(delta, dict):
        return
    visible = _text(delta.get("content"))
    thought = next((text for name in _REASONING if (text := _text(delta.get(name)))), "")
    called = "".join(_arguments(delta.get("tool_calls")))
    if not visible and not thought and not called:
        return
    reading.first = stamp if reading.first is None else reading.first
    reading.last = stamp
    if (visible or called) and reading.first_visible is None:
        reading.first_visible = stamp
    if stamp == reading.first and chunk.get("usage"):
        reading.first_tokens = reading.usage.completion or None
    reading.reasoning += len(thought)
    reading.reasoning_bytes += len(thought.encode("utf-8", "surrogatepass"))
    reading.chunks.append((stamp, len(visible) + len(thought) + len(called)))
    said.append(visible or called)


def _take_tokens(reading: Reading, logprobs: object) -> None:
    """Add the tokens that a chunk tells of; the likeliest others only where a digit from 1 to 5 may be a score.

    A token that ends inside a character has no text of its own: the one that completes the character has it.
    """
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    for one in content if isinstance(content, list) else ():
        text = _token(one)
        if text is None:
            continue
        raw = one.get("bytes")
        if isinstance(raw, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in raw):
            text = reading.decoder.decode(bytes(raw))
        top = one.get("top_logprobs") if not _DIGITS.isdisjoint(text) else None
        others = [(_token(other), other) for other in top] if isinstance(top, list) else []
        reading.tokens.append(
            (
                text,
                tuple(
                    (name, float(logprob))
                    for name, other in others
                    if name is not None
                    and isinstance(logprob := other.get("logprob"), int | float)
                    and -_MOST < logprob < _MOST
                ),
            )
        )


def _token(entry: object) -> str | None:
    text = entry.get("token") if isinstance(entry, dict) else None
    return text if isinstance(text, str) else None


def _take_figures(reading: Reading, chunk: Mapping[str, Any]) -> None:
    usage = chunk.get("usage")
    if isinstance(usage, dict):
        reading.usage.take(usage)
        _report(reading, usage.get("prompt_tokens_details"))
        _report(reading, usage.get("completion_tokens_details"))
        _report(reading, {name: usage[name] for name in usage if name.startswith("timing_")})
    for name in _TIMINGS:
        _report(reading, chunk.get(name))


def _settle(reading: Reading, said: list[str], max_tokens: int) -> None:
    text = mended("".join(said))
    if text is None:
        reading.malformed = reading.malformed or "text that is not UTF-8"
        text = ""
    reading.text = text
    size = len(text.encode())
    # Reasoning that is marked in the text was sent with it.
    thought = reading.reasoning_bytes or (size if "</think>" in text else 0)
    reading.completion_tokens, reading.hidden_tokens = believed(
        reading.usage, text=size, thought=thought, max_tokens=max_tokens
    )


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        found = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Half a character, as bytes or as half a surrogate pair: its other half may come in the next event.
        try:
            found = json.loads(data.decode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError):
            return None
    except RecursionError:
        return None
    return found if isinstance(found, dict) else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _arguments(calls: object) -> Iterator[str]:
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            yield _text(function.get("arguments"))


def _report(reading: Reading, numbers: object) -> None:
    if isinstance(numbers, dict):
        for name, value in list(numbers.items())[:40]:
            if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _MOST:
                reading.server_reported[str(name)[:60]] = float(value)


def _shown(data: bytes) -> str:
    return data[:80].decode("utf-8", "replace")
