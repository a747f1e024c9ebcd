import pytest

from service.score.coefficients import krippendorff_alpha
from service.score.repeats import repeatability, repeats_needed

RATINGS: list[list[float | None]] = [
    [1, 2, 5, 4, 3, 2, 4, 1],
    [1, 3, 5, 4, 3, 2, 5, 1],
    [1, 2, 5, 4, None, 2, 4, 2],
]


def test_repeatability_is_alpha_with_an_interval() -> None:
    found = repeatability(ratings=RATINGS)
    assert found.value == pytest.approx(krippendorff_alpha(ratings=RATINGS))
    assert found.low is not None
    assert found.value is not None
    assert found.low < found.value
    assert found.n == 8


def test_answers_scored_once_do_not_count() -> None:
    assert repeatability(ratings=[[1, 2], [None, None]]).reason == "no answer was scored twice"
    assert repeatability(ratings=[]).reason == "no answer was scored twice"
    assert repeatability(ratings=[[1, 5, 3, 4], [1, 4, 3, None]]).n == 3


def test_a_judge_that_never_varies_says_nothing() -> None:
    assert repeatability(ratings=[[4, 4], [4, 4]]).reason == "no variance: all ratings are equal"


def test_perfect_repeats_have_no_lower_end() -> None:
    found = repeatability(ratings=[[1, 2, 3, 4, 5] * 4] * 2)
    assert (found.value, found.low, found.reason) == (1.0, None, "no interval: the resamples never differ")


def test_repeats_follow_spearman_and_brown() -> None:
    # .8 (1 - .5) / (.5 (1 - .8)) = 4; .8 * .1 / (.9 * .2) = .44 -> 1
    assert repeats_needed(reliability=0.5) == 4
    assert repeats_needed(reliability=0.9) == 1
    with pytest.raises(ValueError, match="reliability lies between"):
        repeats_needed(reliability=0.0)
