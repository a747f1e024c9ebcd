"""Every file that ships is read as a user would read it."""

import json
import re

import pytest

from service.library import Library

FAMILIES = ("capital", "opposite", "list", "define", "summarize", "sentiment", "extract", "json")


def test_every_shipped_file_fits_its_schema(library: Library) -> None:
    assert [rubric.name for rubric in library.rubrics()] == ["extraction", "general", "summary", "tiny"]
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


def test_the_toy_set_asks_every_family_equally_often(library: Library) -> None:
    prompts = library.prompt_set("tiny").prompts
    assert [prompt.tags for prompt in prompts] == [(family,) for family in FAMILIES for _ in range(3)]


@pytest.mark.parametrize("family", FAMILIES)
def test_references_of_the_toy_set_follow_from_their_questions(library: Library, family: str) -> None:
    for prompt in library.prompt_set("tiny").prompts:
        if prompt.tags != (family,):
            continue
        assert prompt.reference is not None
        match family:
            case "capital" | "opposite":
                subject = re.split(r" of (?:the word )?", prompt.text)[1].rstrip("?.")
                assert re.fullmatch(rf"The {family} of {subject} is [\w ]+\.", prompt.reference)
            case "list":
                wanted = {"two": 2, "three": 3, "four": 4}[prompt.text.split()[1]]
                lines = prompt.reference.splitlines()
                assert [line.split(". ")[0] for line in lines] == [str(i + 1) for i in range(wanted)]
            case "define":
                thing = re.search(r"what is an? (\w+)|what an? (\w+) is", prompt.text.lower())
                assert thing is not None
                assert re.match(rf"An? {thing[1] or thing[2]} is an? ", prompt.reference)
            case "summarize":
                end = re.search(r"Then (\w+) returned the (\w+) because (.+)$", prompt.text)
                assert end is not None
                assert prompt.reference == f"{end[1]} returned a {end[2]} because {end[3]}"
            case "sentiment":
                bad = any(word in prompt.text for word in ("broke", "back.", "awful", "would not"))
                assert prompt.reference == f"The review is {'negative' if bad else 'positive'}."
            case "extract":
                kind = prompt.text.split()[2].rstrip(":")
                told = re.search(
                    r": (?P<name>\w+) moved to (?P<city>[\w ]+) in (?P<year>\d+) and", prompt.text
                )
                assert told is not None
                assert prompt.reference == f"The {kind} is {told[kind]}."
            case _:
                told = re.search(r": (\w+) is (\d+) years old and lives in ([\w ]+)\.", prompt.text)
                assert told is not None
                expected = {"name": told[1], "age": int(told[2]), "city": told[3]}
                assert prompt.reference == json.dumps(expected)


def test_the_toy_templates_text_is_what_the_toy_judge_was_trained_on(library: Library) -> None:
    template = library.judge_template("tiny")
    assert template.user == (
        "Rate the answer from 1 to 5.\nQuestion: {{question}}\nReference: {{reference}}\nAnswer: {{answer}}"
    )
    assert template.system is None
    assert template.empty_answer == "(no answer)"
    assert template.rationale_characters == 48
