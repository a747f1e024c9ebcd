"""A facet that some prompts are not scored on: nothing is missing there, and their quality rests on the others."""

from service.domain.findings import Item
from service.domain.models import Candidate, Model
from service.gathering import NOT_LOOKED_UP
from service.score.summary import summarise
from tests.judge.test_work import facet, rubric
from tests.score.test_people import item


def summary(
    items: list[Item], unscored: set[tuple[str, str]]
) -> tuple[list[tuple[int, int]], tuple[float | None, ...]]:
    found = summarise(
        candidate=Candidate(name="c", model="m"),
        model=Model(name="m", source="catalog"),
        prompts=["p", "q"],
        rubric=rubric(facet("x", weight=3.0), facet("y")),
        items=items,
        loads=(),
        expected=2,
        failed=0,
        barred={},
        licence=NOT_LOOKED_UP,
        unscored=unscored,
    )
    return [(one.scored, one.expected) for one in found.facets], found.quality_by_prompt


def test_a_prompt_counts_by_the_facets_it_is_scored_on() -> None:
    items = [item("c", "p", {"x": 5.0, "y": 1.0}), item("c", "q", {"y": 2.0})]
    # (3 × 5 + 1 × 1) / 4 on the first prompt; on the second only y.
    assert summary(items, {("x", "q")}) == ([(1, 1), (2, 2)], (4.0, 2.0))


def test_a_facet_that_is_missing_where_it_should_be_leaves_no_quality() -> None:
    items = [item("c", "p", {"x": 5.0, "y": 1.0}), item("c", "q", {"y": 2.0})]
    assert summary(items, set()) == ([(1, 2), (2, 2)], (4.0, None))
