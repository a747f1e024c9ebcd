import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rank.utility import additive_score, linear_utility, log_utility, normalised_weights

NUMBER = st.floats(-100, 100)


def test_a_linear_utility_is_the_share_of_the_way_between_the_anchors() -> None:
    # (4 - 1) / (5 - 1) = .75; with the anchors swapped (4 - 5) / (1 - 5) = .25
    assert linear_utility(x=4.0, zero=1.0, full=5.0) == 0.75
    assert linear_utility(x=4.0, zero=5.0, full=1.0) == 0.25


def test_a_log_utility_earns_the_same_for_every_halving() -> None:
    # 16 -> 8 -> 4 -> 2 are three halvings
    earned = [log_utility(x=x, zero=16.0, full=2.0) for x in (16.0, 8.0, 4.0, 2.0)]
    assert earned == pytest.approx([0, 1 / 3, 2 / 3, 1], abs=1e-15)


def test_beyond_the_anchors_nothing_more_is_earned_or_lost() -> None:
    assert linear_utility(x=np.array([-9.0, 99.0]), zero=1.0, full=5.0).tolist() == [0.0, 1.0]
    assert log_utility(x=np.array([1e-9, 1e9]), zero=10.0, full=2.0).tolist() == [1.0, 0.0]


def test_an_empty_array_stays_empty() -> None:
    assert linear_utility(x=np.array([]), zero=1.0, full=5.0).size == 0


@pytest.mark.parametrize("anchors", [(1.0, 1.0), (float("nan"), 1.0), (1.0, float("inf"))])
def test_anchors_must_be_two_different_finite_numbers(anchors: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="two different finite numbers"):
        linear_utility(x=1.0, zero=anchors[0], full=anchors[1])


def test_what_is_not_finite_or_not_positive_is_refused() -> None:
    with pytest.raises(ValueError, match="finite values"):
        linear_utility(x=float("nan"), zero=1.0, full=5.0)
    with pytest.raises(ValueError, match="positive"):
        log_utility(x=0.0, zero=10.0, full=2.0)


def test_zero_weights_name_the_cure() -> None:
    with pytest.raises(ValueError, match="at least one criterion a weight above zero"):
        normalised_weights([0.0, 0.0])


@pytest.mark.parametrize("weights", [[], [-1.0, 2.0], [float("nan")]])
def test_weights_that_are_none_negative_or_not_numbers_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match=r"[Ww]eight"):
        normalised_weights(weights)


def test_the_spotis_example_of_dezert_and_others() -> None:
    # one minus the printed distances .1989 .3705 .3063 .7491
    scores = additive_score(
        values=[[10.5, -3.1, 1.7], [-4.7, 0, 3.4], [8.1, 0.3, 1.3], [3.2, 7.3, -5.3]],
        zero=[-5, 10, -8],
        full=[12, -6, 5],
        weights=[0.2, 0.3, 0.5],
    )
    assert scores == pytest.approx([0.8011, 0.6295, 0.6937, 0.2509], abs=6e-5)


def test_no_candidates_have_no_scores() -> None:
    assert additive_score(values=[], zero=[1], full=[5], weights=[1]) == ()


def test_a_criterion_without_its_anchor_is_refused() -> None:
    with pytest.raises(ValueError, match="one value per candidate"):
        additive_score(values=[[1.0, 2.0]], zero=[0.0], full=[1.0, 2.0], weights=[1, 1])


@given(st.lists(st.tuples(NUMBER, NUMBER), min_size=1, max_size=5), st.tuples(NUMBER, NUMBER))
def test_adding_a_candidate_changes_no_other_score(
    rows: list[tuple[float, float]], extra: tuple[float, float]
) -> None:
    def scores(table: list[tuple[float, float]]) -> tuple[float, ...]:
        return additive_score(values=table, zero=[-50, 50], full=[70, -10], weights=[0.3, 0.7])

    assert scores([*rows, extra])[:-1] == scores(rows)


@given(NUMBER, NUMBER, st.floats(0, 10))
def test_improving_a_criterion_never_lowers_a_score(first: float, second: float, better: float) -> None:
    def score(x: float) -> float:
        return additive_score(values=[[x, second]], zero=[-50, 50], full=[70, -10], weights=[0.3, 0.7])[0]

    assert score(first + better) >= score(first)


@given(st.floats(0.001, 1000))
def test_weights_are_free_of_scale(scale: float) -> None:
    def score(weights: list[float]) -> float:
        return additive_score(values=[[2.0, 3.0]], zero=[1, 5], full=[5, 1], weights=weights)[0]

    assert score([0.3 * scale, 0.7 * scale]) == pytest.approx(score([0.3, 0.7]), rel=1e-12)
