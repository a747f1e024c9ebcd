import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from service.score.flags import drift, modified_z, outlier_flags, warm_up

finite = st.floats(-1e6, 1e6)


def test_distances_are_in_robust_standard_deviations() -> None:
    # median 3, absolute deviations 2 1 0 1 97, MAD 1
    assert modified_z(values=[1, 2, 3, 4, 100]) == pytest.approx((-1.349, -0.6745, 0, 0.6745, 65.4265))


def test_where_most_values_are_equal_the_distance_does_not_exist() -> None:
    assert modified_z(values=[1, 1, 1, 9]) is None
    assert modified_z(values=[]) == ()


def test_tukeys_fences_step_in_where_it_does_not() -> None:
    # quartiles 1 and 1: everything else is beyond the fences
    assert outlier_flags(values=[1, 1, 1, 1, 1, 1, 1, 9]) == (False,) * 7 + (True,)
    assert outlier_flags(values=[1, 1, 1, 1]) == (False,) * 4
    assert outlier_flags(values=[]) == ()


@given(st.lists(finite, max_size=15))
def test_every_value_gets_a_flag_and_no_distance_is_infinite(values: list[float]) -> None:
    assert len(outlier_flags(values=values)) == len(values)
    distances = modified_z(values=values)
    assert distances is None or all(math.isfinite(z) for z in distances)


def test_rounds_that_only_rise_have_tau_one() -> None:
    # 10 prompts x 3 pairs, all concordant: S = 30; variance 10 * 3 * 2 * 11 / 18 = 36.667; z = 29 / 6.0553 = 4.789
    trend = drift(samples=[(1.0, 2.0, 3.0)] * 10)
    assert trend.size == 1.0
    assert trend.p_value == pytest.approx(1.67e-6, rel=0.01)
    assert trend.flagged


def test_hard_prompts_are_not_mistaken_for_drift() -> None:
    # prompts get slower, rounds do not: up and down by turns
    trend = drift(samples=[(float(i), i + 0.1) if i % 2 else (i + 0.1, float(i)) for i in range(1, 41)])
    assert (trend.size, trend.flagged) == (0.0, False)


def test_one_round_cannot_tell_drift_from_difficulty() -> None:
    trend = drift(samples=[(1.0,), (2.0,), ()])
    assert (trend.size, trend.flagged, trend.reason) == (None, False, "no prompt was measured twice")


def test_equal_samples_do_not_drift() -> None:
    assert drift(samples=[(1.0, 1.0, 1.0)] * 5).p_value == 1.0
    assert warm_up(values=[1.0] * 12).p_value == 1.0


def test_a_slow_start_is_flagged_and_a_slow_end_is_not() -> None:
    slow_first = [2.0 + i / 100 for i in range(10)] + [1.0 + i / 100 for i in range(20)]
    # medians of ten: 2.045 first and 1.145 last
    trend = warm_up(values=slow_first)
    assert trend.size == pytest.approx(2.045 / 1.145)
    assert trend.flagged
    assert not warm_up(values=slow_first[::-1]).flagged


def test_the_p_value_is_that_of_the_mann_whitney_test() -> None:
    rng = np.random.default_rng(3)
    for size in (9, 14, 60):
        values = np.round(np.exp(rng.normal(0, 0.3, size)), 1).tolist()  # with ties
        third = size // 3
        oracle = stats.mannwhitneyu(
            values[:third], values[-third:], alternative="greater", method="asymptotic"
        )
        assert warm_up(values=values).p_value == pytest.approx(oracle.pvalue, rel=1e-12)


def test_warm_up_needs_nine_values_above_zero() -> None:
    assert warm_up(values=[1.0] * 8).reason == "insufficient: 8 of 9"
    with pytest.raises(ValueError, match="above 0"):
        warm_up(values=[1.0, 0.0])
