"""From rows back to what was asked: what a failed try at a verdict comes to, before and after somebody asks for a retry."""

from dataclasses import replace

import numpy as np

from service import resources
from service.domain.evaluations import Status
from service.domain.failures import Failure, FailureKind
from service.domain.responses import Attempt
from service.gathering import Rows, outcomes_of, works_of
from service.library import Folders, Library
from tests import synthetic


def test_the_last_try_counts_and_a_forgiven_one_is_to_be_done_again() -> None:
    library = Library(
        Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts"))
    )
    truths = (synthetic.Truth(name="one", quality=3.0, latency=0.1, memory=1e9),)
    run = synthetic.evaluation(truths, profile=library.profile("tiny"), prompts=3, rounds=1, facets=1)
    whole = synthetic.rows(run, truths, np.random.default_rng(1))
    lost = whole.verdicts[0]

    def attempt(number: int, kind: FailureKind, *, forgiven: bool = False) -> Attempt:
        return Attempt(
            evaluation=run.id,
            stage="verdict",
            subject=lost.key,
            number=number,
            failure=Failure(kind=kind, message="no"),
            given_up=number == 2,
            created_at=lost.created_at,
            forgiven=forgiven,
        )

    def counts(rows: Rows, status: Status) -> list[tuple[str, int]]:
        works = works_of(run.spec, rows.answers)
        return [
            entry
            for one in outcomes_of(replace(run, status=status), works, rows)
            for entry in (("scored", one.scored), *one.missing())
        ]

    answers = len(whole.answers)
    there = tuple(one for one in whole.verdicts if one.key != lost.key)
    scored = ("scored", sum(one.key in {kept.key for kept in there} for one in whole.verdicts))
    missing = answers - scored[1]
    tries = (attempt(2, FailureKind.TIMED_OUT), attempt(1, FailureKind.UPSTREAM))
    rows = replace(whole, verdicts=there, attempts=tries, given_up=frozenset({("verdict", lost.key)}))
    assert counts(rows, Status.SUCCEEDED) == [scored, ("timed out", missing)]
    forgiven = tuple(replace(one, forgiven=True) for one in tries)
    again = replace(rows, attempts=forgiven, given_up=frozenset())
    assert counts(again, Status.QUEUED) == [scored, ("left to do", missing)]
