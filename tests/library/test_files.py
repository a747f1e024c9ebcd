"""Every file that ships is read as a user would read it."""

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from service.library import Library

FAMILIES = (
    *(
        "capital",
        "opposite",
        "plural",
        "next",
        "sum",
        "define",
        "list",
        "summary",
        "sentiment",
        "extract",
        "json",
    ),
    *("meeting-action", "meeting-decision", "meeting-people"),
)


def test_every_shipped_file_fits_its_schema(library: Library) -> None:
    assert [rubric.name for rubric in library.rubrics()] == [
        "extraction",
        "general",
        "instructions",
        "summary",
        "tiny",
        "tone-and-safety",
    ]
    assert [prompts.name for prompts in library.prompt_sets()] == [
        "deterministic",
        "meeting-notes",
        "tiny",
        "workshop",
    ]
    assert [profile.name for profile in library.profiles()] == [
        "balanced",
        "interactive",
        "offline-summariser",
        "small-device",
        "tiny",
    ]
    assert [template.name for template in library.judge_templates()] == ["joint", "separate", "tiny"]


def test_the_toy_rubric_has_the_facets_of_the_toy_judge_in_its_order(library: Library) -> None:
    facets = [facet.name for facet in library.rubric("tiny").facets]
    assert facets == ["accuracy", "completeness", "relevance", "clarity"]


def test_every_facet_can_be_examined_or_is_checked(library: Library) -> None:
    for rubric in library.rubrics():
        assert all(facet.degraded_by or facet.check for facet in rubric.facets), rubric.name


def test_profiles_hold_base_units(library: Library) -> None:
    profile = library.profile("tiny")
    assert {gate.name: gate.limit for gate in profile.gates} == {
        "licence": None,
        "memory": 512 * 1024 * 1024,
        "latency_p95": 0.1,
        "errors": 0.05,
    }
    assert sum(criterion.weight for criterion in profile.criteria) == 100


def test_gates_on_facets_name_facets_of_the_rubric_they_are_made_for(library: Library) -> None:
    facets = {facet.name for facet in library.rubric("summary").facets}
    gates = library.profile("offline-summariser").gates
    assert {gate.facet for gate in gates if gate.facet} <= facets


def test_the_workshop_set_is_a_plain_list(library: Library) -> None:
    path = library.folders.prompts / "sets" / "workshop.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    prompts = library.prompt_set("workshop").prompts
    assert [prompt.text for prompt in prompts] == written
    assert [prompt.id for prompt in prompts] == ["p1", "p2", "p3", "p4"]
    assert "Explain retrieval augmented generation briefly." in written
    assert "List 5 benefits of local AI inference." in written


def test_meeting_notes_have_references_that_only_say_what_the_notes_say(library: Library) -> None:
    prompts = library.prompt_set("meeting-notes").prompts
    assert len(prompts) == 24
    for prompt in prompts:
        assert prompt.reference is not None
        numbers = re.findall(r"\d+", prompt.reference)
        assert all(number in prompt.text for number in numbers), prompt.id
        assert len(prompt.reference) < len(prompt.text)


def test_the_toy_set_asks_every_family_once_or_twice(library: Library) -> None:
    prompts = library.prompt_set("tiny").prompts
    assert len(prompts) == 24
    assert {len(prompt.tags) for prompt in prompts} == {1}
    asked = Counter(prompt.tags[0] for prompt in prompts)
    assert set(asked) == set(FAMILIES)
    assert set(asked.values()) <= {1, 2}


@pytest.mark.parametrize("family", FAMILIES)
def test_references_of_the_toy_set_follow_from_their_questions(library: Library, family: str) -> None:
    for prompt in library.prompt_set("tiny").prompts:
        if prompt.tags != (family,):
            continue
        text, reference = prompt.text, prompt.reference or ""
        match family:
            case "sum":
                first, second = map(int, re.findall(r"\d+", text))
                assert reference == f"The sum is {first + second}."
            case "json":
                told = json.loads(reference)
                assert list(told) == ["name", "age", "city"]
                assert all(str(value) in text for value in told.values())
            case "list":
                wanted = next(n for word, n in {"two": 2, "three": 3, "four": 4}.items() if word in text)
                assert [line.split(". ")[0] for line in reference.splitlines()] == [
                    str(i + 1) for i in range(wanted)
                ]
            case "sentiment":
                bad = any(word in text for word in ("broke", "back.", "awful", "would not"))
                assert reference == f"The review is {'negative' if bad else 'positive'}."
            case "define":
                assert re.match(r"An? \w+ is an? ", reference)
            case "capital" | "opposite" | "plural" | "next":
                subject = re.search(r"(?:of (?:the )?|After )(\w+)", reference)
                assert subject is not None
                assert subject[1].lower() in text.lower()
            case _:
                # Facts out of a text: every name and number of the reference stands in it.
                facts = re.findall(r"\b(?:[A-Z]\w+|\d+)\b", reference)
                assert all(fact in text for fact in facts if fact != "The")


def test_the_toy_templates_text_is_what_the_toy_judge_was_trained_on(library: Library) -> None:
    template = library.judge_template("tiny")
    assert template.user == "Answer: {{answer}}\nReference: {{reference}}\nQuestion: {{question}}"
    assert template.system is None
    assert template.empty_answer == "(no answer)"
    assert template.rationale_characters == 48


def test_a_prompt_set_may_be_json_lines_or_csv(library: Library, tmp_path: Path) -> None:
    sets = tmp_path / "sets"
    sets.mkdir()
    (sets / "lines.jsonl").write_text('{"text": "One?", "reference": "1"}\n"Two?"\n')
    (sets / "sheet.csv").write_text("text,reference,contains\nOne?,1,a|b\nTwo?,,\n")
    own = Library(replace(library.folders, prompts=tmp_path))
    assert [prompts.name for prompts in own.prompt_sets()] == ["lines", "sheet"]
    assert [prompt.reference for prompt in own.prompt_set("lines").prompts] == ["1", None]
    first, second = own.prompt_set("sheet").prompts
    assert (first.expect, second.expect) == ({"contains": ["a", "b"]}, None)
