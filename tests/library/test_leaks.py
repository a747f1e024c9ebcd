"""Worked examples that give prompts away, or show a level more than once, are told at their place."""

from typing import Any

import pytest

from service.api.shelf_replies import RubricReply
from service.api.shown import show
from service.domain.rubrics import PromptSet, Rubric
from service.library import Library
from service.library.leaks import example_places

PROMPTS = [
    {"id": "peru", "text": "What is the capital of Peru?", "reference": "Lima"},
    {
        "id": "fast",
        "text": "Say the opposite of fast.",
        "reference": "The opposite of the word fast is slow.",
    },
]


def rubric(library: Library, *examples: dict[str, Any]) -> Rubric:
    levels = {str(level): f"level {level}" for level in range(1, 6)}
    facet = {"name": "accuracy", "question": "Right?", "levels": levels, "examples": list(examples)}
    return library.parse_rubric({"title": "T", "facets": [facet]}, "own")


def prompts(library: Library) -> PromptSet:
    return library.parse_prompt_set(PROMPTS, "towns")


@pytest.mark.parametrize(
    ("example", "where", "told"),
    [
        ({"answer": "LIMA!"}, "answer", "the reference of 'peru' of 'towns'"),
        # Seven words of eight and seven: 2 * 7 / (8 + 7) = 0.93.
        ({"answer": "The opposite of the word fast: slow"}, "answer", "the reference of 'fast' of 'towns'"),
        ({"answer": "Quito.", "question": "what is the capital of peru"}, "question", "the prompt 'peru'"),
        # Five words of six and six: 2 * 5 / 12 = 0.83.
        ({"answer": "Quito.", "question": "What is the capital of Chile?"}, "question", "the prompt 'peru'"),
    ],
)
def test_an_example_that_is_nearly_a_prompt_or_reference_is_told(
    library: Library, example: dict[str, Any], where: str, told: str
) -> None:
    (found,) = example_places(rubric(library, {"level": 5, **example}), [prompts(library)])
    assert found.pointer == f"/facets/0/examples/0/{where}"
    assert told in found.detail


@pytest.mark.parametrize(
    "answer", ["Lima, or is it Quito?", "The word slow.", "The opposite of up is down.", "?!"]
)
def test_an_example_of_its_own_is_fine_on_fewer_levels_than_five(library: Library, answer: str) -> None:
    assert not list(example_places(rubric(library, {"level": 2, "answer": answer}), [prompts(library)]))
    assert not list(example_places(rubric(library, {"level": 5, "answer": "Lima"})))


def test_a_level_with_two_examples_and_examples_that_are_long_together_are_told(library: Library) -> None:
    twice = rubric(
        library, *({"level": level, "answer": f"{n}" * 1000} for n, level in enumerate((5, 2, 5, 1, 3)))
    )
    found = {one.pointer: one.detail for one in example_places(twice)}
    assert set(found) == {"/facets/0/examples/2/level", "/facets/0/examples"}
    assert "level 5 has an example already, number 0" in found["/facets/0/examples/2/level"]
    assert "5000 characters" in found["/facets/0/examples"]


def test_a_rubric_is_served_with_its_examples(library: Library) -> None:
    reply = show(rubric(library, {"level": 5, "answer": "Lima", "why": "It is."}), RubricReply)
    (example,) = reply.facets[0].examples
    assert (example.level, example.answer, example.question, example.why) == (5, "Lima", None, "It is.")
