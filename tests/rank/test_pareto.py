import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from service.rank.pareto import front_probability, pareto_front

TABLES = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6),
    elements=st.sampled_from([0.0, 0.5, 1.0]),
)


def test_the_dominated_are_not_on_the_front() -> None:
    assert pareto_front(utilities=[[0.1, 0.1], [0.9, 0.9], [0.9, 0.2]]) == (False, True, False)


def test_copies_are_on_the_front_together() -> None:
    assert pareto_front(utilities=[[0.5, 0.5], [0.5, 0.5]]) == (True, True)


def test_nobody_and_a_lone_candidate() -> None:
    assert pareto_front(utilities=[]) == ()
    assert pareto_front(utilities=[[0.0]]) == (True,)


def test_the_share_on_the_front_counts_draws() -> None:
    assert front_probability(utilities=np.array([[[0.5, 0.5]], [[0.4, 0.6]]])) == (0.5, 0.5)


def test_what_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        pareto_front(utilities=[[float("nan")]])
    with pytest.raises(ValueError, match="shape"):
        pareto_front(utilities=[0.5])


@given(TABLES)
def test_the_front_is_everyone_whom_nobody_dominates(table: np.ndarray) -> None:
    naive = tuple(not any((k >= m).all() and (k > m).any() for k in table) for m in table)
    assert pareto_front(utilities=table) == naive
