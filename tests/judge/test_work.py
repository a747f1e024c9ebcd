"""What is wanted: every verdict once, under a key that holds all that could change it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.models import Judge, Model
from service.domain.responses import Response
from service.domain.rubrics import Facet, Prompt, Rubric
from service.judge import Seat, wanted
from service.judge.keys import derive_seed, judge_key
from service.judge.messages import judge_messages
from service.library import Library
from service.library.fingerprints import fingerprint

Respond = Callable[..., Response]
LEVELS = ("1", "2", "3", "4", "5")
PROMPTS = (
    Prompt(id="p1", text="One?", reference="One."),
    Prompt(id="p2", text="Two?"),
)


def facet(name: str, **more: Any) -> Facet:
    return Facet(name=name, question="?", levels=LEVELS, **more)


def rubric(*facets: Facet) -> Rubric:
    return Rubric(name="r", title="R", facets=facets, fingerprint="f")


def test_equal_answers_are_judged_once_and_every_response_finds_its_verdict(
    seat: Seat, respond: Respond
) -> None:
    responses = [
        respond("p2", "same", candidate="b"),
        respond("p1", "same", candidate="a", round_number=2),
        respond("p1", "same", candidate="a"),
        respond("p1", "same", candidate="b"),
        respond("p1", "other", candidate="c"),
    ]
    work = wanted(responses, PROMPTS, rubric(facet("x"), facet("y")), seat=seat, seed=1)
    assert [(call.prompt.id, call.answer) for call in work.calls] == [
        ("p1", "same"),
        ("p1", "other"),
        ("p2", "same"),
    ]
    assert len(work.places) == 10
    assert len(work.keys) == 6
    assert {(place.slot, place.facet) for place in work.places} == {
        (response.slot, name) for response in responses for name in ("x", "y")
    }


def test_work_does_not_depend_on_the_order_of_the_responses(seat: Seat, respond: Respond) -> None:
    responses = [respond(prompt, text) for prompt in ("p1", "p2") for text in ("s", "t")]
    responses = [replace(r, slot=replace(r.slot, round_number=i)) for i, r in enumerate(responses)]
    forwards = wanted(responses, PROMPTS, rubric(facet("x")), seat=seat, seed=1)
    assert wanted(responses[::-1], PROMPTS, rubric(facet("x")), seat=seat, seed=1) == forwards


def test_a_check_decides_where_the_prompt_has_what_it_needs_and_the_judge_elsewhere(
    seat: Seat, respond: Respond
) -> None:
    facets = rubric(facet("value", check="exact"), facet("style"))
    work = wanted([respond("p1", "a"), respond("p2", "a")], PROMPTS, facets, seat=seat, seed=1)
    assert [(check.facet, check.prompt.id) for check in work.checks] == [("value", "p1")]
    assert [(call.prompt.id, tuple(call.keys)) for call in work.calls] == [
        ("p1", ("style",)),
        ("p2", ("value", "style")),
    ]


def test_without_a_judge_only_checks_are_wanted(respond: Respond) -> None:
    facets = rubric(facet("value", check="exact"), facet("style"))
    work = wanted([respond("p1", "a"), respond("p2", "a")], PROMPTS, facets, seat=None, seed=1)
    assert work.calls == ()
    assert [place.facet for place in work.places] == ["value"]


def test_what_is_kept_or_given_up_is_not_left(seat: Seat, respond: Respond) -> None:
    facets = rubric(facet("x"), facet("y"), facet("value", check="exact"))
    work = wanted([respond("p1", "a"), respond("p1", "b")], PROMPTS, facets, seat=seat, seed=1)
    first, second = work.calls
    x, y = first.keys.values()
    assert work.left([x]).calls == (first, second)  # half a call is a call
    assert work.left([x], [y]).calls == (second,)
    assert work.left(work.keys).calls == ()
    assert work.left(work.keys).checks == ()
    assert work.left([], []).places == work.places


def test_a_response_to_an_unknown_prompt_is_our_own_fault(seat: Seat, respond: Respond) -> None:
    with pytest.raises(KeyError):
        wanted([respond("p9", "a")], PROMPTS, rubric(facet("x")), seat=seat, seed=1)


def test_samples_are_wanted_each_under_its_own_key(seat: Seat, respond: Respond) -> None:
    work = wanted([respond("p1", "a")], PROMPTS, rubric(facet("x")), seat=seat, seed=1, samples=(1, 2, 3))
    assert [place.sample for place in work.places] == [1, 2, 3]
    assert len(work.keys) == 3
    assert len({call.seed for call in work.calls}) == 3
    assert [call.temperature for call in work.calls] == [0.0, 0.5, 0.5], "the same again would say the same"
    warm = replace(seat, judge=replace(seat.judge, temperature=0.3))
    again = wanted([respond("p1", "a")], PROMPTS, rubric(facet("x")), seat=warm, seed=1, samples=(1, 2))
    assert [call.temperature for call in again.calls] == [0.3, 0.3]


def test_only_what_is_picked_is_asked_for_and_what_comes_with_it_has_its_place(
    seat: Seat, respond: Respond
) -> None:
    answers = [respond("p1", "same"), respond("p1", "same", candidate="b"), respond("p2", "other")]
    facets = rubric(facet("x"), facet("y"))
    picked = {(answers[1].slot, "y")}
    joint = wanted(answers, PROMPTS, facets, seat=seat, seed=1, samples=(2,)).only(picked)
    assert [(call.answer, tuple(call.keys)) for call in joint.calls] == [("same", ("x", "y"))]
    assert {(place.slot, place.facet) for place in joint.places} == {
        (answer.slot, name) for answer in answers[:2] for name in ("x", "y")
    }, "equal answers share the call, and a joint call brings every facet"
    apart = replace(seat, judge=replace(seat.judge, mode="separate"))
    separate = wanted(answers, PROMPTS, facets, seat=apart, seed=1, samples=(2,)).only(picked)
    assert [tuple(call.keys) for call in separate.calls] == [("y",)]


def key(seat: Seat, library: Library, **changes: Any) -> str:
    facets = library.rubric("tiny").facets
    arguments: dict[str, Any] = {
        "prompt": PROMPTS[0],
        "answer": "a",
        "facets": facets,
        "facet": facets[0],
        "seed": 1,
        "sample": 1,
    }
    return judge_key(seat, **{**arguments, **changes})


def test_a_key_changes_with_everything_that_could_change_the_score(seat: Seat, library: Library) -> None:
    facets = library.rubric("tiny").facets
    other_level = (replace(facets[0], levels=("1", "2", "3", "4", "new")), *facets[1:])
    keys = [
        key(seat, library),
        key(seat, library, answer="b"),
        key(seat, library, prompt=replace(PROMPTS[0], text="Uno?")),
        key(seat, library, prompt=replace(PROMPTS[0], reference="Uno.")),
        key(seat, library, prompt=replace(PROMPTS[0], system="Be brief.")),
        key(seat, library, facet=facets[1]),
        key(seat, library, facets=facets[:2]),
        key(seat, library, facets=other_level, facet=other_level[0]),
        key(seat, library, sample=2),
        key(replace(seat, model=replace(seat.model, version="v2")), library),
        key(replace(seat, model=replace(seat.model, name="other")), library),
        key(replace(seat, template=library.judge_template("joint")), library),
        key(replace(seat, judge=replace(seat.judge, max_tokens=65)), library),
        key(replace(seat, judge=replace(seat.judge, temperature=0.5)), library),
        key(replace(seat, output="json_schema"), library),
    ]
    assert len(set(keys)) == len(keys)


def test_a_key_stays_the_same_where_the_score_does(seat: Seat, library: Library) -> None:
    facets = tuple(replace(each, weight=9.0, degraded_by=()) for each in library.rubric("tiny").facets)
    assert key(seat, library, facets=facets, facet=facets[0]) == key(seat, library)
    assert key(seat, library, prompt=replace(PROMPTS[0], id="renamed", tags=("t",))) == key(seat, library)
    assert key(seat, library, seed=2) == key(seat, library)  # the judge is greedy


def test_a_key_is_the_same_for_ever(library: Library) -> None:
    """A stored verdict must be found again by the next version; raise keys.SCHEME when this has to change."""
    judge = Judge(model="m")
    template = replace(library.judge_template("tiny"), fingerprint="0" * 64)
    seat = Seat(judge=judge, model=Model(name="m", source="directory"), template=template)
    only = facet("x")
    found = judge_key(seat, Prompt(id="p", text="Q"), "A", [only], only, 1, 1)
    assert found == "41976f5cfa27073919f64cc06e3de99f77bd851240b5665c9ea3e0bc8e14f773"


@given(seed=st.integers(0, 2**63), sample=st.integers(1, 99), text=st.text())
def test_seeds_are_repeatable_and_fit_any_runtime(seed: int, sample: int, text: str) -> None:
    prompt = Prompt(id="p", text=text)
    drawn = derive_seed(seed, prompt, [facet("x")], sample)
    assert 0 <= drawn < 2**31
    assert drawn == derive_seed(seed, replace(prompt, id="q"), [facet("x", weight=2.0)], sample)
    assert drawn != derive_seed(seed + 1, prompt, [facet("x")], sample)


@pytest.fixture
def separate(library: Library) -> Seat:
    return Seat(
        judge=Judge(model="phi", template="separate", mode="separate"),
        model=Model(name="phi", source="catalog"),
        template=library.judge_template("separate"),
    )


def test_in_separate_mode_each_facet_is_a_call_and_those_of_an_answer_follow_each_other(
    separate: Seat, respond: Respond
) -> None:
    facets = rubric(facet("x"), facet("y"), facet("value", check="exact"))
    responses = [respond("p1", "a"), respond("p1", "b"), respond("p2", "a")]
    work = wanted(responses, PROMPTS, facets, seat=separate, seed=1)
    assert [(call.prompt.id, call.answer, *call.keys) for call in work.calls] == [
        ("p1", "a", "x"),
        ("p1", "a", "y"),
        ("p1", "b", "x"),
        ("p1", "b", "y"),
        ("p2", "a", "x"),
        ("p2", "a", "y"),
        ("p2", "a", "value"),
    ]
    assert len(work.keys) == len(work.places) == 9


def test_a_mode_never_meets_the_verdicts_of_the_other(separate: Seat, respond: Respond) -> None:
    joint = replace(separate, judge=replace(separate.judge, mode="joint"))
    only = rubric(facet("x"))
    asked = [wanted([respond("p1", "a")], PROMPTS, only, seat=seat, seed=1) for seat in (joint, separate)]
    assert not asked[0].keys & asked[1].keys


@pytest.mark.parametrize(("mode", "again"), [("separate", 1000), ("joint", 1000)])
def test_a_rubric_with_one_facet_changed_asks_for_that_facet_only_where_facets_are_asked_for_apart(
    library: Library, separate: Seat, respond: Respond, mode: Any, again: int
) -> None:
    seat = replace(separate, judge=replace(separate.judge, mode=mode))
    old = library.rubric("general")
    changed = replace(old.facets[2], levels=("1", "2", "3", "4", "new"))
    new = replace(old, facets=(*old.facets[:2], changed, *old.facets[3:]))
    responses = [respond("p1", f"answer {n}", round_number=n) for n in range(1000)]
    kept = wanted(responses, PROMPTS, old, seat=seat, seed=1).keys
    left = wanted(responses, PROMPTS, new, seat=seat, seed=1).left(kept)
    assert len(left.calls) == again
    assert {name for call in left.calls for name in call.keys} == (
        {changed.name} if mode == "separate" else {each.name for each in old.facets}
    )


@pytest.mark.parametrize("tagged", [False, True])
def test_the_calls_for_one_answer_share_all_that_stands_before_the_facet(
    library: Library, separate: Seat, respond: Respond, tagged: bool
) -> None:
    seat = replace(separate, output="tagged" if tagged else "text")
    work = wanted([respond("p1", "a")], PROMPTS, library.rubric("general"), seat=seat, seed=1)
    asked = [
        judge_messages(seat.template, call.prompt, call.answer, call.facets, tagged=tagged)
        for call in work.calls
    ]
    assert len({messages[0].content for messages in asked}) == 1
    parts = [messages[1].content.partition("Grade this side of the answer:\n\n") for messages in asked]
    assert len({before for before, _, _ in parts}) == 1
    assert [after.split(":")[0] for _, _, after in parts] == [
        "accuracy",
        "completeness",
        "relevance",
        "clarity",
    ]


def test_a_key_is_the_fingerprint_of_everything_that_counts(seat: Seat) -> None:
    prompt = Prompt(id="p", text="Wer? ü", system="s", reference=None)
    facets = (facet("x"), facet("y"))
    whole = {
        "scheme": 1,
        "judge": seat.identity,
        "prompt": {"system": "s", "text": "Wer? ü", "reference": None},
        "answer": 'a "quoted"\n😀',
        "facets": [{"name": one.name, "question": one.question, "levels": one.levels} for one in facets],
        "facet": facets[1].name,
        "seed": None,
        "sample": 1,
    }
    assert judge_key(seat, prompt, 'a "quoted"\n😀', facets, facets[1], 7, 1) == fingerprint(whole)
    # The second sample is drawn: its seed and its temperature count.
    drawn = {**whole, "judge": {**seat.identity, "temperature": 0.5}, "seed": 7, "sample": 2}
    assert judge_key(seat, prompt, 'a "quoted"\n😀', facets, facets[1], 7, 2) == fingerprint(drawn)
