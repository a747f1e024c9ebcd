import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.rank.sensitivity import (
    smallest_change,
    stability_interval,
    tie_weight,
    weight_shift,
)

UTILITIES = st.lists(st.floats(0, 1), min_size=3, max_size=3)
WEIGHTS = st.lists(st.floats(0.01, 1), min_size=3, max_size=3)


def test_moving_weight_makes_two_candidates_tie() -> None:
    # lead .6 * .3 - .4 * .4 = .02, each unit moved costs .3 + .4 = .7: .02 / .7
    assert weight_shift(a=[0.9, 0.4], b=[0.6, 0.8], weights=[0.6, 0.4], source=0, target=1) == pytest.approx(
        0.02 / 0.7
    )
    # the other way round the same move is a negative one
    assert weight_shift(a=[0.9, 0.4], b=[0.6, 0.8], weights=[0.6, 0.4], source=1, target=0) == pytest.approx(
        -0.02 / 0.7
    )


def test_no_move_helps_where_one_dominates_or_the_criteria_agree() -> None:
    assert weight_shift(a=[0.9, 0.8], b=[0.1, 0.2], weights=[1, 1], source=0, target=1) is None
    assert weight_shift(a=[0.5, 0.5], b=[0.1, 0.1], weights=[1, 1], source=0, target=1) is None
    assert weight_shift(a=[0.5, 0.5], b=[0.5, 0.5], weights=[1, 1], source=0, target=1) == 0.0


def test_weight_cannot_move_to_where_it_is() -> None:
    with pytest.raises(ValueError, match="different criteria"):
        weight_shift(a=[1.0], b=[0.0], weights=[1], source=0, target=0)


def test_the_weight_of_a_tie_keeps_the_others_in_proportion() -> None:
    # .3 w = .4 (1 - w) -> w = 4/7
    assert tie_weight(a=[0.8, 0.2], b=[0.5, 0.6], weights=[0.7, 0.3], index=0) == pytest.approx(4 / 7)
    assert tie_weight(a=[0.8, 0.7], b=[0.5, 0.6], weights=[0.7, 0.3], index=0) is None
    assert tie_weight(a=[0.8, 0.7], b=[0.5, 0.9], weights=[1, 0], index=0) is None


@given(UTILITIES, UTILITIES, WEIGHTS)
def test_at_the_tie_weight_both_score_the_same(a: list[float], b: list[float], weights: list[float]) -> None:
    found = tie_weight(a=a, b=b, weights=weights, index=1)
    assume(found is not None)
    assert found is not None
    others = np.array([weights[0], 0.0, weights[2]])
    moved = others / others.sum() * (1 - found) + np.array([0.0, found, 0.0])
    assert moved @ np.array(a) == pytest.approx(moved @ np.array(b), abs=1e-9)


def test_the_nearest_rival_on_each_side_bounds_the_weight() -> None:
    # leader (.8, .2) at w = .7; rival 1 (.5, .6) ties at 4/7; rival 2 (.9, -) ties above: .1 w = .15 (1 - w) -> .6 is below
    found = stability_interval(utilities=[[0.8, 0.2], [0.5, 0.6], [0.9, 0.0]], weights=[0.6, 0.4], index=0)
    # rival 2: .8w + .2(1-w) = .9w -> .2 = .3w -> 2/3
    assert found.low == pytest.approx(4 / 7)
    assert found.high == pytest.approx(2 / 3)
    assert (found.low_rival, found.high_rival) == (1, 2)


def test_a_lone_candidate_is_stable_everywhere() -> None:
    found = stability_interval(utilities=[[0.8, 0.2]], weights=[1, 1], index=0)
    assert (found.low, found.high) == (None, None)
    with pytest.raises(ValueError, match="at least one candidate"):
        stability_interval(utilities=np.zeros((0, 2)), weights=[1, 1], index=0)


def test_the_smallest_change_counts_what_one_loses_and_another_gains() -> None:
    assert smallest_change(a=[0.9, 0.4], b=[0.6, 0.8], weights=[0.6, 0.4]) == pytest.approx(2 * 0.02 / 0.7)
    assert smallest_change(a=[0.9, 0.9], b=[0.6, 0.8], weights=[0.6, 0.4]) is None
    assert smallest_change(a=[0.1, 0.1], b=[0.6, 0.8], weights=[0.6, 0.4]) == 0.0


def test_where_one_source_is_too_small_the_next_one_gives_too() -> None:
    # D = (.5, .2, -.1), w = (.1, .8, .1): lead .05 + .16 - .01 = .2; all .1 of the first gains .06, then .14 / .3
    assert smallest_change(a=[0.5, 0.2, 0.0], b=[0.0, 0.0, 0.1], weights=[0.1, 0.8, 0.1]) == pytest.approx(
        2 * (0.1 + 0.14 / 0.3)
    )


@given(UTILITIES, UTILITIES, WEIGHTS)
def test_no_single_move_is_smaller_than_the_smallest(
    a: list[float], b: list[float], weights: list[float]
) -> None:
    smallest = smallest_change(a=a, b=b, weights=weights)
    for source in range(3):
        for target in range(3):
            if source != target and smallest is not None:
                shift = weight_shift(a=a, b=b, weights=weights, source=source, target=target)
                assert shift is None or smallest <= 2 * abs(shift) + 1e-9
