import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.score.coefficients import (
    confusion_table,
    gwet_ac,
    intraclass_correlation,
    krippendorff_alpha,
    weighted_kappa,
)

rating = st.one_of(st.none(), st.integers(1, 5))
items = st.lists(st.tuples(rating, rating, rating), min_size=1, max_size=12)


def raters(data: list[tuple[int | None, ...]]) -> list[list[float | None]]:
    return [list(column) for column in zip(*data, strict=True)]


def test_alpha_of_the_interval_level_is_the_published_one() -> None:
    # Krippendorff (2011), section D: .849
    data: list[list[float | None]] = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    assert krippendorff_alpha(ratings=data, level="interval") == pytest.approx(0.849, abs=6e-4)


def test_alpha_is_one_for_full_agreement_and_undefined_where_nothing_varies() -> None:
    assert krippendorff_alpha(ratings=[[1, 2, 3], [1, 2, 3]]) == 1.0
    assert krippendorff_alpha(ratings=[[4, 4], [4, 4]]) is None
    assert krippendorff_alpha(ratings=[[4, None], [None, 4]]) is None
    assert krippendorff_alpha(ratings=[]) is None


def test_the_ratio_level_takes_two_zeros_for_the_same() -> None:
    assert krippendorff_alpha(ratings=[[0, 0, 1], [0, 0, 1]], level="ratio") == 1.0


@given(items, st.randoms(use_true_random=False))
def test_items_and_raters_may_come_in_any_order(
    data: list[tuple[int | None, ...]], dice: random.Random
) -> None:
    before = (krippendorff_alpha(ratings=raters(data)), gwet_ac(ratings=raters(data)))
    dice.shuffle(data)
    after = raters(data)
    dice.shuffle(after)
    assert (krippendorff_alpha(ratings=after), gwet_ac(ratings=after)) == before


@given(items)
def test_no_coefficient_is_above_one(data: list[tuple[int | None, ...]]) -> None:
    for value in (krippendorff_alpha(ratings=raters(data)), gwet_ac(ratings=raters(data))):
        assert value is None or value <= 1.0 + 1e-12


def test_kappa_weighs_disagreements_by_their_distance() -> None:
    # Agresti's sexual-fun table; R vcd::Kappa prints .2374 for equal spacing
    table = [[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]]
    assert weighted_kappa(table=table, weights="linear") == pytest.approx(0.2374, abs=6e-5)


def test_kappa_over_fixed_labels_differs_from_kappa_over_those_that_were_used() -> None:
    first, second = [1, 2, 2, 3], [1, 2, 3, 3]
    fixed = weighted_kappa(table=confusion_table(first=first, second=second), weights="linear")
    # seen 1 - .25/4; row shares .25 .5 .25, column shares .25 .25 .5: expected distance .25 .25 1 -> see below
    # E|i-j| = .25*(.25*0+.25*1+.5*2) + .5*(.25*1+0+.5*1) + .25*(.25*2+.25*1+0) = .3125+.375+.1875 = .875
    # kappa = 1 - (.25/4) / (.875/4) = .7142857, the same for any scale: only quadratic reach would cancel too
    assert fixed == pytest.approx(1 - 0.25 / 0.875)


def test_kappa_is_undefined_without_counts_or_without_variance() -> None:
    assert weighted_kappa(table=[[0, 0], [0, 0]]) is None
    assert weighted_kappa(table=[]) is None
    assert weighted_kappa(table=[[7, 0], [0, 0]]) is None


@pytest.mark.parametrize("table", [[[1, 2]], [[1, -1], [0, 1]], [[1, float("nan")], [0, 1]]])
def test_what_is_no_table_is_refused(table: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="table"):
        weighted_kappa(table=table)


def test_a_confusion_table_has_a_place_for_labels_nobody_used() -> None:
    table = confusion_table(first=[5, 5], second=[4, 5])
    assert table == ((0,) * 5, (0,) * 5, (0,) * 5, (0,) * 5, (0, 0, 0, 1, 1))
    with pytest.raises(ValueError, match="among the labels"):
        confusion_table(first=[3.5], second=[3])
    with pytest.raises(ValueError, match="two ratings"):
        confusion_table(first=[3], second=[])


def test_ac_stays_high_where_kappa_collapses() -> None:
    # 118 yes/yes, 5 + 2 apart, 0 no/no: 94 % raw agreement, kappa below 0 (Gwet's paradox)
    table = [[118, 5], [2, 0]]
    first = [1] * 123 + [2] * 2
    second = [1] * 118 + [2] * 5 + [1] * 2
    kappa = weighted_kappa(table=table, weights="none")
    assert kappa is not None
    assert kappa < 0
    # seen .944; prevalence of no 7/250 = .028; chance 2 * .028 * .972 = .054432; (.944 - .054432) / .945568
    assert gwet_ac(ratings=[first, second], weights="none") == pytest.approx(0.889568 / 0.945568)


def test_ac_needs_two_ratings_of_an_item_and_two_labels() -> None:
    assert gwet_ac(ratings=[[1, None], [None, 2]]) is None
    assert gwet_ac(ratings=[[3, 3], [3, 3]]) is None
    assert gwet_ac(ratings=[[3, 3], [3, 3]], labels=[1, 2, 3, 4, 5]) == 1.0


def test_an_intraclass_correlation_counts_a_raters_leniency_as_error() -> None:
    # raters one point apart throughout: targets mean square 8, raters 1.5, error 0
    # (8 - 0) / (8 + 0 + 2 (1.5 - 0) / 3) = 8 / 9
    assert intraclass_correlation(ratings=[[1, 2], [3, 4], [5, 6]]) == pytest.approx(8 / 9)


def test_an_intraclass_correlation_needs_targets_raters_and_variance() -> None:
    assert intraclass_correlation(ratings=[]) is None
    assert intraclass_correlation(ratings=[[1, 2]]) is None
    assert intraclass_correlation(ratings=[[1], [2]]) is None
    assert intraclass_correlation(ratings=[[3, 3], [3, 3]]) is None
    with pytest.raises(ValueError, match="every target"):
        intraclass_correlation(ratings=[[1, 2], [1]])
    with pytest.raises(ValueError, match="finite"):
        intraclass_correlation(ratings=[[1, float("inf")], [1, 2]])
