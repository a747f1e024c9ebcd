import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.estimates import Estimate
from service.score.agreement import Agreement, agreement
from service.score.coefficients import gwet_ac, krippendorff_alpha, weighted_kappa

HUMAN = [1, 2, 3, 4, 4, 4, 2, 5, 3, 1, 5, 2, 4, 3, 3, 5, 2, 1, 4, 4]
JUDGED = [1, 2, 3, 4, 5, 4, 3, 5, 3, 2, 5, 2, 4, 4, 3, 5, 2, 1, 4, 5]
score = st.one_of(st.none(), st.integers(1, 5), st.floats(1, 5))


def estimates(found: Agreement) -> tuple[Estimate, ...]:
    return found.alpha, found.kappa, found.ac2, found.raw, found.bias


def test_every_figure_is_the_coefficient_of_the_same_name() -> None:
    found = agreement(judged=JUDGED, human=HUMAN)
    assert found.alpha.value == pytest.approx(krippendorff_alpha(ratings=[HUMAN, JUDGED]))
    assert found.kappa.value == pytest.approx(weighted_kappa(table=found.confusion))
    assert found.ac2.value == pytest.approx(gwet_ac(ratings=[HUMAN, JUDGED], labels=[1, 2, 3, 4, 5]))
    # 5 of 20 differ, each by +1
    assert found.raw.value == pytest.approx(0.75)
    assert found.bias.value == pytest.approx(0.25)
    assert (found.items, found.raw.n) == (20, 20)


def test_every_figure_has_an_interval_around_it() -> None:
    for estimate in estimates(agreement(judged=JUDGED, human=HUMAN)):
        assert estimate.value is not None
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low < estimate.value < estimate.high


def test_answers_to_one_prompt_are_one_unit() -> None:
    # every pair three times, as one prompt each: same values, same intervals, n counts prompts
    once = agreement(judged=JUDGED, human=HUMAN)
    thrice = agreement(judged=JUDGED * 3, human=HUMAN * 3, clusters=list(range(20)) * 3)
    assert thrice.items == 60
    for a, b in zip(estimates(once), estimates(thrice), strict=True):
        assert a.n == b.n == 20
        assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high), abs=0.03)


def test_a_score_between_two_labels_counts_as_the_nearest_but_for_the_bias() -> None:
    found = agreement(judged=[3.4, 3.5, 2.0], human=[3, 4, 2])
    assert found.raw.value == 1.0
    # (.4 - .5 + 0) / 3
    assert found.bias.value == pytest.approx(-0.1 / 3)


def test_without_a_common_answer_everything_is_undefined() -> None:
    for estimate in estimates(agreement(judged=[None, 3], human=[4, None])):
        assert (estimate.value, estimate.reason) == (None, "no answer was scored by both")


def test_where_all_scores_are_equal_two_figures_are_undefined_and_three_are_not() -> None:
    found = agreement(judged=[5] * 30, human=[5] * 30)
    assert found.alpha.reason == found.kappa.reason == "no variance: all ratings are equal"
    assert (found.ac2.value, found.raw.value, found.bias.value) == (1.0, 1.0, 0.0)


def test_full_agreement_on_few_answers_is_not_certain() -> None:
    found = agreement(judged=[1, 2, 3, 4, 5] * 6, human=[1, 2, 3, 4, 5] * 6)
    assert found.alpha.value == found.kappa.value == found.raw.value == 1.0
    # unseen disagreement in up to 1 - .025^(1/30) = 11.6 % of answers
    assert found.raw.low == pytest.approx(0.884, abs=0.001)
    assert found.kappa.low is not None
    assert 0.9 < found.kappa.low < 1.0
    assert found.bias.low is not None
    assert found.bias.low < 0


def test_one_prompt_has_values_and_no_intervals() -> None:
    found = agreement(judged=[1, 2, 4], human=[1, 2, 3], clusters=["p"] * 3)
    assert found.raw.value == pytest.approx(2 / 3)
    assert (found.raw.low, found.raw.reason) == (None, "one prompt has no interval")


@given(st.lists(st.tuples(score, score, st.integers(0, 3)), max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_answers_changes_no_bit(
    rows: list[tuple[float | None, float | None, int]], dice: random.Random
) -> None:
    def found() -> Agreement:
        return agreement(
            judged=[row[0] for row in rows],
            human=[row[1] for row in rows],
            clusters=[row[2] for row in rows],
            draws=100,
        )

    before = found()
    dice.shuffle(rows)
    assert found() == before


@pytest.mark.parametrize(("judged", "labels"), [([0.5], [1, 5]), ([3], [3])])
def test_what_does_not_fit_the_labels_is_refused(judged: list[float], labels: list[float]) -> None:
    with pytest.raises(ValueError, match="label"):
        agreement(judged=judged, human=[3], labels=labels)
