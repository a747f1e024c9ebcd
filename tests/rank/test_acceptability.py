import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from service.rank.acceptability import choice, smaa

TABLES = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6),
    elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
)


def test_shares_are_counted_over_the_draws() -> None:
    # draws: a wins, b wins, they tie; tie shared: P(best) = 1.5 / 3 each
    result = choice(scores=np.array([[0.9, 0.1, 0.5], [0.1, 0.2, 0.5]]), epsilon=0.15)
    assert result.p_best == pytest.approx((0.5, 0.5))
    # within .15 of the best: a in all three (.1 against .2), b in the last two
    assert result.p_within == pytest.approx((1.0, 2 / 3))
    # regret: a (0 + .1 + 0) / 3, b (.8 + 0 + 0) / 3
    assert result.expected_regret == pytest.approx((0.1 / 3, 0.8 / 3))
    assert result.pairwise[0] == pytest.approx((0.5, 0.5))


def test_no_candidate_and_one_candidate() -> None:
    assert choice(scores=np.zeros((0, 3)), epsilon=0.02).p_best == ()
    lone = choice(scores=np.zeros((1, 3)), epsilon=0.02)
    assert (lone.p_best, lone.p_within, lone.expected_regret) == ((1.0,), (1.0,), (0.0,))


def test_nothing_drawn_or_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one draw"):
        choice(scores=np.zeros((2, 0)), epsilon=0.02)
    with pytest.raises(ValueError, match="finite"):
        choice(scores=np.array([[np.nan]]), epsilon=0.02)


@given(TABLES)
def test_acceptabilities_sum_to_one_by_row_and_column(table: np.ndarray) -> None:
    ranks = np.array(choice(scores=table, epsilon=0.02).acceptability)
    assert ranks.sum(axis=0) == pytest.approx(1)
    assert ranks.sum(axis=1) == pytest.approx(1)


@given(TABLES)
def test_every_pair_splits_the_draws_between_them(table: np.ndarray) -> None:
    wins = np.array(choice(scores=table, epsilon=0.02).pairwise)
    assert wins + wins.T == pytest.approx(1)


@given(TABLES)
def test_best_is_within_epsilon_and_first_in_rank(table: np.ndarray) -> None:
    result = choice(scores=table, epsilon=0.02)
    assert all(within >= best - 1e-12 for within, best in zip(result.p_within, result.p_best, strict=True))
    assert sum(result.p_best) == pytest.approx(1)
    assert tuple(row[0] for row in result.acceptability) == result.p_best


@given(TABLES)
def test_duplicates_tie(table: np.ndarray) -> None:
    result = choice(scores=np.vstack([table, table[:1]]), epsilon=0.02)
    assert result.p_best[0] == result.p_best[-1]
    assert result.acceptability[0] == result.acceptability[-1]
    assert result.pairwise[0][-1] == 0.5


def test_uniform_weights_give_the_closed_form_shares() -> None:
    # (.6, .6) beats w and 1 - w while .4 < w < .6
    result = smaa(utilities=[[1.0, 0.0], [0.0, 1.0], [0.6, 0.6]], draws=200_000, seed=1)
    assert result.first_rank == pytest.approx((0.4, 0.4, 0.2), abs=0.006)
    # the first is best for w in (.6, 1): central weight .8
    assert result.central_weights[0] == pytest.approx((0.8, 0.2), abs=0.005)
    assert result.confidence == (1.0, 1.0, 1.0)


def test_who_is_never_first_has_no_central_weights() -> None:
    result = smaa(utilities=[[1, 1], [0, 0]], draws=100, seed=1)
    assert result.first_rank == (1.0, 0.0)
    assert result.central_weights[1] is None
    assert result.confidence[1] is None


def test_a_concentration_of_sixty_moves_a_fifth_by_five_hundredths() -> None:
    # Dirichlet: sd = sqrt(.2 * .8 / 61) = .0512; the second candidate wins while w < .2, about half of the time
    result = smaa(utilities=[[1.0, 0.0], [0.2, 0.2]], draws=50_000, seed=1, weights=[0.2, 0.8])
    assert result.first_rank[0] == pytest.approx(0.48, abs=0.02)


def test_a_weight_of_zero_stays_zero() -> None:
    result = smaa(utilities=[[0.5, 1.0], [0.6, 0.0]], draws=1000, seed=1, weights=[1, 0])
    assert result.first_rank == (0.0, 1.0)


def test_utility_draws_must_be_as_many_as_weight_draws() -> None:
    with pytest.raises(ValueError, match="must agree"):
        smaa(utilities=np.zeros((2, 2, 5)), draws=4)
    with pytest.raises(ValueError, match="3 criteria but 2 weights"):
        smaa(utilities=np.zeros((2, 3)), draws=4, weights=[1, 1])
