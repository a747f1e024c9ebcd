"""Chat requests in OpenAI's shape, with each dialect's way to constrain an answer."""

import json
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from service.domain.asking import FormatKind
from service.models import protocol
from service.models.manners import without

FOUNDRY = frozenset({"foundry", "foundry-classic"})
LOGPROBS = {"logprobs": True, "top_logprobs": 10}
"""Asks for the likeliest tokens: enough for five levels with and without a blank, and what every server grants."""
_COMPACT = {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "}


def chat_body(model: str, order: protocol.Ask, dialect: str | None, left_out: Collection[str] = ()) -> bytes:
    """Return the body of a streamed request without what the server refuses. Penalties are never sent: Foundry Local reads 0 as "repeat nothing"."""
    body: dict[str, Any] = {
        "model": model,
        "messages": order.messages,
        "temperature": order.temperature,
        "max_tokens": order.max_tokens,
        "seed": order.seed,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if order.top_p is not None:
        body["top_p"] = order.top_p
    if order.fresh and dialect == "llamacpp":
        # It would keep what prompts begin with, and a prompt that comes again would cost next to nothing.
        body["cache_prompt"] = False
    if order.logprobs:
        body |= LOGPROBS
    if order.format is not None and order.format_kind is not None:
        body |= constraint(order.format_kind, order.format, dialect)
    return msgspec.json.encode(without(body, left_out))


def constraint(kind: FormatKind, definition: str, dialect: str | None) -> dict[str, Any]:
    """Return the fields that hold an answer to a form."""
    if kind == "tool":
        return forced_tool(json.loads(definition), "reply", "Give the reply.")
    if kind == "json_object":
        return {"response_format": {"type": "json_object"}}
    return {"response_format": response_format(kind, definition, dialect)}


def forced_tool(schema: Mapping[str, Any], name: str, description: str) -> dict[str, Any]:
    """Return the fields that make a model call one tool, whose arguments have the form that is wanted."""
    parameters = {key: value for key, value in schema.items() if key != "x-guidance"}
    function = {"name": name, "description": description, "parameters": parameters}
    return {
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": name}},
    }


def response_format(kind: FormatKind, definition: str, dialect: str | None) -> dict[str, Any]:
    """Return the constraint as this dialect enforces it.

    Foundry Local takes the bare schema with hints on white space, and accepts OpenAI's wrapper without enforcing it; the
    others take the wrapper and may refuse the hints.
    """
    if kind == "lark":
        return {"type": "lark_grammar", "lark_grammar": definition}
    schema = {name: value for name, value in json.loads(definition).items() if name != "x-guidance"}
    if dialect in FOUNDRY:
        return {"type": "json_schema", "json_schema": {**schema, "x-guidance": _COMPACT}}
    return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}


def byte_limit(max_tokens: int) -> int:
    """Return how long a reply may be: a generous event for each token, with the likeliest others, and never more than memory bears.

    Examples
    --------
    >>> byte_limit(256) // 2**20, byte_limit(10**6) // 2**20
    (3, 32)
    """
    return min(2**20 + 8192 * max_tokens, 32 * 2**20)
