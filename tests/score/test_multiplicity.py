import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.score.multiplicity import compare_all, holm

p_values = st.lists(st.floats(0, 1), max_size=10)


def test_holm_steps_down() -> None:
    # sorted .005 .01 .03 .04 times 4 3 2 1 -> .02 .03 .06 .04; the last may not fall below .06
    assert holm(p_values=[0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_no_claims_need_no_adjustment_and_one_keeps_its_value() -> None:
    assert holm(p_values=[]) == ()
    assert holm(p_values=[0.2]) == (0.2,)


@given(p_values, st.randoms(use_true_random=False))
def test_adjusted_values_follow_their_claims_and_never_shrink(
    values: list[float], dice: random.Random
) -> None:
    adjusted = holm(p_values=values)
    assert all(p <= q <= 1 for p, q in zip(values, adjusted, strict=True))
    order = list(range(len(values)))
    dice.shuffle(order)
    assert holm(p_values=[values[i] for i in order]) == tuple(adjusted[i] for i in order)


@given(st.floats(0, 1), st.integers(1, 8))
def test_equal_p_values_stay_equal(p: float, n: int) -> None:
    assert len(set(holm(p_values=[p] * n))) == 1


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_what_is_no_p_value_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="a p-value lies between 0 and 1"):
        holm(p_values=[0.5, p])


SCORES = {
    "clear": [5, 5, 4, 5, 5, 4, 5, 5],
    "middle": [3, 4, 3, 3, 4, 3, 3, 4],
    "shaky": [3, 4, 4, 3, 4, 4, 3, 4],
}


def test_every_two_are_compared_once_whatever_their_order() -> None:
    pairs = compare_all(by_prompt=SCORES, epsilon=0.1)
    assert [(pair.first, pair.second) for pair in pairs] == [
        ("clear", "middle"),
        ("clear", "shaky"),
        ("middle", "shaky"),
    ]
    assert compare_all(by_prompt=dict(reversed(SCORES.items())), epsilon=0.1) == pairs
    assert pairs[0].comparison.verdict == "better"


def test_a_claim_that_holm_does_not_carry_becomes_inconclusive_and_keeps_its_interval() -> None:
    # alone p = .0465 is a claim; among three the smallest must be below .05 / 3
    a, b = [4, 3, 5, 4, 2, 5, 4], [3, 3, 4, 4, 1, 5, 2]
    alone = compare_all(by_prompt={"a": a, "b": b}, epsilon=0.1)[0].comparison
    among = compare_all(by_prompt={"a": a, "b": b, "c": [3, 4, 4, 3, 2, 4, 4]}, epsilon=0.1)[0].comparison
    assert (alone.verdict, among.verdict) == ("better", "inconclusive")
    assert among.difference == alone.difference
    assert among.p_adjusted is not None
    assert among.p_adjusted > 0.05


def test_a_candidate_without_common_prompts_costs_the_others_nothing() -> None:
    pairs = compare_all(by_prompt={"a": [4, 5, 4], "b": [3, 3, 3], "c": [None] * 3}, epsilon=0.1)
    assert [pair.comparison.p_adjusted is None for pair in pairs] == [False, True, True]
    assert pairs[0].comparison.p_adjusted == pairs[0].comparison.p_value


def test_one_candidate_has_nobody_to_be_compared_with() -> None:
    assert compare_all(by_prompt={"a": [1, 2]}, epsilon=0.1) == ()
