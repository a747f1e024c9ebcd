"""Whether a judge may compare: it must hold to its preference in both orders, and see which answer is better."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from service.domain.pairs import PairVerdict, Preference
from service.domain.rubrics import Prompt
from service.judge import Seat
from service.judge.order import order_standing
from service.judge.pairs import PairCall, calls_at_most, compares, faceoffs, planted_pairs, shared
from tests.judge.test_work import Respond, facet, rubric

SIDES = rubric(facet("x"))
PROMPTS = tuple(
    Prompt(
        id=f"p{at:02d}",
        text=f"Q{at}?",
        reference=f"Number {at} lives in street {at + 40} with {at + 90} cats",
    )
    for at in range(20)
)


def heard(seat: Seat, says: Callable[[PairCall, int], Preference | None]) -> dict[str, PairVerdict]:
    """The better answer of a planted pair stands first in every other call."""
    calls = [call for pair in planted_pairs(PROMPTS, SIDES, seat, 1) for call in (pair.forth, pair.back)]
    said = {call.key: says(call, at) for at, call in enumerate(calls)}
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    return {
        key: PairVerdict(
            key=key,
            evaluation="e",
            judge="j",
            prompt="p",
            preference=preference,
            rationale=None,
            planted=True,
            created_at=noon,
        )
        for key, preference in said.items()
        if preference is not None
    }


def right(_call: PairCall, at: int) -> Preference:
    return "second" if at % 2 else "first"


@pytest.mark.parametrize(
    ("says", "consistent", "able", "told"),
    [
        (right, 16, True, "held in 16 of 16"),
        # Three pairs of sixteen turned over: 13 of 16 are 81 %.
        (lambda call, at: "first" if at < 6 else right(call, at), 13, True, "held in 13 of 16"),
        # Four: 12 of 16 are 75 %.
        (lambda call, at: "first" if at < 8 else right(call, at), 12, False, "and 80% are needed"),
        (lambda _call, _at: "first", 0, False, "held in 0 of 16"),
        (lambda _call, _at: "tie", 16, False, "preferred the better answer in 0 of 16"),
        (
            lambda call, at: None if at >= 18 else right(call, at),
            9,
            False,
            "9 planted pairs could be compared",
        ),
    ],
)
def test_a_judge_may_compare_where_its_preference_holds(
    general_seat: Seat,
    says: Callable[[PairCall, int], Preference | None],
    consistent: int,
    able: bool,
    told: str,
) -> None:
    pairs = planted_pairs(PROMPTS, SIDES, general_seat, 1)
    found = order_standing("j", pairs, heard(general_seat, says))
    assert (found.pairs, found.consistent, found.able) == (16, consistent, able)
    assert told in found.reason


def test_a_planted_pair_begins_with_the_better_answer_and_every_kind_is_there(general_seat: Seat) -> None:
    pairs = planted_pairs(PROMPTS, SIDES, general_seat, 1)
    assert len({pair.forth.key for pair in pairs} | {pair.back.key for pair in pairs}) == 32
    references = {prompt.reference for prompt in PROMPTS}
    firsts = [pair.forth.first in references for pair in pairs]
    assert any(firsts)
    assert not all(firsts), "some compare two faulty answers"
    assert all(call.planted for pair in pairs for call in (pair.forth, pair.back))
    assert planted_pairs([Prompt(id="p", text="Q?")], SIDES, general_seat, 1) == ()


def test_equal_answers_are_a_tie_that_nobody_is_asked_for(general_seat: Seat, respond: Respond) -> None:
    answers = [
        respond("p00", "same", candidate="a"),
        respond("p00", "same\n", candidate="b"),
        respond("p01", "one", candidate="a", round_number=2),
        respond("p01", "first", candidate="a"),
        respond("p01", "two", candidate="b"),
        respond("p02", "alone", candidate="a"),
    ]
    equal, different = faceoffs(answers, PROMPTS, SIDES, general_seat, candidates=["b", "a"], seed=1)
    assert (equal.prompt, equal.pair) == ("p00", None)
    assert different.pair is not None
    assert (different.pair.forth.first, different.pair.forth.second) == ("first", "two")


def test_only_prompts_that_everybody_answered_are_compared(general_seat: Seat, respond: Respond) -> None:
    answers = [
        respond(prompt, f"{candidate} on {prompt}", candidate=candidate)
        for prompt, candidates in (("p00", "abc"), ("p01", "ab"))
        for candidate in candidates
    ]
    found = tuple(faceoffs(answers, PROMPTS, SIDES, general_seat, candidates=["a", "b", "c"], seed=1))
    assert [face.prompt for face in found] == ["p00"] * 3 + ["p01"]
    assert [face.prompt for face in shared(found, 3)] == ["p00"] * 3


def test_a_plan_counts_both_orders_of_every_pair_and_the_planted_ones(general_seat: Seat, seat: Seat) -> None:
    # 16 planted pairs, and 3 pairs of candidates on 10 prompts, each in two orders.
    assert calls_at_most(10, 3, [general_seat]) == 2 * (16 + 3 * 10)
    # At most four are compared, on at most 40 prompts.
    assert calls_at_most(500, 50, [general_seat]) == 2 * (16 + 6 * 40)
    assert calls_at_most(10, 1, [general_seat]) == calls_at_most(10, 3, []) == 0
    assert compares(general_seat.template)
    assert not compares(seat.template)
