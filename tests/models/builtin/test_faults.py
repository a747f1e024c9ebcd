"""Planted faults: the table of scores, truthful rationales, nothing held out in training."""

import json
import re
from random import Random

import pytest

from service.models.builtin.recipe.families import ask
from service.models.builtin.recipe.faults import DESERVED, FACETS, judged, words
from service.models.builtin.recipe.judging import GRAMMAR, MIX, example, prompt, reply
from service.models.builtin.recipe.planting import FAMILIES, PLANTED, shuffled
from service.models.builtin.recipe.words import HELD_OUT_ALL


def test_every_planted_fault_has_its_scores_and_its_share() -> None:
    """The three tables speak of the same kinds."""
    assert set(DESERVED) == set(MIX) == set(PLANTED)


@pytest.mark.parametrize("kind", list(MIX))
def test_a_fault_can_be_planted_somewhere_and_is_one(kind: str) -> None:
    """Each kind fits some question, and a spoilt answer is not the reference."""
    random = Random(4)
    found = [judged(random, ask(random, random.choice(FAMILIES)), kind, 0.0) for _ in range(200)]
    fitting = [each for each in found if each]
    assert fitting
    for each in fitting:
        assert each.scores == DESERVED[kind]
        if kind not in ("correct", "reworded"):
            assert each.answer != each.reference


def test_a_rationale_that_names_a_word_is_true() -> None:
    """The word expected, or lacking, is in the reference and not in the answer."""
    random = Random(5)
    named = 0
    for _ in range(2000):
        each = example(random)
        match = re.fullmatch(r"(?:expected|incomplete, lacks) (\w+)", each.rationale)
        if match:
            named += 1
            assert match[1] in words(each.reference)
            assert match[1].lower() not in {word.lower() for word in words(each.answer)}
    assert named > 500


def test_right_and_fluent_wrong_are_about_as_frequent() -> None:
    """A judge that always said the same would be right half the time."""
    random = Random(6)
    kinds = [example(random).kind for _ in range(3000)]
    right = sum(kind in ("correct", "reworded") for kind in kinds)
    wrong = sum(kind in ("wrong", "wrong reworded", "swapped", "hedged") for kind in kinds)
    assert 0.75 < right / wrong < 1.33


def test_training_holds_no_word_that_is_held_out() -> None:
    """Held-out words are for measuring."""
    random = Random(7)
    for _ in range(1500):
        each = example(random)
        assert not HELD_OUT_ALL & set(words(prompt(each.question, each.answer, each.reference)))


def test_examples_repeat_with_the_seed() -> None:
    """The same seed, the same training text."""
    one, two = Random(8), Random(8)
    assert [example(one) for _ in range(50)] == [example(two) for _ in range(50)]


def test_shuffled_words_are_the_same_words_and_some_only_two_neighbours() -> None:
    """No word comes or goes; with a share of one, exactly two neighbouring pieces trade places."""
    random = Random(9)
    pieces = ["An", "orchard", "is", "a", "field", "where", "fruit", "trees", "grow."]
    for _ in range(50):
        mixed = shuffled(random, pieces, neighbours=0.0)
        assert mixed is not None
        assert sorted(mixed.split(" ")) == sorted(pieces)
        traded = shuffled(random, pieces, neighbours=1.0)
        assert traded is not None
        moved = [
            place
            for place, (one, two) in enumerate(zip(pieces, traded.split(" "), strict=True))
            if one != two
        ]
        assert len(moved) == 2
        assert moved[1] == moved[0] + 1
    assert shuffled(random, ["It", "is", "so."], neighbours=0.0) is None


def test_training_shuffles_as_the_measured_rows_do() -> None:
    """Lines left in place and lines run together, two neighbours and whole answers: all four occur."""
    random = Random(10)
    met = set()
    for _ in range(4000):
        each = example(random)
        if each.kind == "shuffled" and "\n" in each.reference:
            lines = "\n" in each.answer
            before = each.reference.split(" ") if lines else each.reference.split()
            after = each.answer.split(" ")
            met.add((lines, sum(one != two for one, two in zip(before, after, strict=True)) == 2))
    assert met == {(True, True), (True, False), (False, True), (False, False)}


def test_a_reply_is_json_in_the_order_of_the_grammar() -> None:
    """What the judge learns to write is what the grammar lets through."""
    written = reply("expected Lima", (2, 4, 4, 5))
    assert list(json.loads(written)) == ["rationale", *FACETS]
    pattern = r'\{"rationale": "[^"\\\n]{1,48}"' + "".join(rf', "{facet}": [1-5]' for facet in FACETS) + r"\}"
    assert re.fullmatch(pattern, written)
    assert all(facet in GRAMMAR for facet in FACETS)
