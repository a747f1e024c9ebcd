"""A prompt may be a conversation, and may say which facets count: read from every kind of file, each fault told."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.domain.asking import Message
from service.domain.rubrics import Prompt
from service.errors import InvalidFile
from service.library import Library

SYSTEM = {"role": "system", "content": "Be brief."}
HELLO = {"role": "user", "content": "I am Vera."}
REPLY = {"role": "assistant", "content": "Hello, Vera."}
ASKED = {"role": "user", "content": "What is my name?"}
TURNS = [SYSTEM, HELLO, REPLY, ASKED]
MEANT = Prompt(
    id="name",
    text="What is my name?",
    system="Be brief.",
    history=(Message(role="user", content="I am Vera."), Message(role="assistant", content="Hello, Vera.")),
    facets=("accuracy", "clarity"),
)


def written(kind: str) -> str:
    if kind == "jsonl":
        return json.dumps({"id": "name", "messages": TURNS, "facets": ["accuracy", "clarity"]})
    if kind == "csv":
        cell = json.dumps(TURNS).replace('"', '""')
        return f'id,messages,facets\nname,"{cell}",accuracy|clarity\n'
    return json.dumps([{"id": "name", "messages": TURNS, "facets": ["accuracy", "clarity"]}])


@pytest.mark.parametrize("kind", ["json", "jsonl", "csv"])
def test_a_conversation_is_read_from_every_kind_of_file(own: Library, kind: str) -> None:
    (own.folders.prompts / "sets" / f"talk.{kind}").write_text(written(kind))
    assert own.prompt_set("talk").prompts == (MEANT,)


@pytest.mark.parametrize(
    ("entry", "pointer", "told"),
    [
        ({}, "/0", "nothing to ask"),
        ({"text": "Why?", "messages": TURNS}, "/0/text", "two ways to say the same"),
        ({"system": "Be kind.", "messages": TURNS}, "/0/system", "two ways to say the same"),
        ({"messages": [HELLO, REPLY]}, "/0/messages/1/role", "end with a user's"),
        ({"messages": [HELLO, ASKED]}, "/0/messages/1/role", "the role here is 'assistant', not 'user'"),
        ({"messages": [REPLY, ASKED]}, "/0/messages/0/role", "the role here is 'user', not 'assistant'"),
        ({"messages": [HELLO, REPLY, SYSTEM, ASKED]}, "/0/messages/2/role", "not 'system'"),
        ({"messages": [SYSTEM]}, "/0/messages/0/role", "end with a user's"),
        ({"messages": []}, "/0/messages", "give it 1 or more"),
        ({"messages": [{"role": "tool", "content": "4"}]}, "/0/messages/0/role", "'tool' is not known"),
        ({"messages": [{"role": "user"}]}, "/0/messages/0", "'content' is missing"),
        ({"messages": [{"role": "user", "content": " "}]}, "/0/messages/0/content", "not blank"),
        ({"text": "Why?", "facets": []}, "/0/facets", "give it 1 or more"),
        ({"text": "Why?", "facets": ["Accuracy"]}, "/0/facets/0", "small letters"),
        ({"text": "Why?", "expect": {"language": "English"}}, "/0/expect/language", "a language tag"),
    ],
)
def test_what_is_wrong_in_a_conversation_is_told_where_it_is(
    library: Library, entry: dict[str, Any], pointer: str, told: str
) -> None:
    with pytest.raises(InvalidFile) as error:
        library.parse_prompt_set([entry], "own")
    details = {fault.pointer: fault.detail for fault in error.value.faults}
    assert told in details[pointer]


def test_a_broken_cell_names_its_line(own: Library, tmp_path: Path) -> None:
    del tmp_path
    (own.folders.prompts / "sets" / "talk.csv").write_text('id,messages\na,"[{"\n')
    with pytest.raises(InvalidFile, match="line 2: 'messages' is not JSON"):
        own.prompt_set("talk")


def test_one_last_question_after_two_conversations_is_asked_twice(library: Library) -> None:
    found = library.parse_prompt_set([{"messages": [HELLO, REPLY, ASKED]}, {"messages": [ASKED]}], "own")
    assert [prompt.text for prompt in found.prompts] == ["What is my name?"] * 2
    with pytest.raises(InvalidFile, match="asks the same"):
        library.parse_prompt_set([{"messages": [HELLO, REPLY, ASKED]}] * 2, "own")


def test_a_set_without_conversations_keeps_its_fingerprint_and_a_turn_changes_it(library: Library) -> None:
    # Computed before prompts could be conversations: stored evaluations know the set by it.
    plain = library.parse_prompt_set(["Why?"], "own").fingerprint
    assert plain == "394aec3235a32845f86cecf772f9aa507218d483f8437e6d0d44b83a0bf7de6d"
    one = library.parse_prompt_set([{"messages": [HELLO, REPLY, {"role": "user", "content": "Why?"}]}], "own")
    other = library.parse_prompt_set(
        [{"messages": [HELLO, HELLO | {"role": "assistant"}, {"role": "user", "content": "Why?"}]}], "own"
    )
    assert len({plain, one.fingerprint, other.fingerprint}) == 3
    scored = library.parse_prompt_set([{"text": "Why?", "facets": ["accuracy"]}], "own")
    assert scored.fingerprint != plain
