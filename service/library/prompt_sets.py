"""Prompt sets: a plain JSON list of strings, or prompts with references and what checks need."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any

from service.domain.asking import Message
from service.domain.rubrics import Prompt, PromptSet
from service.errors import Fault
from service.library.fingerprints import fingerprint
from service.library.schemas import check, pointer, refuse, validator

LATER_FIELDS = frozenset({"history", "facets"})
"""Not in the fingerprint of a set whose prompts lack them: it is the same set as before they existed."""
_SLOW_KEYWORDS = {"pattern", "patternProperties"}


def parse_prompt_set(document: Any, name: str, schema: Path) -> PromptSet:
    """Return the prompt set that `document` describes.

    A prompt may be a conversation: ``messages`` instead of ``text`` (and ``system``), of which the last is the one to
    answer and the others are given. A prompt without an id is called after its place: ``p1``, or ``p01`` in a set of ten and more.

    Raises
    ------
    InvalidFile
        With every fault: what does not fit `schema`, text and messages both or neither, messages that do not go from one
        user turn to the last by turns, an id or a prompt that is there twice, an expected JSON Schema
        that is none, refers to others, or holds a regular expression (which could run for ever).
    """
    what = f"the prompt set '{name}'"
    check(document, schema, what)
    plain = isinstance(document, list)
    entries = document if plain else document["prompts"]
    at: tuple[str, ...] = () if plain else ("prompts",)
    refuse(
        what, [fault for index, entry in enumerate(entries) for fault in _turn_faults(entry, (*at, index))]
    )
    prompts = tuple(_prompt(entry, place, len(entries)) for place, entry in enumerate(entries, start=1))
    refuse(what, [*_repeats(prompts, at), *_unusable_schemas(prompts, at)])
    content = {
        "title": name if plain else document.get("title", name),
        "description": "" if plain else document.get("description", "").strip(),
    }
    mark = fingerprint({**content, "prompts": [_marked(prompt) for prompt in prompts]})
    return PromptSet(name=name, prompts=prompts, fingerprint=mark, **content)


def _prompt(entry: str | dict[str, Any], place: int, total: int) -> Prompt:
    fields: dict[str, Any] = {"text": entry} if isinstance(entry, str) else entry
    turns = [Message(role=turn["role"], content=turn["content"]) for turn in fields.get("messages", ())]
    told = turns.pop(0).content if turns and turns[0].role == "system" else fields.get("system")
    text = turns.pop().content if turns else fields["text"]
    return Prompt(
        id=fields.get("id", f"p{place:0{len(str(total))}d}"),
        text=text,
        system=told,
        reference=fields.get("reference"),
        tags=tuple(fields.get("tags", ())),
        expect=deepcopy(fields.get("expect")),
        history=tuple(turns),
        facets=tuple(fields.get("facets", ())),
    )


def _marked(prompt: Prompt) -> dict[str, Any]:
    """Return what the fingerprint holds of a prompt: of the later fields only those that say something."""
    found = asdict(prompt)
    return {name: value for name, value in found.items() if value or name not in LATER_FIELDS}


def _turn_faults(entry: str | dict[str, Any], at: tuple[str | int, ...]) -> Iterator[Fault]:
    """Yield what is wrong with the turns of one prompt: a model's chat format takes user and assistant by turns only."""
    if isinstance(entry, str):
        return
    if "messages" not in entry:
        if "text" not in entry:
            yield Fault(pointer=pointer(*at), detail="there is nothing to ask: add 'text', or 'messages'")
        return
    for other in ("text", "system"):
        if other in entry:
            detail = f"'{other}' and 'messages' are two ways to say the same: put it into the messages"
            yield Fault(pointer=pointer(*at, other), detail=detail)
    roles = [turn["role"] for turn in entry["messages"]]
    first = int(roles[0] == "system")
    for index, role in enumerate(roles[first:]):
        due = "assistant" if index % 2 else "user"
        if role != due:
            detail = f"the role here is '{due}', not '{role}': an optional system message, then user and assistant by turns"
            yield Fault(pointer=pointer(*at, "messages", index + first, "role"), detail=detail)
            return
    if roles[-1] != "user":
        detail = "the last message is the one to answer: end with a user's"
        yield Fault(pointer=pointer(*at, "messages", len(roles) - 1, "role"), detail=detail)


def _repeats(prompts: tuple[Prompt, ...], at: tuple[str, ...]) -> Iterator[Fault]:
    ids: dict[str, int] = {}
    questions: dict[tuple[str | None, str, tuple[Message, ...]], int] = {}
    for index, prompt in enumerate(prompts):
        if prompt.id in ids:
            detail = f"the id '{prompt.id}' is that of prompt {ids[prompt.id] + 1} too: choose another"
            yield Fault(pointer=pointer(*at, index, "id"), detail=detail)
        ids.setdefault(prompt.id, index)
        question = (prompt.system, prompt.text, prompt.history)
        if question in questions:
            detail = f"prompt {questions[question] + 1} asks the same: remove one, rounds repeat prompts"
            yield Fault(pointer=pointer(*at, index), detail=detail)
        questions.setdefault(question, index)


def _unusable_schemas(prompts: tuple[Prompt, ...], at: tuple[str, ...]) -> Iterator[Fault]:
    for index, prompt in enumerate(prompts):
        if prompt.expect is None or "json_schema" not in prompt.expect:
            continue
        schema = prompt.expect["json_schema"]
        where = pointer(*at, index, "expect", "json_schema")
        try:
            validator(schema)
        except ValueError as error:
            yield Fault(pointer=where, detail=str(error))
            continue
        for key, value in _keywords(schema):
            if key in _SLOW_KEYWORDS:
                yield Fault(pointer=where, detail=f"'{key}' is a regular expression: use 'enum' or 'const'")
            if key in {"$ref", "$dynamicRef"} and not str(value).startswith("#"):
                yield Fault(
                    pointer=where,
                    detail=f"'{value}' is outside this schema: put it in '$defs' and use '#/$defs/…'",
                )


def _keywords(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from _keywords(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keywords(inner)
