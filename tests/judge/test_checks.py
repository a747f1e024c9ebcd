"""Checks: what each needs, and how its finding becomes a score."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.failures import Failure, FailureKind
from service.domain.rubrics import CheckKind, Facet, Prompt
from service.judge.checks import Checked, check, decides, normalised, token_f1

SCHEMA = {"type": "object", "required": ["name"], "properties": {"name": {"const": "Mira"}}}


@pytest.mark.parametrize(
    ("kind", "reference", "expect", "answer", "score"),
    [
        ("exact", "Paris", None, " Paris\n", 5),
        ("exact", "Paris", None, "paris", 1),
        ("exact", "Paris", None, "", 1),
        ("normalised", "It's Paris.", None, "  it s PARIS ", 5),
        ("normalised", "42", None, "４２", 5),  # full-width digits
        ("normalised", "42", None, "43", 1),
        ("contains", None, {"contains": ["Mira", "31"]}, "mira is 31.", 5),
        ("contains", None, {"contains": ["Mira", "31"]}, "Mira is 310.", 3),  # 1 of 2: 1 + 4/2
        ("contains", None, {"contains": ["no", "yes", "so", "but"]}, "I know: no", 2),  # 1 of 4: 1 + 4/4
        ("contains", None, {"contains": ["東京"]}, "首都は東京です", 5),
        ("contains", None, {"contains": ["->"]}, "a -> b", 5),
        ("json", None, {"json": True}, '{"a": 1}', 5),
        ("json", None, {"json": True}, '```json\n{"a": 1}\n```', 3),
        ("json", None, {"json": True}, 'Here: {"a": 1}', 1),
        ("json", None, {"json": True}, '"text"', 1),
        ("json", None, {"json": True}, '{"a": NaN}', 1),
        ("json", '{"a": 1}', None, "[" * 100_000, 1),
        ("json_schema", None, {"json_schema": SCHEMA}, '{"name": "Mira"}', 5),
        ("json_schema", None, {"json_schema": SCHEMA}, '```\n{"name": "Mira"}\n```', 3),
        ("json_schema", None, {"json_schema": SCHEMA}, '{"name": "Ben"}', 2),
        ("json_schema", None, {"json_schema": SCHEMA}, "Mira", 1),
        # 5 words said, 1 wanted, 1 in common: F1 = 2 / 6, score = 1 + 4/3
        ("token_f1", "Paris", None, "The capital is called Paris", 1 + 4 / 3),
        ("token_f1", "Paris", None, "Rome", 1),
        ("token_f1", "Paris", None, "paris!", 5),
    ],
)
def test_how_findings_become_scores(
    kind: CheckKind, reference: str | None, expect: dict[str, Any] | None, answer: str, score: float
) -> None:
    found = check(kind, Prompt(id="p", text="?", reference=reference, expect=expect), answer)
    assert isinstance(found, Checked)
    assert found.score == pytest.approx(score)
    assert found.finding


@pytest.mark.parametrize(
    ("kind", "reference", "expect", "able"),
    [
        (None, "r", None, False),
        ("exact", None, None, False),
        ("exact", "", None, True),
        ("contains", "r", None, False),
        ("contains", None, {"contains": ["x"]}, True),
        ("json", "plain", None, False),
        ("json", "[1]", None, True),
        ("json", None, {"json_schema": {}}, True),
        ("json_schema", "[1]", None, False),
        ("json_schema", None, {"json_schema": {}}, True),
        ("token_f1", "r", None, True),
    ],
)
def test_a_check_decides_only_where_the_prompt_has_what_it_needs(
    kind: CheckKind | None, reference: str | None, expect: dict[str, Any] | None, able: bool
) -> None:
    facet = Facet(name="f", question="?", levels=("1", "2", "3", "4", "5"), check=kind)
    assert decides(facet, Prompt(id="p", text="?", reference=reference, expect=expect)) is able


def test_a_schema_that_refers_to_itself_without_end_is_a_failure_and_no_score() -> None:
    prompt = Prompt(id="p", text="?", expect={"json_schema": {"$ref": "#"}})
    found = check("json_schema", prompt, "{}")
    assert isinstance(found, Failure)
    assert found.kind is FailureKind.UNEXPECTED


@given(st.text(), st.text())
def test_token_f1_is_symmetric_and_between_none_and_all(first: str, second: str) -> None:
    shared = token_f1(first, second)
    assert 0 <= shared <= 1
    assert shared == token_f1(second, first)
    assert token_f1(first, first) == 1


@given(st.text(st.characters(max_codepoint=0x24F)))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once


@pytest.mark.parametrize(
    ("answer", "shared"),
    [
        ("police kill the gunman", 0.75),  # 2 * 3 / (4 + 4): police, the, gunman
        ("the gunman kill police", 0.5),  # 2 * 2 / (4 + 4): the, gunman
        ("the gunman police killed", 0.5),  # two words in order, whichever two
    ],
)
def test_rouge_l_is_as_in_the_paper_that_defined_it(answer: str, shared: float) -> None:
    """Lin (2004), section 3.1: the reference is "police killed the gunman"."""
    found = check("rouge_l", Prompt(id="p", text="q", reference="police killed the gunman"), answer)
    assert isinstance(found, Checked)
    assert found.score == 1 + 4 * shared


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        # The longest common subsequence is "the cat sat" of 3 and 3 words.
        ("the cat sat", 5.0),
        # "the sat" or "the cat": 2 of 3 and 3 words, F1 = 2/3.
        ("the sat cat", 1 + 4 * 2 / 3),
        ("a dog ran", 1.0),
        ("", 1.0),
        # 3 of 6 and 3 words: F1 = 6/9.
        ("well the cat sat down there", 1 + 4 * 6 / 9),
    ],
)
def test_rouge_l_heeds_the_order_of_words(answer: str, score: float) -> None:
    found = check("rouge_l", Prompt(id="p", text="q", reference="The cat sat."), answer)
    assert isinstance(found, Checked)
    assert found.score == pytest.approx(score)


@pytest.mark.parametrize(
    ("expect", "answer", "score"),
    [
        ({"max_words": 4}, "one two three four", 5.0),
        # Half as much again as allowed: half of the way from 5 to 1.
        ({"max_words": 4}, "one two three four five six", 3.0),
        ({"max_words": 4}, " ".join(["word"] * 100), 1.0),
        ({"min_words": 4}, "one", 2.0),
        ({"min_words": 4}, "", 1.0),
        ({"max_characters": 10}, "  0123456789  ", 5.0),
        ({"max_characters": 10, "min_words": 2}, "0123456789", 3.0),
    ],
)
def test_lengths_are_scored_by_how_far_they_are_off(
    expect: dict[str, int], answer: str, score: float
) -> None:
    prompt = Prompt(id="p", text="q", expect=expect)
    facet = Facet(name="length", question="?", levels=("a", "b", "c", "d", "e"), check="length")
    assert decides(facet, prompt)
    assert not decides(facet, Prompt(id="p", text="q", reference="r"))
    found = check("length", prompt, answer)
    assert isinstance(found, Checked)
    assert found.score == pytest.approx(score)
