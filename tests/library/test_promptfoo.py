"""promptfoo configurations: what each part becomes, and a line for each that becomes nothing."""

from typing import Any

import pytest

from service.library import Folders, Library
from service.library.documents import parse_yaml
from service.library.imported import Imported
from service.library.promptfoo import from_promptfoo
from service.resources import data_folder

RUBRICS = data_folder("rubrics")


def unread(path: str) -> str:
    raise ValueError(f"'{path}' cannot be read")


def made(text: str, files: dict[str, str] | None = None) -> Imported:
    found = from_promptfoo(parse_yaml(text), RUBRICS, files.__getitem__ if files else unread)
    library = Library(Folders(rubrics=RUBRICS, prompts=data_folder("prompts")))
    library.parse_prompt_set(found.prompt_set, "x")
    if found.rubric is not None:
        library.parse_rubric(found.rubric, "x")
    return found


def facets(found: Imported) -> dict[str, Any]:
    return {} if found.rubric is None else {one["name"]: one for one in found.rubric["facets"]}


def test_every_prompt_meets_every_test_and_every_value_of_a_variable() -> None:
    found = made(
        """
description: capitals
prompts: ["Capital of {{ country }}?", {raw: "{{country}}: capital", label: short}, file://long.txt]
defaultTest: {vars: {tone: kindly}, options: {suffix: " Please."}}
tests:
  - vars: {country: [France, Peru]}
  - vars: {country: Cuba}
""",
        {"long.txt": "Say {{tone}} what the capital of {{country}} is."},
    )
    assert found.prompt_set["title"] == "capitals"
    assert [one["text"] for one in found.prompt_set["prompts"]] == [
        "Capital of France? Please.",
        "France: capital Please.",
        "Say kindly what the capital of France is. Please.",
        "Capital of Peru? Please.",
        "Peru: capital Please.",
        "Say kindly what the capital of Peru is. Please.",
        "Capital of Cuba? Please.",
        "Cuba: capital Please.",
        "Say kindly what the capital of Cuba is. Please.",
    ]
    assert (found.rubric, found.lost) == (None, ())


def test_a_chat_of_one_question_keeps_its_instructions() -> None:
    found = made(
        """
prompts:
  - '[{"role": "system", "content": "Be {{tone}}."}, {"role": "user", "content": "Why?"}]'
  - '[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Why?"}]'
tests: [{vars: {tone: kind}}]
"""
    )
    assert found.prompt_set["prompts"] == [{"id": "p1", "text": "Why?", "system": "Be kind."}]
    assert found.lost == (
        "prompt 2: a conversation of several turns, or with more than text: only one question is asked",
    )


@pytest.mark.parametrize(
    ("assertion", "facet", "fields"),
    [
        ("{type: equals, value: Paris}", "exact", {"reference": "Paris"}),
        ("{type: equals, value: '{{city}}'}", "exact", {"reference": "Lima"}),
        ("{type: contains, value: 42}", "contains", {"expect": {"contains": ["42"]}}),
        ("{type: icontains-all, value: [a, b, a]}", "contains", {"expect": {"contains": ["a", "b"]}}),
        ("{type: is-json}", "json_form", {"expect": {"json": True}}),
        (
            "{type: is-json, value: {type: object}}",
            "json_schema",
            {"expect": {"json_schema": {"type": "object"}}},
        ),
        ("{type: factuality, value: Paris is it}", "accuracy", {"reference": "Paris is it"}),
        ("{type: answer-relevance}", "relevance", {}),
        ("{type: llm-rubric, value: is polite}", "criterion", {}),
    ],
)
def test_what_an_assertion_becomes(assertion: str, facet: str, fields: dict[str, Any]) -> None:
    found = made(f"prompts: ['Why?']\ntests: [{{vars: {{city: Lima}}, assert: [{assertion}]}}]")
    assert found.prompt_set["prompts"] == [{"id": "p1", "text": "Why?"} | fields]
    assert list(facets(found)) == [facet]
    assert found.lost == ()


def test_a_criterion_becomes_the_question_only_if_every_test_has_it() -> None:
    found = made(
        """
prompts: ["Say {{x}}"]
tests:
  - {vars: {x: a}, assert: [{type: llm-rubric, value: is polite, weight: 3}, {type: llm-rubric, value: rhymes}]}
  - {vars: {x: b}, assert: [{type: assert-set, assert: [{type: llm-rubric, value: is polite}]}]}
"""
    )
    assert [(one["question"], one["weight"]) for one in facets(found).values()] == [("is polite", 3.0)]
    assert any("'rhymes' is asked of some tests only" in one for one in found.lost)


@pytest.mark.parametrize(
    ("assertion", "said"),
    [
        ("{type: javascript, value: 'process.exit(1)'}", "code of a file is not run"),
        ("{type: python, value: 'import os'}", "code of a file is not run"),
        ("{type: regex, value: '(a+)+$'}", "regular expressions are not taken"),
        ("{type: not-contains, value: x}", "no check that something is absent"),
        ("{type: latency, threshold: 100}", "selection profile"),
        ("{type: moderation}", "there is no such check here"),
        ("{type: is-json, value: file://schema.json}", "its schema is in a file"),
        ("{type: equals, value: '{{x | upper}}'}", "computes 'x | upper'"),
        ("{type: similar, value: x, threshold: 0.8}", "its threshold"),
        ("{type: contains, value: x, transform: output.trim()}", "'transform' is not carried over"),
        ("just text", "no object"),
    ],
)
def test_what_stays_behind_is_said(assertion: str, said: str) -> None:
    found = made(f"prompts: ['Why?']\ntests: [{{assert: [{assertion}]}}]")
    assert len(found.prompt_set["prompts"]) == 1
    assert any(said in one for one in found.lost), found.lost


def test_parts_that_have_no_place_here_are_said_one_by_one() -> None:
    found = made(
        """
providers: [openai:gpt-4o-mini]
prompts: ['Why?', "{% if x %}y{% endif %}", file://generate.js]
extensions: [file://hook.py:run]
tests:
  - {vars: {x: 1}, metadata: {a: 1}, options: {transform: "output.x"}}
  - file://more.yaml
  - {vars: {x: "{{ env.SECRET }}"}}
"""
    )
    assert [one["text"] for one in found.prompt_set["prompts"]] == ["Why?"]
    told = "\n".join(found.lost)
    for part in (
        "extensions: not carried over",
        "providers: name the candidates",
        "prompt 3: 'generate.js' cannot be read",
        "test 1: 'metadata' is not carried over",
        "test 1: 'options.transform' is not carried over",
        "test 1: its template has logic",
        "test 2: a file",
        "test 3: the variable 'x' holds a template",
    ):
        assert part in told


@pytest.mark.parametrize("text", ["[]", "{tests: []}", "prompts: []", "{prompts: [a], tests: file://x.csv}"])
def test_a_file_that_asks_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no promptfoo configuration|nothing to ask"):
        made(text)


def test_combinations_do_not_explode() -> None:
    values = "[" + ", ".join(str(number) for number in range(100)) + "]"
    found = made(
        f'prompts: ["{{{{a}}}} {{{{b}}}} {{{{c}}}}"]\ntests: [{{vars: {{a: {values}, b: {values}, c: {values}}}}}]'
    )
    assert len(found.prompt_set["prompts"]) == 1000
