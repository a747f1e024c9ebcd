import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.score.correction import ppi_mean

score = st.floats(1, 5)


def test_a_judge_that_is_a_point_too_kind_is_put_right() -> None:
    # judged = label + 1 throughout, so at any lambda the residual is 3 - 4 lam + noise of lam - 1
    # labels 3 2 4 3 (cov ddof 0: .5); judged everywhere 4 3 5 4 | 4 4 5 3 4 4 3 5: mean 4, sum of squares 6,
    # variance 6 / 11; lam = .5 / ((1 + 4/8) * 6/11) = .6111; 3 - .6111 * 4 + .6111 * 4 = 3
    found = ppi_mean(labels=[3, 2, 4, 3], judged=[4, 3, 5, 4], unlabelled=[4, 4, 5, 3, 4, 4, 3, 5])
    assert found.power == pytest.approx(0.5 / (1.5 * 6 / 11))
    assert found.estimate == pytest.approx(3.0)


def test_the_interval_adds_both_variances_and_uses_t() -> None:
    labels, judged, rest = (
        [1, 2, 3, 4, 5, 3, 4, 2],
        [2, 2, 4, 4, 5, 4, 4, 3],
        [3, 4, 4, 5, 2, 3, 4, 5, 4, 4, 3, 2],
    )
    found = ppi_mean(labels=labels, judged=judged, unlabelled=rest)
    # by the formula, with t(7) = 2.364624
    lam = found.power
    residual = np.array(labels) - lam * np.array(judged)
    error = np.sqrt(lam**2 * np.var(rest, ddof=1) / 12 + np.var(residual, ddof=1) / 8)
    assert found.standard_error == pytest.approx(error)
    assert found.estimate is not None
    assert found.high == pytest.approx(found.estimate + 2.364624 * error, abs=1e-5)


def test_without_labels_there_is_no_mean_and_with_one_no_interval() -> None:
    none = ppi_mean(labels=[], judged=[], unlabelled=[3, 4])
    assert (none.estimate, none.reason, none.as_estimate.reason) == (None, "no labels", "no labels")
    one = ppi_mean(labels=[4], judged=[5], unlabelled=[3, 4])
    assert (one.estimate, one.low, one.reason) == (4.0, None, "one label has no interval")
    assert one.as_estimate.value == 4.0


@pytest.mark.parametrize(
    ("judged", "unlabelled"),
    [
        ([3, 3, 3], [3, 4, 5]),  # the judge never differs where it can be checked
        ([5, 4, 2], [3, 4, 5]),  # it runs against the labels
        ([2, 4, 5], []),  # nothing to carry over to
    ],
)
def test_a_judge_that_cannot_help_leaves_the_labels_own_mean(
    judged: list[float], unlabelled: list[float]
) -> None:
    # 2 3 5: mean 10/3, sd 1.527525, SE .881917, t(2) = 4.302653
    found = ppi_mean(labels=[2, 3, 5], judged=judged, unlabelled=unlabelled)
    assert found.power == 0.0
    assert found.estimate == pytest.approx(10 / 3)
    assert found.high == pytest.approx(10 / 3 + 4.302653 * 0.881917, abs=1e-5)


def test_the_judge_is_never_believed_more_than_fully() -> None:
    # a judge on half the scale of the labels would earn a lambda of 2 / (1 + 3/300)
    found = ppi_mean(labels=[1, 3, 5], judged=[2, 3, 4], unlabelled=[2, 3, 4] * 100)
    assert found.power == 1.0


def test_equal_labels_still_leave_doubt() -> None:
    found = ppi_mean(labels=[5] * 10, judged=[5] * 10, unlabelled=[5] * 50)
    assert found.estimate == 5.0
    assert found.low is not None
    assert found.low < 5.0


def test_the_interval_covers_the_truth_where_the_judges_own_mean_never_does() -> None:
    # judge = label + .35 + noise; truth 3; 400 runs: 95 % +- 3 * 1.09 %
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(400):
        label = rng.normal(3, 0.9, 300)
        judged = label + 0.35 + rng.normal(0, 0.5, 300)
        found = ppi_mean(
            labels=label[:40].tolist(), judged=judged[:40].tolist(), unlabelled=judged[40:].tolist()
        )
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 3 <= found.high
    assert 0.917 <= held / 400 <= 0.983


@given(
    st.lists(st.tuples(score, score), max_size=8),
    st.lists(score, max_size=8),
    st.randoms(use_true_random=False),
)
def test_the_order_of_prompts_changes_no_bit(
    pairs: list[tuple[float, float]], rest: list[float], dice: random.Random
) -> None:
    found = ppi_mean(labels=[y for y, _ in pairs], judged=[j for _, j in pairs], unlabelled=rest)
    dice.shuffle(pairs)
    dice.shuffle(rest)
    assert ppi_mean(labels=[y for y, _ in pairs], judged=[j for _, j in pairs], unlabelled=rest) == found


def test_every_label_needs_a_judged_score() -> None:
    with pytest.raises(ValueError, match="same prompts on both sides"):
        ppi_mean(labels=[1, 2], judged=[1], unlabelled=[])
