import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.score.pairwise import Preference, bradley_terry, order_consistency


def test_two_candidates_have_the_odds_of_their_wins() -> None:
    # odds 4 : 1 with geometric mean 1 -> 2 and 1/2
    assert bradley_terry(wins=[[0, 4], [1, 0]]) == pytest.approx((2.0, 0.5))


def test_wins_that_follow_the_model_give_its_strengths_back() -> None:
    strengths = np.array([4.0, 2.0, 1.0, 0.125])
    expected = strengths[:, None] / (strengths[:, None] + strengths[None, :])
    np.fill_diagonal(expected, 0.0)
    assert bradley_terry(wins=(60 * expected).tolist()) == pytest.approx(strengths)


def test_nobody_and_a_single_candidate() -> None:
    assert bradley_terry(wins=[]) == ()
    assert bradley_terry(wins=[[0]]) == (1.0,)


@pytest.mark.parametrize(
    "wins",
    [
        [[0, 4], [0, 0]],
        [[0, 1, 0], [1, 0, 0], [0, 0, 0]],
        [[0, 1, 3], [1, 0, 3], [0, 0, 0]],
    ],
)
def test_strengths_that_the_wins_do_not_determine_are_undefined_without_a_prior(
    wins: list[list[float]],
) -> None:
    assert bradley_terry(wins=wins) is None
    found = bradley_terry(wins=wins, prior=0.5)
    assert found is not None
    assert all(math.isfinite(s) and s > 0 for s in found)


@given(st.lists(st.lists(st.integers(0, 20), min_size=4, max_size=4), min_size=4, max_size=4))
def test_the_expected_wins_are_the_seen_ones_and_their_level_is_fixed(wins: list[list[int]]) -> None:
    found = bradley_terry(wins=wins)
    if found is None:
        return
    s, table = np.array(found), np.array(wins, dtype=float)
    np.fill_diagonal(table, 0.0)
    games = table + table.T
    # the likelihood equation: every candidate's expected wins equal its wins
    expected = (games * s[:, None] / (s[:, None] + s[None, :])).sum(axis=1)
    assert expected == pytest.approx(table.sum(axis=1), abs=1e-6)
    assert np.log(s).sum() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("wins", [[[0, 1]], [[0, -1], [1, 0]], [[0, float("nan")], [1, 0]]])
def test_what_is_no_table_of_wins_is_refused(wins: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="wins"):
        bradley_terry(wins=wins)


def test_a_judge_that_always_takes_the_first_is_consistent_never() -> None:
    always: list[Preference | None] = ["first"] * 20
    found = order_consistency(original=always, swapped=always)
    assert (found.consistent.value, found.position_bias.value) == (0.0, 1.0)
    # Wilson for 0 of 20
    assert found.consistent.high == pytest.approx(0.1611, abs=1e-4)


def test_a_judge_that_sees_the_answer_and_not_the_place_is_consistent() -> None:
    found = order_consistency(
        original=["first", "second", "tie", None], swapped=["second", "first", "tie", "tie"]
    )
    assert (found.consistent.value, found.position_bias.value, found.consistent.n) == (1.0, 0.0, 3)


def test_without_pairs_in_both_orders_nothing_is_told() -> None:
    found = order_consistency(original=["first", None], swapped=[None, "first"])
    assert found.consistent.reason == found.position_bias.reason == "no pair was judged in both orders"


def test_verdicts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="both orders"):
        order_consistency(original=["first"], swapped=[])
    with pytest.raises(ValueError, match="not A"):
        order_consistency(original=["A"], swapped=["first"])  # type: ignore[list-item]  # what a caller might send
