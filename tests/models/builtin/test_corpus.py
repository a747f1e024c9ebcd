"""The closed question set: families, what is kept from training, and what the wordings must hold."""

from itertools import islice
from random import Random

import pytest

from service.models.builtin.recipe.corpus import by_name, fresh_cases, held_back, training_cases
from service.models.builtin.recipe.families import Family, ask, fill
from service.models.builtin.recipe.faults import words
from service.models.builtin.recipe.planting import FAMILIES
from service.models.builtin.recipe.strangers import STRANGERS
from service.models.builtin.recipe.wordings import BEFORE, UNSEEN_BEFORE


def test_there_are_at_least_ten_families_and_meeting_notes_among_them() -> None:
    """The set is wide enough for a contest."""
    assert len(by_name()) >= 10
    assert sum(name.startswith("meeting") for name in by_name()) == 3


@pytest.mark.parametrize("invention", [0.0, 0.85, 1.0])
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_wording_of_a_right_answer_gives_every_key(family: Family, invention: float) -> None:
    """A wording that leaves a key word out would teach the judge to accept omissions."""
    case = ask(Random(1), family, invention)
    for template in (family.reference, *family.wordings, *family.unseen):
        given = {word.lower() for word in words(fill(template, case.drawn.slots))}
        for value in case.values.values():
            assert {value.lower(), f"{value.lower()}s"} & given, template


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_no_wording_is_both_trained_and_kept(family: Family) -> None:
    """What is measured as never trained must be so."""
    assert family.unseen
    assert not {family.reference, *family.wordings} & set(family.unseen)


def test_phrases_before_an_answer_are_kept_apart_too() -> None:
    """The phrases of the measurement are not those of training."""
    assert not set(BEFORE) & set(UNSEEN_BEFORE)


def test_training_never_asks_a_question_that_is_kept_back() -> None:
    """The contest's questions are new to the candidates, whatever the seed of training."""
    trained = {case.question for case in islice(training_cases(Random(0)), 5000)}
    fresh = {case.question for case in fresh_cases(7, 200)}
    assert len(fresh) == 200
    assert not trained & fresh
    assert all(held_back(question) for question in fresh)


def test_fresh_questions_cover_every_family_and_repeat_with_the_seed() -> None:
    """The same seed gives the same questions."""
    once = fresh_cases(5, 28)
    assert {case.family.name for case in once} == set(by_name())
    assert [case.question for case in once] == [case.question for case in fresh_cases(5, 28)]


def test_strange_words_are_strange() -> None:
    """No word that stands for the unknown occurs in training text."""
    met = {word for case in islice(training_cases(Random(3)), 3000) for word in words(case.question)}
    assert not met & STRANGERS
