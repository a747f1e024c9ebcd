import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.score.coverage import decision_bounds, mean_bounds
from service.score.means import score_mean
from service.score.paired import paired_difference

score = st.one_of(st.none(), st.integers(1, 5))
rows = st.lists(st.lists(score, min_size=1, max_size=3), max_size=8)


def test_missing_samples_are_the_worst_or_the_best_of_the_scale() -> None:
    # prompt means 4, (5 + 1)/2 = 3, 1 -> 8/3 at worst; 4, 5, 5 -> 14/3 at best
    bounds = mean_bounds(samples=[(4, 4), (5, None), (None,)])
    assert bounds.worst.value == pytest.approx(8 / 3)
    assert bounds.best.value == pytest.approx(14 / 3)
    assert (bounds.missing, bounds.expected) == (2, 5)


def test_with_nothing_missing_the_bounds_are_the_plain_estimate() -> None:
    bounds = mean_bounds(samples=[(4,), (5,), (3,)])
    assert bounds.worst == bounds.best == score_mean(by_prompt=[4, 5, 3])


def test_without_expected_samples_nothing_is_bounded() -> None:
    bounds = mean_bounds(samples=[])
    assert (bounds.worst.value, bounds.best.reason, bounds.expected) == (None, "no scored prompt", 0)


@given(rows, st.integers(1, 5))
def test_whatever_the_missing_scores_are_the_mean_lies_within(
    samples: list[list[int | None]], guess: int
) -> None:
    bounds = mean_bounds(samples=samples)
    filled = [[guess if value is None else value for value in row] for row in samples]
    truth = mean_bounds(samples=filled).worst.value
    if truth is not None:
        assert bounds.worst.value is not None
        assert bounds.best.value is not None
        assert bounds.worst.value - 1e-12 <= truth <= bounds.best.value + 1e-12


def test_a_decision_holds_if_the_worst_and_the_best_case_agree() -> None:
    a = [(5,)] * 29 + [(None,)]
    found = decision_bounds(a=a, b=[(3,)] * 30, epsilon=0.1)
    assert (found.verdict, found.missing, found.expected) == ("better", 1, 60)
    # worst: 29 differences of 2 and one of -2, (58 - 2) / 30
    assert found.worst.difference.value == pytest.approx(56 / 30)


def test_a_decision_is_open_if_the_missing_scores_could_turn_it() -> None:
    found = decision_bounds(a=[(5,)] * 10 + [(None,)] * 20, b=[(3,)] * 30, epsilon=0.1)
    assert found.verdict == "undecided"
    assert found.worst.verdict != found.best.verdict


def test_with_nothing_missing_the_decision_is_the_plain_comparison() -> None:
    found = decision_bounds(a=[(5,), (4,), (4,)], b=[(3,), (4,), (2,)], epsilon=0.1)
    assert found.worst == found.best == paired_difference(a=[5, 4, 4], b=[3, 4, 2], epsilon=0.1)


def test_a_score_off_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="off the scale"):
        decision_bounds(a=[(6,)], b=[(3,)], epsilon=0.1)
