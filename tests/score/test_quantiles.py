import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from service.score.quantiles import design_effect, minimum_n, order_statistic_ranks, percentile, quantile

samples = st.lists(st.lists(st.floats(0.01, 100), max_size=4), max_size=12)


def test_type_8_interpolates_at_n_plus_a_third() -> None:
    # h = (4 + 1/3) .5 + 1/3 = 2.5 -> between 20 and 30; at .8: h = 3.8 -> 30 + .8 * 10
    assert quantile(values=[40, 10, 30, 20], p=0.5) == pytest.approx(25)
    assert quantile(values=[40, 10, 30, 20], p=0.8) == pytest.approx(38)


def test_quantiles_of_nothing_and_of_one_datum() -> None:
    assert quantile(values=[], p=0.5) is None
    assert quantile(values=[7], p=0.95) == 7.0


@pytest.mark.parametrize("n", [1, 5, 6, 20, 59, 71, 72, 93, 100, 200, 333])
@pytest.mark.parametrize("p", [0.05, 0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_ranks_are_the_tightest_with_the_promised_tails(n: int, p: float, confidence: float) -> None:
    # by definition, searched one by one
    tail = (1 - confidence) / 2 + 1e-12
    lower = [k for k in range(1, n + 1) if stats.binom.cdf(k - 1, n, p) <= tail]
    upper = [k for k in range(1, n + 1) if stats.binom.sf(k - 1, n, p) <= tail]
    found = order_statistic_ranks(n=n, p=p, confidence=confidence)
    assert found == (max(lower, default=None), min(upper, default=None))


def test_without_samples_there_are_no_ranks() -> None:
    assert order_statistic_ranks(n=0, p=0.95) == (None, None)
    with pytest.raises(ValueError, match="-1 samples"):
        order_statistic_ranks(n=-1, p=0.95)


@pytest.mark.parametrize(
    ("p", "sides", "n"),
    [(0.95, 1, 59), (0.99, 1, 299), (0.9, 1, 29), (0.95, 2, 72), (0.99, 2, 368), (0.5, 2, 6)],
)
def test_the_minimum_is_where_ends_become_finite(p: float, sides: int, n: int) -> None:
    assert minimum_n(p=p, sides=sides) == n
    tail = 0.05 / sides
    assert max(p, 1 - p) ** n <= tail < max(p, 1 - p) ** (n - 1)


def test_the_two_sided_minimum_is_the_first_n_with_both_ranks() -> None:
    assert None in order_statistic_ranks(n=71, p=0.95)
    assert None not in order_statistic_ranks(n=72, p=0.95)
    with pytest.raises(ValueError, match="one or two sides"):
        minimum_n(p=0.95, sides=3)


def test_independent_samples_count_in_full_and_copies_count_once() -> None:
    values = [float(i) for i in range(1, 101)]
    assert design_effect(samples=[(v,) for v in values], p=0.95) == 1.0
    # every prompt's three rounds lie on the same side of the quantile: three times the variance
    assert design_effect(samples=[(v, v, v) for v in values], p=0.95) == pytest.approx(3.0)


def test_a_single_prompt_is_a_single_unit() -> None:
    found = percentile(samples=[tuple(float(i) for i in range(1, 101))], p=0.95)
    assert found.effective_n == 1.0
    assert found.estimate.value == pytest.approx(95.65)
    assert (found.estimate.low, found.estimate.high) == (None, None)
    assert found.estimate.reason == "interval insufficient: 1 of 72 effective samples"


def test_the_interval_of_correlated_rounds_has_the_ranks_of_fewer_samples() -> None:
    # 300 samples of 100 prompts, deff 3 -> 100 effective, ranks 90 and 100, mapped back to 270 and 300
    found = percentile(samples=[(v, v, v) for v in range(1, 101)], p=0.95)
    assert found.effective_n == pytest.approx(100)
    assert (found.estimate.low, found.estimate.high) == (90.0, 100.0)


def test_too_few_samples_have_a_lower_end_only() -> None:
    # n = 20: ranks 17 and none
    found = percentile(samples=[(float(i),) for i in range(1, 21)], p=0.95).estimate
    assert (found.low, found.high) == (17.0, None)


@given(samples, st.randoms(use_true_random=False))
def test_order_changes_no_bit_and_ends_enclose_the_value(
    data: list[list[float]], dice: random.Random
) -> None:
    found = percentile(samples=data, p=0.9)
    dice.shuffle(data)
    assert percentile(samples=data, p=0.9) == found
    if found.estimate.value is not None:
        assert found.estimate.low is None or found.estimate.low <= found.estimate.value
        assert found.estimate.high is None or found.estimate.high >= found.estimate.value
        assert found.design_effect is not None
        assert found.design_effect >= 1.0


def test_equal_samples_have_a_finite_interval() -> None:
    found = percentile(samples=[(2.0, 2.0)] * 50, p=0.95)
    assert (found.estimate.low, found.estimate.high, found.design_effect) == (2.0, 2.0, 1.0)
