import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.score.samples import clustered, mean, paired, present, probability, prompt_means, variance

finite = st.floats(-1e6, 1e6)


def test_rounds_are_averaged_inside_their_prompt() -> None:
    # (4 + 5) / 2 = 4.5; the second prompt has one round left; the third none
    assert prompt_means(samples=[(4, 5), (3, None), (None,), ()]) == (4.5, 3.0, None, None)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_no_number_is_refused_by_name(bad: float) -> None:
    with pytest.raises(ValueError, match="by_prompt holds"):
        present(values=[1.0, bad], name="by_prompt")


@given(st.lists(finite, min_size=1, max_size=6))
def test_a_mean_does_not_depend_on_the_order(values: list[float]) -> None:
    assert len({mean(order) for order in itertools.permutations(values)}) == 1


@given(finite, st.integers(2, 300))
def test_equal_values_have_themselves_as_mean_and_no_variance(value: float, n: int) -> None:
    assert mean([value] * n) == value
    assert variance([value] * n) == 0.0


def test_only_prompts_with_both_values_are_paired() -> None:
    assert paired(a=[1, None, 3], b=[None, 2, 4]) == [(3.0, 4.0)]


def test_two_sides_of_different_length_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="same prompts on both sides"):
        paired(a=[1], b=[1, 2])


def test_a_missing_value_does_not_hide_a_nan_on_the_other_side() -> None:
    with pytest.raises(ValueError, match="a holds nan"):
        paired(a=[float("nan")], b=[None])


def test_values_are_gathered_by_cluster() -> None:
    assert clustered(values=[1.0, 2.0, 3.0], clusters=["q", "p", "q"]) == [[1.0, 3.0], [2.0]]
    with pytest.raises(ValueError, match="every value needs its cluster"):
        clustered(values=[1.0], clusters=[])


@pytest.mark.parametrize("value", [0.0, 1.0, -0.1, float("nan")])
def test_a_confidence_of_nothing_or_of_certainty_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="confidence lies between 0 and 1"):
        probability(value, name="confidence")
