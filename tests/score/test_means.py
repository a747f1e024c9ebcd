import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.score.means import prompt_weights, score_mean

scores = st.lists(st.one_of(st.none(), st.floats(1, 5)), max_size=12)


def test_the_value_is_the_plain_mean_and_n_counts_the_prompts_that_are_there() -> None:
    estimate = score_mean(by_prompt=[4, None, 5, 3, 4])
    assert (estimate.value, estimate.n) == (4.0, 4)


def test_without_a_scored_prompt_there_is_a_reason_and_no_number() -> None:
    estimate = score_mean(by_prompt=[None, None])
    assert (estimate.value, estimate.reason, estimate.n) == (None, "no scored prompt", 0)


def test_one_prompt_leaves_the_whole_scale_open() -> None:
    estimate = score_mean(by_prompt=[4.5])
    assert (estimate.value, estimate.low, estimate.high) == (4.5, 1.0, 5.0)


@pytest.mark.parametrize("n", [2, 8, 20, 200])
@pytest.mark.parametrize("score", [1.0, 3.0, 5.0])
def test_equal_scores_still_leave_doubt(n: int, score: float) -> None:
    estimate = score_mean(by_prompt=[score] * n)
    assert estimate.low is not None
    assert estimate.high is not None
    assert 1.0 <= estimate.low <= score <= estimate.high <= 5.0
    assert estimate.high - estimate.low > 0.5 / n


def test_the_interval_of_ordinary_scores_is_close_to_the_t_interval() -> None:
    # 100 prompts, half 3 and half 4: mean 3.5, sd .5025, t(99) = 1.984 -> 3.5 +- .0997
    estimate = score_mean(by_prompt=[3, 4] * 50)
    assert estimate.low == pytest.approx(3.40, abs=0.02)
    assert estimate.high == pytest.approx(3.60, abs=0.02)


@given(scores, st.randoms(use_true_random=False))
def test_the_order_of_prompts_changes_no_bit(by_prompt: list[float | None], dice: random.Random) -> None:
    shuffled = list(by_prompt)
    dice.shuffle(shuffled)
    assert score_mean(by_prompt=shuffled) == score_mean(by_prompt=by_prompt)


@given(scores)
def test_the_interval_holds_the_value_and_stays_on_the_scale(by_prompt: list[float | None]) -> None:
    estimate = score_mean(by_prompt=by_prompt)
    if estimate.value is not None:
        assert estimate.low is not None
        assert estimate.high is not None
        assert 1.0 <= estimate.low <= estimate.value <= estimate.high <= 5.0


def test_the_same_seed_gives_the_same_bytes_and_another_seed_hardly_differs() -> None:
    first = score_mean(by_prompt=[4, 5, 3, 4, 2, 5, 4, 3])
    prompt_weights.cache_clear()
    assert score_mean(by_prompt=[4, 5, 3, 4, 2, 5, 4, 3]) == first
    other = score_mean(by_prompt=[4, 5, 3, 4, 2, 5, 4, 3], seed=1)
    assert other.low != first.low
    assert other.low == pytest.approx(first.low, abs=0.06)


@pytest.mark.parametrize("by_prompt", [[0.9], [5.1, 3], [float("nan")]])
def test_a_score_off_the_scale_is_refused(by_prompt: list[float]) -> None:
    with pytest.raises(ValueError, match=r"off the scale|holds nan"):
        score_mean(by_prompt=by_prompt)


def test_a_rounding_above_the_scale_counts_as_its_end() -> None:
    assert score_mean(by_prompt=[5.000000000000001] * 4).value == 5.0


def test_weights_add_up_and_give_the_pseudo_prompt_one_share() -> None:
    # Dirichlet: expected weight of the pseudo-prompt 1 / (n + 1) = 1 / 9
    weights = prompt_weights(n=8, levels=5, draws=20_000, seed=3)
    assert weights.sum(axis=1) == pytest.approx(1.0)
    assert weights[:, 8:].sum(axis=1).mean() == pytest.approx(1 / 9, abs=0.003)
