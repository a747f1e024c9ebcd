"""Scales put figures where they belong and write round numbers beside them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.report.pictures.scales import Scale, linear_over, log_over

POSITIVE = st.floats(min_value=1e-6, max_value=1e6)


@given(values=st.lists(st.floats(min_value=1, max_value=5), min_size=1))
def test_everything_given_lies_on_a_linear_axis_within_its_limits(values: list[float]) -> None:
    scale = linear_over(values, start=0, end=100, limits=(1.0, 5.0))
    assert 1 <= scale.low <= min(values) + 1e-9
    assert max(values) - 1e-9 <= scale.high <= 5
    assert scale.low < scale.high
    assert 2 <= len(scale.ticks()) <= 12


@given(values=st.lists(POSITIVE, min_size=1))
def test_everything_given_lies_on_a_logarithmic_axis(values: list[float]) -> None:
    scale = log_over(values, start=0, end=100)
    places = [scale.at(value) for value in sorted(values)]
    assert places == sorted(places)
    assert places[0] > 0
    assert places[-1] < 100
    assert all(scale.low <= tick <= scale.high for tick in scale.ticks())


@given(first=POSITIVE)
def test_twice_as_much_is_equally_far_everywhere_on_a_logarithmic_axis(first: float) -> None:
    scale = log_over([first / 10, first * 10], start=0, end=100)
    once = scale.at(2 * first) - scale.at(first)
    assert scale.at(first) - scale.at(first / 2) == pytest.approx(once)


def test_what_lies_outside_is_drawn_at_the_edge() -> None:
    scale = Scale(low=1, high=10, start=50, end=150, log=True)
    assert (scale.at(0.0), scale.at(-3.0), scale.at(99.0)) == (50, 50, 150)


def test_an_axis_may_run_upwards() -> None:
    scale = Scale(low=1, high=5, start=300, end=20)
    assert scale.at(5) == 20


def test_without_values_the_axis_spans_its_limits() -> None:
    scale = linear_over([], start=0, end=1, limits=(0.0, 1.0))
    assert (scale.low, scale.high) == (0, 1)


def test_ticks_stay_few_over_many_decades() -> None:
    assert len(Scale(low=1e-6, high=1e6, start=0, end=1, log=True).ticks(6)) <= 6
