"""A time budget is shared out evenly, and nobody's turn begins or ends beyond it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.budgeting import Budget, judging_budget, measuring_budget
from service.domain.models import Judge
from tests.samples import evaluation

SECONDS = st.floats(min_value=0, max_value=1000)


@given(until=st.floats(min_value=1, max_value=10_000), wanted=st.lists(SECONDS, min_size=1, max_size=12))
def test_each_gets_at_least_an_equal_share_and_what_one_leaves_over_goes_on(
    until: float, wanted: list[float]
) -> None:
    clock = [0.0]
    budget = Budget(until=until, active=lambda: clock[0])
    fair = until / len(wanted)
    for at, work in enumerate(wanted):
        began = clock[0]
        enough = budget.slice(len(wanted) - at)
        share = (until - began) / (len(wanted) - at)
        assert share >= fair * (1 - 1e-9)
        clock[0] = began + min(work, share * (1 - 1e-6))
        assert not enough()
        if work >= share:
            clock[0] = began + share * (1 + 1e-6)
            assert enough()
            clock[0] = began + share
        assert clock[0] <= until * (1 + 1e-9)


@given(late=SECONDS, turns=st.integers(min_value=1, max_value=9))
def test_once_the_time_is_over_no_turn_has_any(late: float, turns: int) -> None:
    budget = Budget(until=10.0, active=lambda: 10.0 + late)
    assert budget.slice(turns)()
    assert budget.enough()
    assert budget.cut


def test_without_a_budget_there_is_never_enough() -> None:
    spec = evaluation().spec
    for budget in (measuring_budget(spec, lambda: 1e12), judging_budget(spec, lambda: 1e12)):
        assert not budget.slice(3)()
        assert not budget.enough()
        assert not budget.cut


def test_measuring_leaves_judges_a_third_where_there_are_any() -> None:
    spec = replace(evaluation().spec, time_budget=600.0)
    assert measuring_budget(spec, float).until == 600.0
    judged = replace(spec, judges=(Judge(model="judge", mode="joint", template="joint"),))
    assert measuring_budget(judged, float).until == pytest.approx(400.0)
    assert judging_budget(judged, float).until == 600.0
