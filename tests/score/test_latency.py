import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.score.latency import latency_ratio, summarise

rounds = st.lists(st.floats(0.01, 100), max_size=3)


def test_without_samples_everything_is_undefined_with_a_reason() -> None:
    summary = summarise(samples=[(), ()])
    assert (summary.n, summary.minimum, summary.maximum, summary.effective_n) == (0, None, None, None)
    for estimate in (summary.mean, summary.p50, summary.p95, summary.p99):
        assert (estimate.value, estimate.reason) == (None, "no data")
    assert not summary.provisional


@pytest.mark.parametrize(
    ("n", "p95", "p99"),
    [
        (19, "insufficient: 19 of 20", "insufficient: 19 of 300"),
        (299, None, "insufficient: 299 of 300"),
        (300, None, "interval insufficient: 300 of 368 effective samples"),
        (400, None, None),
    ],
)
def test_percentiles_are_shown_from_the_samples_they_need(n: int, p95: str | None, p99: str | None) -> None:
    summary = summarise(samples=[(1 + i / 100,) for i in range(n)])
    assert summary.p95.reason == p95
    assert summary.p99.reason == p99
    assert (summary.p95.value is None) == (n < 20)
    assert (summary.p99.value is None) == (n < 300)


@pytest.mark.parametrize(("n", "provisional"), [(19, False), (20, True), (58, True), (59, False)])
def test_a_p95_is_provisional_below_59_effective_samples(n: int, provisional: bool) -> None:
    assert summarise(samples=[(1 + i / 100,) for i in range(n)]).provisional is provisional


def test_copies_of_a_prompts_latency_do_not_make_a_p95_less_provisional() -> None:
    # 40 prompts x 3 equal rounds: 120 samples, 40 effective
    summary = summarise(samples=[(1 + i / 100,) * 3 for i in range(40)])
    assert (summary.n, summary.provisional) == (120, True)
    assert summary.effective_n == pytest.approx(40)


def test_the_mean_is_over_prompts_and_counts_them() -> None:
    # prompt means 1 and 3, whatever the number of rounds; all samples: 1 1 1 3
    summary = summarise(samples=[(1.0, 1.0, 1.0), (3.0,)])
    assert (summary.mean.value, summary.mean.n, summary.n) == (2.0, 2, 4)


def test_outliers_are_counted_and_kept() -> None:
    summary = summarise(samples=[(1 + i / 1000,) for i in range(30)] + [(60.0,)])
    assert (summary.outliers, summary.maximum) == (1, 60.0)


def test_drift_is_put_into_words() -> None:
    summary = summarise(samples=[(1.0, 1.1, 1.2)] * 20)
    assert summary.drift is not None
    assert summary.drift.startswith("latency rose during the run (tau +1.00, p ")


def test_a_slow_start_shows_only_where_the_order_of_the_run_is_known() -> None:
    samples = [(3.0 + i / 100,) for i in range(10)] + [(1.0 + i / 100,) for i in range(20)]
    assert summarise(samples=samples).drift is None
    # first third 3.00 to 3.09, last third 1.10 to 1.19: medians 3.045 and 1.145
    warm = summarise(samples=samples, order=[(i,) for i in range(30)]).drift
    assert warm is not None
    assert warm.startswith("the first third took 2.66 times the last third")


def test_an_order_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="one position for every sample"):
        summarise(samples=[(1.0,)], order=[(1, 2)])


def test_a_latency_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0 s"):
        summarise(samples=[(1.0, 0.0)])


def test_equal_samples_have_finite_intervals() -> None:
    summary = summarise(samples=[(2.0, 2.0)] * 60)
    assert (summary.mean.low, summary.p95.low, summary.p95.high, summary.drift) == (2.0, 2.0, 2.0, None)


@given(st.lists(rounds, max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_prompts_changes_no_bit(samples: list[list[float]], dice: random.Random) -> None:
    summary = summarise(samples=samples)
    dice.shuffle(samples)
    assert summarise(samples=samples) == summary


def test_a_ratio_is_a_geometric_mean_and_does_not_care_who_is_the_reference() -> None:
    # ratios 1/2, 2, 1/2, 2: geometric mean 1, where arithmetic means of ratios give 1.25 both ways
    a, b = [(1.0,), (4.0,), (1.0,), (4.0,)], [(2.0,), (2.0,), (2.0,), (2.0,)]
    there, back = latency_ratio(a=a, b=b), latency_ratio(a=b, b=a)
    assert there.ratio.value == back.ratio.value == 1.0
    assert there.verdict == "inconclusive"
    assert there.ratio.low is not None
    assert back.ratio.high == pytest.approx(1 / there.ratio.low)


def test_faster_is_better_and_a_little_faster_is_equivalent() -> None:
    b = [(1.0 + i / 10,) for i in range(20)]
    assert latency_ratio(a=[(x * 0.5,) for (x,) in b], b=b).verdict == "better"
    assert latency_ratio(a=b, b=[(x * 0.5,) for (x,) in b]).verdict == "worse"
    assert latency_ratio(a=[(x * 0.99,) for (x,) in b], b=b, tolerance=0.05).verdict == "equivalent"


def test_a_ratio_without_common_prompts_is_undefined() -> None:
    found = latency_ratio(a=[(1.0,), ()], b=[(), (1.0,)])
    assert (found.ratio.value, found.ratio.reason, found.verdict) == (
        None,
        "no common prompt",
        "inconclusive",
    )


def test_a_ratio_with_a_latency_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0 s"):
        latency_ratio(a=[(0.0,)], b=[(1.0,)])
    with pytest.raises(ValueError, match="tolerance"):
        latency_ratio(a=[(1.0,)], b=[(1.0,)], tolerance=-1)
