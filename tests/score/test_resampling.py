import numpy as np
import pytest

from service.score.chance import Floats
from service.score.resampling import bootstrap_interval, cluster_names, cluster_totals


def share(total: Floats) -> Floats:
    return np.asarray(total[..., 0] / np.maximum(total[..., 1], 1))


def test_rows_of_a_cluster_are_added_up_and_the_sums_sorted() -> None:
    rows = np.array([[5.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    assert cluster_totals(rows=rows, clusters=["b", "a", "a"]).tolist() == [[5.0, 1.0], [2.0, 2.0]]
    assert cluster_totals(rows=rows[::-1], clusters=["a", "a", "b"]).tolist() == [[5.0, 1.0], [2.0, 2.0]]


def test_a_mean_over_many_clusters_has_the_interval_of_the_normal_law() -> None:
    # 400 clusters, half of them 1: share .5, SE .025 -> +- .049
    totals = np.array([[0.0, 1.0]] * 200 + [[1.0, 1.0]] * 200)
    found = bootstrap_interval(
        totals=totals, statistic=share, limits=(0.0, 1.0), confidence=0.95, draws=4000, seed=0
    )
    assert found.low == pytest.approx(0.451, abs=0.004)
    assert found.high == pytest.approx(0.549, abs=0.004)


@pytest.mark.parametrize(
    ("totals", "reason"),
    [
        ([[1.0, 1.0]], "one prompt has no interval"),
        ([[1.0, 1.0]] * 5, "no interval: the resamples never differ"),
    ],
)
def test_an_interval_that_cannot_be_told_is_missing_with_its_reason(
    totals: list[list[float]], reason: str
) -> None:
    found = bootstrap_interval(
        totals=np.array(totals), statistic=share, limits=(0.0, 1.0), confidence=0.95, draws=200, seed=0
    )
    assert (found.value, found.low, found.reason) == (1.0, None, reason)


def test_resamples_that_do_not_vary_take_the_interval_with_them() -> None:
    def only_with_both(total: Floats) -> Floats:
        return np.where(total[..., 0] > 0, 1.0, np.nan)

    # one of two clusters matters: it is absent from a quarter of the resamples
    found = bootstrap_interval(
        totals=np.array([[0.0], [1.0]]),
        statistic=only_with_both,
        limits=(0.0, 1.0),
        confidence=0.95,
        draws=1000,
        seed=0,
    )
    assert found.value == 1.0
    assert found.reason is not None
    assert found.reason.startswith("no interval: 2")


def test_every_answer_needs_its_prompt() -> None:
    with pytest.raises(ValueError, match="every answer needs its prompt"):
        cluster_names(["p"], n=2)
