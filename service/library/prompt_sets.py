"""Prompt sets: a plain JSON list of strings, or prompts with references and what checks need."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any

from service.domain.rubrics import Prompt, PromptSet
from service.errors import Fault
from service.library.fingerprints import fingerprint
from service.library.schemas import check, pointer, refuse, validator

_SLOW_KEYWORDS = {"pattern", "patternProperties"}


def parse_prompt_set(document: Any, name: str, schema: Path) -> PromptSet:
    """Return the prompt set that `document` describes.

    A prompt without an id is called after its place: ``p1``, or ``p01`` in a set of ten and more.

    Raises
    ------
    InvalidFile
        With every fault: what does not fit `schema`, an id or a prompt that is there twice, an expected JSON Schema
        that is none, refers to others, or holds a regular expression (which could run for ever).
    """
    what = f"the prompt set '{name}'"
    check(document, schema, what)
    plain = isinstance(document, list)
    entries = document if plain else document["prompts"]
    prompts = tuple(_prompt(entry, place, len(entries)) for place, entry in enumerate(entries, start=1))
    at: tuple[str, ...] = () if plain else ("prompts",)
    refuse(what, [*_repeats(prompts, at), *_unusable_schemas(prompts, at)])
    content = {
        "title": name if plain else document.get("title", name),
        "description": "" if plain else document.get("description", "").strip(),
    }
    mark = fingerprint({**content, "prompts": [asdict(prompt) for prompt in prompts]})
    return PromptSet(name=name, prompts=prompts, fingerprint=mark, **content)


def _prompt(entry: str | dict[str, Any], place: int, total: int) -> Prompt:
    fields: dict[str, Any] = {"text": entry} if isinstance(entry, str) else entry
    return Prompt(
        id=fields.get("id", f"p{place:0{len(str(total))}d}"),
        text=fields["text"],
        system=fields.get("system"),
        reference=fields.get("reference"),
        tags=tuple(fields.get("tags", ())),
        expect=deepcopy(fields.get("expect")),
    )


def _repeats(prompts: tuple[Prompt, ...], at: tuple[str, ...]) -> Iterator[Fault]:
    ids: dict[str, int] = {}
    questions: dict[tuple[str | None, str], int] = {}
    for index, prompt in enumerate(prompts):
        if prompt.id in ids:
            detail = f"the id '{prompt.id}' is that of prompt {ids[prompt.id] + 1} too: choose another"
            yield Fault(pointer=pointer(*at, index, "id"), detail=detail)
        ids.setdefault(prompt.id, index)
        question = (prompt.system, prompt.text)
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
