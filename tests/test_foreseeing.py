"""What the rest of an evaluation takes: answers, verdicts and loads at their paces, or why that cannot be said."""

from dataclasses import replace

from service.domain.models import Judge
from service.domain.paces import Pace, Paces, Role
from service.domain.rubrics import Facet
from service.foreseeing import time_left
from service.store.progress import Counts
from tests import samples


def pace(role: Role, model: str, each: float, load: float) -> Pace:
    return Pace(
        role=role,
        model=model,
        device="local",
        version=None,
        calls=9,
        seconds_per_call=each,
        load_seconds=load,
    )


PACES: Paces = {
    (one.role, one.model): one
    for one in (
        pace("candidate", "a", 1.0, 10.0),
        pace("candidate", "b", 2.0, 20.0),
        pace("judge", "j", 0.5, 5.0),
        pace("examination", "j", 40.0, 0.0),
    )
}
# Two candidates, 4 prompts, 2 rounds, 1 pass: 8 answers each, and one facet of each is the judge's.
SPEC = samples.evaluation(
    "a",
    "b",
    judges=[Judge(model="j")],
    facets=samples.rubric(Facet(name="clear", question="Is it clear?", levels=samples.LEVELS)),
).spec


def test_before_the_start_everything_is_ahead() -> None:
    # a: 10 + 8 · 1, b: 20 + 8 · 2, j: 5 + 16 · 0.5, and 40 for its examination where that is to be held
    assert time_left(SPEC, Counts(), PACES).seconds == 18 + 36 + 13
    assert time_left(SPEC, Counts(), PACES, unexamined={"j"}).seconds == 18 + 36 + 13 + 40


def test_what_is_kept_or_lost_and_the_load_at_work_are_behind() -> None:
    counts = Counts(answers={"a": 5}, given_up={("answer", "a"): 1})
    # a: 2 answers left, its load is paid; b and j as before
    assert time_left(SPEC, counts, PACES, at_work=("candidate", "a")).seconds == 2 + 36 + 13


def test_while_judging_only_verdicts_are_left() -> None:
    counts = Counts(answers={"a": 8, "b": 8}, verdicts=4, verdicts_wanted=10, given_up={("verdict", None): 2})
    assert time_left(SPEC, counts, PACES, at_work=("judge", "j")).seconds == 2.0
    done = replace(counts, verdicts=8)
    assert time_left(SPEC, done, {}).seconds == 0.0


def test_a_model_that_was_never_measured_is_named() -> None:
    found = time_left(SPEC, Counts(), {key: one for key, one in PACES.items() if key[1] != "b"})
    assert found.seconds is None
    assert found.reason == "nothing is known of the speed of b here yet"
