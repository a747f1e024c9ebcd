"""Every wanted verdict is counted once, in the column that says what became of it."""

from collections.abc import Callable

import pytest

from service.domain.failures import FailureKind
from service.domain.judged import OutcomeKind, Outcomes
from service.domain.responses import Response
from service.domain.rubrics import Facet, Prompt, Rubric
from service.judge import Seat, Work, wanted
from service.judge.outcomes import count_outcomes

Respond = Callable[..., Response]
LEVELS = ("1", "2", "3", "4", "5")
PROMPTS = (Prompt(id="p1", text="One?", reference="One."), Prompt(id="p2", text="Two?"))


def work(seat: Seat, answers: list[Response], *facets: Facet) -> Work:
    rubric = Rubric(name="r", title="R", facets=facets, fingerprint="f")
    return wanted(answers, PROMPTS, rubric, seat=seat, seed=1)


def judged(name: str) -> Facet:
    return Facet(name=name, question="?", levels=LEVELS)


def count(
    place: Work,
    *,
    kept: frozenset[str] = frozenset(),
    failed: dict[str, FailureKind] | None = None,
    given_up: frozenset[str] = frozenset(),
    ended: bool = True,
) -> tuple[Outcomes, ...]:
    return count_outcomes([("j", place)], kept=kept, failed=failed or {}, given_up=given_up, ended=ended)


@pytest.mark.parametrize(
    ("kind", "column"),
    [
        (FailureKind.UNPARSABLE, "unparsable"),
        (FailureKind.EMPTY, "unparsable"),
        (FailureKind.REFUSED, "refused"),
        (FailureKind.TRUNCATED, "truncated"),
        (FailureKind.OVERSIZED, "truncated"),
        (FailureKind.TIMED_OUT, "timed_out"),
        (FailureKind.OVER_CONTEXT, "over_context"),
        (FailureKind.UPSTREAM, "judge_failed"),
        (FailureKind.RUNNER_DIED, "judge_failed"),
    ],
)
def test_a_failure_is_counted_as_what_it_was_and_never_as_a_score(
    seat: Seat, respond: Respond, kind: FailureKind, column: OutcomeKind
) -> None:
    place = work(seat, [respond("p1", "a"), respond("p2", "b")], judged("x"))
    lost, there = (call.keys["x"] for call in place.calls)
    (row,) = count(place, kept=frozenset({there}), failed={lost: kind}, given_up=frozenset({lost}))
    assert (row.judge, row.candidate, row.facet) == ("j", "a", "x")
    assert (row.wanted, row.scored, getattr(row, column), row.coverage) == (2, 1, 1, 0.5)
    assert [number for _, number in row.missing()] == [1]


def test_what_will_be_tried_again_is_left_and_when_all_is_over_it_is_not(
    seat: Seat, respond: Respond
) -> None:
    place = work(seat, [respond("p1", "a"), respond("p2", "b")], judged("x"))
    tried, _ = (call.keys["x"] for call in place.calls)
    failed = {tried: FailureKind.TIMED_OUT}
    (going_on,) = count(place, failed=failed, ended=False)
    assert (going_on.left, going_on.coverage) == (2, 0.0)
    (over,) = count(place, failed=failed)
    assert (over.left, over.timed_out, over.judge_failed) == (0, 1, 1), "the other one was never asked for"


def test_what_a_check_decides_is_counted_once_however_many_judges_there_are(
    seat: Seat, respond: Respond
) -> None:
    checked = Facet(name="exact", question="?", levels=LEVELS, check="exact")
    place = work(seat, [respond("p1", "One."), respond("p2", "b")], checked, judged("x"))
    rows = count_outcomes(
        [("j", place), ("k", place)],
        kept=place.keys,
        failed={},
        given_up=frozenset(),
        ended=True,
    )
    # p1 has a reference, so the check decides it; p2 has none, so the judges are asked for that facet too.
    shown = [(row.judge, row.facet, row.scored, row.checked, row.wanted) for row in rows]
    assert shown == [
        (None, "exact", 0, 1, 1),
        ("j", "exact", 1, 0, 1),
        ("j", "x", 2, 0, 2),
        ("k", "exact", 1, 0, 1),
        ("k", "x", 2, 0, 2),
    ]


def test_an_answer_counts_once_however_often_it_is_graded(seat: Seat, respond: Respond) -> None:
    rubric = Rubric(name="r", title="R", facets=(judged("x"),), fingerprint="f")
    answers = [respond("p1", "a"), respond("p2", "b")]
    place = wanted(answers, PROMPTS, rubric, seat=seat, seed=1, samples=(1, 2, 3))
    key = {(call.answer, call.sample): call.keys["x"] for call in place.calls}
    (row,) = count(
        place,
        kept=frozenset({key["a", 1], key["a", 2]}),
        failed={key["b", 1]: FailureKind.REFUSED},
        given_up=frozenset({key["b", 1]}),
    )
    assert (row.wanted, row.scored, row.refused, row.samples) == (2, 1, 1, 2)
    # One whose first sample was lost and whose second is there is scored.
    (row,) = count(place, kept=frozenset({key["b", 2]}), failed={key["b", 1]: FailureKind.REFUSED})
    assert (row.wanted, row.scored, row.judge_failed, row.samples) == (2, 1, 1, 1)


def test_a_check_that_failed_is_no_failure_of_a_judge(seat: Seat, respond: Respond) -> None:
    checked = Facet(name="exact", question="?", levels=LEVELS, check="exact")
    place = work(seat, [respond("p1", "One.")], checked)
    (key,) = place.keys
    (row,) = count(place, failed={key: FailureKind.REJECTED}, given_up=frozenset({key}))
    assert (row.judge, row.check_failed, row.judge_failed, row.coverage) == (None, 1, 0, 0.0)
    assert list(row.missing()) == [("check failed", 1)]
    (row,) = count(place, failed={key: FailureKind.REJECTED}, ended=False)
    assert (row.left, row.check_failed) == (1, 0)


def test_equal_answers_share_a_verdict_and_each_counts(seat: Seat, respond: Respond) -> None:
    answers = [
        respond("p1", "same"),
        respond("p1", "same", candidate="b"),
        respond("p1", "same", round_number=2),
    ]
    place = work(seat, answers, judged("x"))
    assert [(row.candidate, row.scored) for row in count(place, kept=place.keys)] == [("a", 2), ("b", 1)]
