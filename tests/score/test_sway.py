"""A planted liking for length or for kin is found where it was planted, and is undefined where it cannot be told."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from service.domain.findings import Item
from service.domain.judged import JudgeBias
from service.score.sway import sways

KIN: Mapping[str, frozenset[str]] = {"kin": frozenset({"a"}), "other": frozenset()}
Score = Callable[[str, str, float, float], float]
"""Judge, candidate, length on the log scale from -1 to 1, and noise, to a score."""


def items(score: Score, *, judges: tuple[str, ...] = ("kin", "other"), prompts: int = 40) -> list[Item]:
    """Candidates a and b, a being better by half a point; lengths vary from prompt to prompt for each by itself."""
    rng = np.random.default_rng(7)
    found = []
    for p in range(prompts):
        hard = rng.normal(0, 0.5)
        for name in "ab":
            log = rng.uniform(-1, 1)
            found.append(
                Item(
                    candidate=name,
                    prompt=f"p{p}",
                    question="?",
                    pass_number=1,
                    round_number=1,
                    answer="x" * round(100 * np.exp(log)),
                    finish="stop",
                    reference=None,
                    scores={},
                    by={},
                    rationale=None,
                    first_token_seconds=None,
                    latency_seconds=None,
                    completion_tokens=None,
                    votes={
                        "x": {
                            judge: 3
                            + hard
                            + 0.5 * (name == "a")
                            + score(judge, name, log, rng.normal(0, 0.2))
                            for judge in judges
                        }
                    },
                )
            )
    return found


def biases(
    found: list[Item], kin: Mapping[str, frozenset[str]] = KIN, strange: frozenset[str] = frozenset()
) -> dict[str, JudgeBias]:
    return {one.judge: one for one in sways(items=found, facets=["x", "y"], kin=kin, strange=strange)}


def test_a_judge_that_likes_length_is_told_from_one_that_does_not() -> None:
    found = biases(items(lambda judge, _, log, noise: 0.6 * (judge == "kin") * log + noise))
    liking, fair = found["kin"].length, found["other"].length
    assert liking.low is not None
    assert liking.low > 0.2
    assert fair.low is not None
    assert fair.high is not None
    assert fair.low < 0 < fair.high
    assert [one.model for one in found["kin"].controlled] == ["a", "b"]
    assert found["kin"].answers == 80


def test_a_judge_that_likes_its_kin_is_found_however_good_the_kin_is() -> None:
    found = biases(items(lambda judge, name, _, noise: 0.8 * (judge == "kin" and name == "a") + noise))
    family = found["kin"].family
    # 80 differences of two noises of 0.2 between two candidates: the standard error is 0.2 * 2 / sqrt(40) = 0.063.
    assert family.value == pytest.approx(0.8, abs=0.2)
    assert family.low is not None
    assert family.low > 0.5
    assert found["other"].family.reason == "no candidate is known to be of its family"


@pytest.mark.parametrize(
    ("judges", "kin", "strange", "reason"),
    [
        (("kin",), {"kin": frozenset({"a"})}, (), "no other judge without kin"),
        (
            ("kin", "other"),
            {"kin": frozenset({"a"}), "other": frozenset({"b"})},
            (),
            "no other judge without kin",
        ),
        (("kin", "other"), KIN, ("other",), "no other judge without kin"),
        (("kin", "other"), {"kin": frozenset({"a", "b"}), "other": frozenset()}, (), "every candidate"),
        (("kin", "other"), {"kin": frozenset(), "other": frozenset()}, ("kin",), "its family is not known"),
    ],
)
def test_kinship_that_cannot_be_told_from_quality_is_undefined_and_says_why(
    judges: tuple[str, ...], kin: Mapping[str, frozenset[str]], strange: tuple[str, ...], reason: str
) -> None:
    found = biases(items(lambda *_: 0.0, judges=judges), kin, frozenset(strange))["kin"].family
    assert found.value is None
    assert found.reason is not None
    assert reason in found.reason


def test_two_prompts_are_too_few_and_a_facet_without_votes_is_left_out() -> None:
    found = sways(items=items(lambda *_: 0.0, prompts=2), facets=["x", "y"], kin=KIN, strange=())
    assert [(one.judge, one.facet, one.length.reason) for one in found] == [
        ("kin", "x", "too few prompts"),
        ("other", "x", "too few prompts"),
    ]


def test_an_answer_without_text_plays_no_part() -> None:
    made = items(lambda *_: 0.0)
    assert biases([replace(made[0], answer=""), *made[1:]])["kin"].answers == 79


def test_a_judge_that_always_says_the_same_has_no_effect_rather_than_one_of_nought() -> None:
    made = [
        replace(one, votes={"x": {"kin": 4.0, "other": one.votes["x"]["other"]}})
        for one in items(lambda *_: 0.0)
    ]
    found = biases(made)["kin"]
    assert (found.length.value, found.family.value) == (None, None)
    assert found.length.reason == found.family.reason == "it gave every answer the same score"
    assert [one.controlled for one in found.controlled] == [None, None]


def test_lengths_that_hardly_differ_give_no_effect_larger_than_the_scale() -> None:
    # Every prompt has its own length, and one answer to one prompt is a sign longer: all the rest is extrapolated.
    made = [
        replace(
            one, answer="x" * (20 + 40 * int(one.prompt[1:]) + (one.prompt == "p3" and one.candidate == "a"))
        )
        for one in items(lambda _, __, ___, noise: 2 * noise)
    ]
    found = biases(made)["other"]
    assert found.length.value is None
    assert found.length.reason == "answers to one prompt differ too little in length to tell"
