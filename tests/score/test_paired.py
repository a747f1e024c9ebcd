import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.score.paired import paired_difference, verdict_of

scores = st.lists(st.tuples(st.floats(1, 5), st.floats(1, 5)), max_size=12)


def test_a_difference_has_the_paired_t_interval() -> None:
    # differences 1 0 1 0 1 0 2: mean 5/7, SE .285714, t(6) = 2.446912 -> .714286 +- .699118; p of t = 2.5 is .046528
    found = paired_difference(a=[4, 3, 5, 4, 2, 5, 4], b=[3, 3, 4, 4, 1, 5, 2], epsilon=0.1)
    assert found.difference.value == pytest.approx(5 / 7)
    assert found.difference.low == pytest.approx(5 / 7 - 0.699118, abs=1e-6)
    assert found.p_value == pytest.approx(0.046528, abs=1e-6)
    assert found.verdict == "better"


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.2, 0.5, "better"),
        (-0.5, -0.2, "worse"),
        (-0.05, 0.1, "equivalent"),
        (0.02, 0.08, "equivalent"),
        (-0.2, 0.5, "inconclusive"),
        (0.0, 0.5, "inconclusive"),
    ],
)
def test_the_verdict_follows_from_the_interval_and_what_matters(
    low: float, high: float, verdict: str
) -> None:
    assert verdict_of(low=low, high=high, epsilon=0.1) == verdict


def test_no_difference_found_comes_with_what_could_have_been_found() -> None:
    # differences +1 and -1 by turns: mean 0, sd sqrt(8/7), SE .377964; t(7): 2.364624 + .896030 = 3.260654
    found = paired_difference(a=[3, 4] * 4, b=[4, 3] * 4, epsilon=0.1)
    assert found.verdict == "inconclusive"
    assert found.minimum_detectable == pytest.approx(3.260654 * 0.377964, abs=1e-5)


@pytest.mark.parametrize("n", [2, 8, 30])
def test_equal_scores_on_few_prompts_do_not_prove_equivalence(n: int) -> None:
    found = paired_difference(a=[5.0] * n, b=[5.0] * n, epsilon=0.05)
    assert found.verdict == "inconclusive"
    assert found.p_value == 1.0


def test_equal_scores_on_many_prompts_do() -> None:
    # 1 / sqrt(201 * 202) = .00496, times t(199) = 1.972 -> +- .0098
    assert paired_difference(a=[5.0] * 200, b=[5.0] * 200, epsilon=0.05).verdict == "equivalent"


def test_without_common_prompts_nothing_is_told() -> None:
    none = paired_difference(a=[None, 4], b=[3, None], epsilon=0.1)
    assert (none.verdict, none.difference.value, none.difference.reason) == (
        "inconclusive",
        None,
        "no common prompt",
    )
    one = paired_difference(a=[4], b=[3], epsilon=0.1)
    assert (one.verdict, one.difference.value, one.difference.low) == ("inconclusive", 1.0, None)


def test_a_quantity_without_steps_may_have_an_interval_of_no_width() -> None:
    found = paired_difference(a=[2.0, 2.0], b=[1.0, 1.0], epsilon=0.0, step=0.0)
    assert (found.difference.low, found.difference.high, found.p_value, found.verdict) == (
        1.0,
        1.0,
        0.0,
        "better",
    )


@given(scores, st.randoms(use_true_random=False))
def test_order_changes_no_bit_and_swapping_sides_only_the_signs(
    pairs: list[tuple[float, float]], dice: random.Random
) -> None:
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    found = paired_difference(a=a, b=b, epsilon=0.1)
    dice.shuffle(pairs)
    assert paired_difference(a=[x for x, _ in pairs], b=[y for _, y in pairs], epsilon=0.1) == found
    back = paired_difference(a=b, b=a, epsilon=0.1)
    if found.difference.value is not None:
        assert back.difference.value == -found.difference.value
    assert back.verdict == {"better": "worse", "worse": "better"}.get(found.verdict, found.verdict)
    assert back.p_value == found.p_value


@given(scores)
def test_the_p_value_and_the_interval_tell_the_same(pairs: list[tuple[float, float]]) -> None:
    found = paired_difference(a=[x for x, _ in pairs], b=[y for _, y in pairs], epsilon=0.0)
    if found.p_value is not None and abs(found.p_value - 0.05) > 1e-6:
        assert found.difference.low is not None
        assert found.difference.high is not None
        assert (found.p_value < 0.05) == (found.difference.low > 0 or found.difference.high < 0)


def test_a_negative_epsilon_is_refused() -> None:
    with pytest.raises(ValueError, match="epsilon and step"):
        paired_difference(a=[1], b=[1], epsilon=-0.1)
