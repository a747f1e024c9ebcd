import numpy as np
import pytest

from service.score.chance import (
    agreement_weights,
    alpha_of,
    coincidences,
    gwet_of,
    kappa_of,
    rating_table,
)


def test_ratings_are_counted_by_item_and_label() -> None:
    labels, counts = rating_table(ratings=[[1, 3, None], [1, 1, 3]])
    assert labels.tolist() == [1.0, 3.0]
    assert counts.tolist() == [[2, 0], [1, 1], [0, 1]]


@pytest.mark.parametrize(
    ("ratings", "message"),
    [
        ([[1, 2], [1]], "one place per item"),
        ([[1, float("nan")]], "finite number"),
        ([[1, 6]], "must be among the labels"),
    ],
)
def test_ratings_that_do_not_fit_are_refused(ratings: list[list[float]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rating_table(ratings=ratings, labels=[1, 2, 3, 4, 5])


def test_an_item_of_three_ratings_counts_its_pairs_with_half_their_weight() -> None:
    # ratings a a b: ordered pairs aa 2, ab 2, ba 2, each over 3 - 1
    assert coincidences(np.array([[2.0, 1.0]]))[0].tolist() == [[1.0, 1.0], [1.0, 0.0]]


def test_alpha_kappa_and_ac_can_be_had_for_many_tables_at_once() -> None:
    tables = np.array([[[20.0, 5.0], [10.0, 15.0]], [[25.0, 0.0], [0.0, 25.0]]])
    labels = np.array([1.0, 2.0])
    both = tables + np.swapaxes(tables, -1, -2)
    # kappa .4 and 1. alpha: 100 ratings, 55 and 45; 1 - 99 * 30 / (2 * 55 * 45) = .4
    assert kappa_of(tables, agree=np.eye(2)) == pytest.approx([0.4, 1.0])
    assert alpha_of(both, labels=labels, level="nominal") == pytest.approx([0.4, 1.0])
    # AC1: seen .7; chance 2 * .55 * .45 = .495; (.7 - .495) / .505 = .405941
    assert gwet_of(np.array([0.7]), np.array([[0.55, 0.45]]), agree=np.eye(2)) == pytest.approx(
        [0.405941], abs=1e-6
    )


def test_nothing_that_varies_is_undefined_inside() -> None:
    table = np.array([[3.0, 0.0], [0.0, 0.0]])
    assert np.isnan(kappa_of(table, agree=np.eye(2)))
    assert np.isnan(alpha_of(table, labels=np.array([1.0, 2.0]), level="ordinal"))


def test_weights_fall_with_the_distance() -> None:
    labels = np.arange(1.0, 6.0)
    assert agreement_weights(labels, weights="quadratic")[0].tolist() == [1.0, 15 / 16, 12 / 16, 7 / 16, 0.0]
    assert agreement_weights(labels, weights="none")[0].tolist() == [1, 0, 0, 0, 0]
    assert agreement_weights(np.array([4.0]), weights="linear").tolist() == [[1.0]]
