import pytest
from scipy import stats

from service.score.tails import t_beyond, t_tail, z_beyond


@pytest.mark.parametrize("tail", [0.001, 0.025, 0.2, 0.8])
@pytest.mark.parametrize("df", [1, 2, 7, 199])
def test_tails_are_those_of_scipy_stats(tail: float, df: int) -> None:
    assert z_beyond(tail) == pytest.approx(stats.norm.isf(tail), rel=1e-9)
    assert t_beyond(tail, degrees_of_freedom=df) == pytest.approx(stats.t.isf(tail, df), rel=1e-7)
    assert t_tail(1.7, degrees_of_freedom=df) == pytest.approx(stats.t.sf(1.7, df), rel=1e-9)
