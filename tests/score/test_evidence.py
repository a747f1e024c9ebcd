"""What a quality rests on: coverage, bounds for what is missing, and the least difference that would have shown."""

import pytest

from service.score.evidence import against, evidence
from tests.rank.making import made


def test_missing_scores_are_bounded_by_the_ends_of_the_scale() -> None:
    (found,) = evidence(scores=[made("a", [4.0] * 9 + [None])])
    # Nine fours and one missing: between (36 + 1) / 10 and (36 + 5) / 10.
    assert (found.scored, found.prompts) == (9, 10)
    assert (found.worst.value, found.best.value) == pytest.approx((3.7, 4.1))


def test_with_nothing_missing_both_bounds_are_the_quality() -> None:
    one = made("a", [4.0, 3.0] * 5)
    (found,) = evidence(scores=[one])
    assert found.worst == found.best == one.quality


def test_everybody_is_compared_with_the_first() -> None:
    scores = [made("a", [4.0, 5.0] * 10), made("b", [3.0, 3.5] * 10)]
    a, b = against(found=evidence(scores=scores), scores=scores, first="a")
    assert (a.against, a.difference, a.minimum_detectable) == (None, None, None)
    assert b.against == "a"
    assert b.difference is not None
    assert b.difference.value == pytest.approx(-1.25)
    # Differences of -1 and -1.5, sd .2565, SE .0574; t(19): 2.093 + .861 = 2.954 times that.
    assert b.minimum_detectable == pytest.approx(0.169, abs=0.001)


def test_without_a_first_nothing_is_compared() -> None:
    scores = [made("a", [4.0] * 10)]
    assert against(found=evidence(scores=scores), scores=scores, first=None) == evidence(scores=scores)
