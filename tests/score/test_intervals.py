import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.score.intervals import (
    clustered_standard_error,
    mean_estimate,
    paired_standard_error,
    share_estimate,
    wilson_interval,
)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe (1998), table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_share_has_the_published_interval(successes: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(successes=successes, n=n) == pytest.approx((low, high), abs=6e-5)


@given(st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_share_lies_inside_its_interval_and_failures_mirror_successes(trials: tuple[int, int]) -> None:
    successes, n = trials
    low, high = wilson_interval(successes=successes, n=n)
    assert 0.0 <= low < high <= 1.0
    if n:
        assert low <= successes / n <= high
    mirrored = wilson_interval(successes=n - successes, n=n)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_without_a_trial_a_share_can_be_anything_and_its_estimate_is_undefined() -> None:
    assert wilson_interval(successes=0, n=0) == (0.0, 1.0)
    assert share_estimate(successes=0, n=0).reason == "no data"


def test_more_successes_than_trials_are_refused() -> None:
    with pytest.raises(ValueError, match="3 successes of 2 trials"):
        wilson_interval(successes=3, n=2)


def test_a_cluster_error_of_balanced_rounds_is_that_of_the_prompt_means() -> None:
    # prompt means 1.5, 3.5, 2.5: residuals -1, 1, 0; plug-in variance 2/3, over 3 prompts -> sqrt(2/9) = .4714
    error = clustered_standard_error(values=[1, 2, 3, 4, 2, 3], clusters=["p", "p", "q", "q", "r", "r"])
    assert error == pytest.approx(math.sqrt(2 / 9))


def test_one_cluster_says_nothing_about_another() -> None:
    assert clustered_standard_error(values=[1, 2, 3], clusters=["p"] * 3) is None
    assert clustered_standard_error(values=[], clusters=[]) is None


def test_a_paired_error_needs_two_common_prompts() -> None:
    assert paired_standard_error(a=[1, None], b=[2, 3]) is None
    # differences 1, 3: sd sqrt(2), over sqrt(2) prompts -> 1
    assert paired_standard_error(a=[2, 5], b=[1, 2]) == pytest.approx(1.0)


def test_a_mean_has_the_t_interval_of_the_textbook() -> None:
    # 1..5: mean 3, sd sqrt(2.5), SE .70711, t(4) = 2.776445 -> 3 +- 1.963243
    estimate = mean_estimate(by_prompt=[1, 2, 3, 4, 5, None])
    assert estimate.value == 3.0
    assert estimate.low == pytest.approx(3 - 1.963243, abs=1e-6)
    assert estimate.n == 5


def test_prompts_of_one_family_count_as_one() -> None:
    # family sums of residuals: (1-2)+(2-2) = -1 and (2-2)+(3-2) = 1; CR0 sqrt(2)/4 = .353553,
    # times sqrt(2/1) = .5; t(1) = 12.7062 -> 2 +- 6.3531
    estimate = mean_estimate(by_prompt=[1, 2, 2, 3], families=["a", "a", "b", "b"])
    assert estimate.n == 2
    assert estimate.high == pytest.approx(2 + 6.3531, abs=1e-4)


def test_few_data_have_a_value_before_they_have_an_interval() -> None:
    assert mean_estimate(by_prompt=[]).reason == "no data"
    alone = mean_estimate(by_prompt=[2.0, None])
    assert (alone.value, alone.low, alone.reason) == (2.0, None, "one prompt has no interval")
    same = mean_estimate(by_prompt=[0.1] * 7)
    assert (same.value, same.low, same.high) == (0.1, 0.1, 0.1)


@given(st.lists(st.floats(-1e6, 1e6), max_size=10), st.randoms(use_true_random=False))
def test_the_order_of_prompts_changes_no_bit(values: list[float], dice: random.Random) -> None:
    shuffled = list(values)
    dice.shuffle(shuffled)
    assert mean_estimate(by_prompt=shuffled) == mean_estimate(by_prompt=values)


def test_a_family_is_needed_for_every_prompt() -> None:
    with pytest.raises(ValueError, match="every prompt needs its family"):
        mean_estimate(by_prompt=[1.0, 2.0], families=["a"])
