"""What is wrong in a rubric, prompt set, profile or template is told: all of it, where it is, and what to do."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from service.errors import Invalid, InvalidFile, NotFound
from service.library import Library
from service.library.documents import read_document

TRAVERSALS = [
    "../licences",
    "..",
    ".hidden",
    "a/b",
    "a\\b",
    "%2e%2e",
    "/etc/passwd",
    "tiny\x00",
    "tiny\n",
    "",
    "Tiny",
    "x" * 65,
]


def rubric(**changes: Any) -> dict[str, Any]:
    facet = {"name": "accuracy", "question": "Right?", "levels": {str(i): f"level {i}" for i in range(1, 6)}}
    return {"title": "T", "facets": [facet], **changes}


def profile(**changes: Any) -> dict[str, Any]:
    criterion = {"name": "quality", "weight": 1, "zero": 1, "full": 5}
    return {"title": "T", "use": "internal", "criteria": [criterion], **changes}


def faults(error: pytest.ExceptionInfo[InvalidFile]) -> dict[str, str]:
    return {fault.pointer: fault.detail for fault in error.value.faults}


def test_an_unknown_name_lists_the_known_ones(library: Library) -> None:
    with pytest.raises(
        NotFound,
        match=r"no rubric called 'generol' \(known: extraction, general, instructions, summary, tiny, tone-and-safety\)",
    ):
        library.rubric("generol")
    with pytest.raises(NotFound, match="known: balanced"):
        library.profile("nope")
    with pytest.raises(NotFound, match="known: deterministic"):
        library.prompt_set("nope")
    with pytest.raises(NotFound, match="known: joint, separate, tiny"):
        library.judge_template("nope")


@pytest.mark.parametrize("name", TRAVERSALS)
def test_a_name_never_leads_out_of_its_folder(library: Library, name: str) -> None:
    for read in (library.rubric, library.profile, library.prompt_set, library.judge_template):
        with pytest.raises(Invalid, match="is not a name"):
            read(name)


def test_a_link_out_of_the_folder_is_not_followed(own: Library, tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("title: secret")
    (own.folders.rubrics / "quality" / "linked.yaml").symlink_to(secret)
    with pytest.raises(NotFound):
        own.rubric("linked")


def test_missing_levels_and_unknown_fields_are_told_together(library: Library) -> None:
    document = rubric()
    del document["facets"][0]["levels"]["3"]
    document["facets"][0]["wieght"] = 2
    document["colour"] = "red"
    with pytest.raises(InvalidFile) as error:
        library.parse_rubric(document, "own")
    told = faults(error)
    assert told["/facets/0/levels"] == "'3' is missing: add it"
    assert told["/facets/0"].startswith(
        "unknown field 'wieght': remove it or correct its spelling (known: 'check'"
    )
    assert "'colour'" in told[""]


def test_a_facet_that_is_there_twice_is_refused(library: Library) -> None:
    document = rubric()
    document["facets"].append(copy.deepcopy(document["facets"][0]))
    with pytest.raises(InvalidFile) as error:
        library.parse_rubric(document, "own")
    assert set(faults(error)) == {"/facets/0/name", "/facets/1/name"}


@pytest.mark.parametrize(
    ("change", "where", "told"),
    [
        ({"weight": -1}, "/facets/0/weight", "out of range: write at least 0"),
        ({"weight": "2"}, "/facets/0/weight", "wrong type"),
        ({"weight": 0}, "/facets", "every weight is zero"),
        ({"name": "rationale"}, "/facets/0/name", "choose another name"),
        ({"name": 'x": 5'}, "/facets/0/name", "small letters"),
        ({"check": "regex"}, "/facets/0/check", "'regex' is not known"),
        ({"question": "  "}, "/facets/0/question", "not blank"),
        ({"examples": {"5": "Lima."}}, "/facets/0/examples", "wrong type"),
        ({"examples": [{"level": 5, "answer": "Lima."}] * 11}, "/facets/0/examples", "10 is the most"),
        ({"examples": ["Lima."]}, "/facets/0/examples/0", "wrong type"),
        ({"examples": [{"level": 5}]}, "/facets/0/examples/0", "'answer' is missing"),
        ({"examples": [{"answer": "Lima."}]}, "/facets/0/examples/0", "'level' is missing"),
        ({"examples": [{"level": 5, "answer": "A", "wyh": "B"}]}, "/facets/0/examples/0", "'wyh'"),
        ({"examples": [{"level": 6, "answer": "A"}]}, "/facets/0/examples/0/level", "at most 5"),
        ({"examples": [{"level": 0, "answer": "A"}]}, "/facets/0/examples/0/level", "at least 1"),
        ({"examples": [{"level": "5", "answer": "A"}]}, "/facets/0/examples/0/level", "type integer"),
        ({"examples": [{"level": 2.5, "answer": "A"}]}, "/facets/0/examples/0/level", "type integer"),
        ({"examples": [{"level": True, "answer": "A"}]}, "/facets/0/examples/0/level", "type integer"),
        ({"examples": [{"level": 5, "answer": " \n"}]}, "/facets/0/examples/0/answer", "not blank"),
        (
            {"examples": [{"level": 5, "answer": "A" * 1001}]},
            "/facets/0/examples/0/answer",
            "1000 characters",
        ),
        (
            {"examples": [{"level": 5, "answer": "A", "question": "Q" * 501}]},
            "/facets/0/examples/0/question",
            "500 characters",
        ),
        (
            {"examples": [{"level": 5, "answer": "A", "why": "W" * 301}]},
            "/facets/0/examples/0/why",
            "300 characters",
        ),
    ],
)
def test_facets_that_are_refused(library: Library, change: dict[str, Any], where: str, told: str) -> None:
    document = rubric()
    document["facets"][0].update(change)
    with pytest.raises(InvalidFile) as error:
        library.parse_rubric(document, "own")
    assert told in faults(error)[where]


@pytest.mark.parametrize("document", [None, [], "text", 3, {"facets": []}, {"title": "T", "facets": {}}])
def test_a_document_of_another_shape_is_refused(library: Library, document: Any) -> None:
    with pytest.raises(InvalidFile):
        library.parse_rubric(document, "own")
    with pytest.raises(InvalidFile):
        library.parse_profile(document, "own")
    with pytest.raises(InvalidFile):
        library.parse_prompt_set(document, "own")


def test_an_in_line_document_nested_a_thousand_deep_is_refused(library: Library) -> None:
    deep: Any = "x"
    for _ in range(1000):
        deep = [deep]
    with pytest.raises(InvalidFile, match="nests more than"):
        library.parse_prompt_set({"prompts": deep}, "own")


@pytest.mark.parametrize(
    ("criterion", "told"),
    [
        ({"name": "quality", "weight": 0, "zero": 1, "full": 5}, "every weight is zero"),
        ({"name": "quality", "weight": 1, "zero": 5, "full": 1}, "must be above 'zero'"),
        ({"name": "memory", "weight": 1, "zero": "1 MiB", "full": "1 GiB"}, "must be below 'zero'"),
        ({"name": "memory", "weight": 1, "zero": "5 ms", "full": 0}, "not in bytes"),
        ({"name": "disk", "weight": 1, "zero": "1 GiB", "full": 0, "scale": "log"}, "anchors above zero"),
        ({"name": "memory", "weight": 1, "full": 0}, "'zero' is missing"),
        ({"name": "licence", "weight": 1, "zero": 0}, "field too many"),
        ({"name": "latency_mean", "weight": 1, "zero": -1, "full": 0}, "is negative"),
        ({"name": "speed", "weight": 1}, "is not known"),
    ],
)
def test_criteria_that_are_refused(library: Library, criterion: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidFile) as error:
        library.parse_profile(profile(criteria=[criterion]), "own")
    assert any(told in detail for detail in faults(error).values())


def test_gates_that_are_refused(library: Library) -> None:
    gates = [{"name": "memory"}, {"name": "latency_p95", "limit": "5 MiB"}, {"name": "errors", "limit": 0.1}]
    with pytest.raises(InvalidFile, match="'limit' is missing"):
        library.parse_profile(profile(gates=gates), "own")
    with pytest.raises(InvalidFile, match="not in seconds"):
        library.parse_profile(profile(gates=gates[1:]), "own")
    with pytest.raises(InvalidFile, match="is there 2 times"):
        library.parse_profile(profile(gates=gates[2:] * 2), "own")


def test_prompts_that_are_there_twice_are_refused(library: Library) -> None:
    with pytest.raises(InvalidFile, match="asks the same"):
        library.parse_prompt_set(["One?", "Two?", "One?"], "own")
    with pytest.raises(InvalidFile, match="choose another"):
        library.parse_prompt_set([{"id": "a", "text": "One?"}, {"id": "a", "text": "Two?"}], "own")


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"$ref": "http://127.0.0.1:9/x.json"}, "is outside this schema"),
        ({"$ref": "file:///etc/passwd"}, "is outside this schema"),
        ({"properties": {"a": {"pattern": "^(a+)+$"}}}, "regular expression"),
        ({"type": "nonsense"}, "not a JSON Schema"),
    ],
)
def test_an_expected_schema_that_reaches_out_or_could_run_for_ever_is_refused(
    library: Library, schema: Any, told: str
) -> None:
    with pytest.raises(InvalidFile, match=told):
        library.parse_prompt_set([{"text": "JSON?", "expect": {"json_schema": schema}}], "own")


def test_a_schema_file_with_a_remote_reference_reaches_nothing(own: Library) -> None:
    path = own.folders.rubrics / "schema" / "rubric.json"
    schema = json.loads(path.read_text())
    schema["properties"]["facets"] = {"$ref": "http://127.0.0.1:9/facets.json"}
    path.write_text(json.dumps(schema))
    with pytest.raises(InvalidFile, match="which is not part of it"):
        own.rubric("tiny")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# user\n{{question}}", "does not begin with a head"),
        ("---\ntitle: T\n---\n# user\n{{question}}{{answer}}{{reference}}", "is missing"),
        ("---\nHEAD\n---\n# user\n{{question}}{{answer}}\n# with reference\n{{reference}}", "{{reference}}"),
        ("---\nHEAD\n---\n# user\n{{question}}{{answer}}{{reference}}{{env}}", "'{{env}}' has no value"),
        ("---\nHEAD\n---\n# usr\nx", "unknown section"),
        (
            "---\nHEAD\n---\n# user\n{{question}}{{answer}}{{reference}}\n# with reference\n{{reference}}\n# example\n{{answer}}",
            "'# example' must show '{{level}}'",
        ),
        ("---\na: [\n---\n# user\nx", "in the head"),
    ],
)
def test_templates_that_are_refused(own: Library, text: str, told: str) -> None:
    head = "title: T\nrationale_characters: 40\nempty_answer: none"
    (own.folders.prompts / "judge" / "own.md").write_text(text.replace("HEAD", head))
    with pytest.raises(InvalidFile) as error:
        own.judge_template("own")
    assert any(told in detail for detail in faults(error).values())


def test_a_template_is_the_same_however_it_shows_examples(own: Library) -> None:
    path = own.folders.prompts / "judge" / "joint.md"
    before = own.judge_template("joint")
    head, mark, rest = path.read_text().partition("# example\n")
    path.write_text(head + "# json form" + rest.partition("# json form")[2])
    without = own.judge_template("joint")
    assert mark
    assert (bool(before.of_examples), without.of_examples) == (True, ())
    assert before.fingerprint == without.fingerprint


def test_a_fingerprint_changes_with_the_content_and_not_with_the_name(library: Library) -> None:
    document = read_document(library.folders.rubrics / "quality" / "tiny.yaml")
    same = library.parse_rubric(document, "other")
    assert same.fingerprint == library.rubric("tiny").fingerprint
    changed = copy.deepcopy(document)
    changed["facets"][0]["weight"] = 5
    assert library.parse_rubric(changed, "tiny").fingerprint != same.fingerprint


def test_five_milliseconds_are_five_thousandths_of_a_second_to_the_fingerprint(library: Library) -> None:
    gates = [[{"name": "latency_p95", "limit": limit}] for limit in ("5 ms", 0.005)]
    first, second = (library.parse_profile(profile(gates=gate), "own") for gate in gates)
    assert first.fingerprint == second.fingerprint
