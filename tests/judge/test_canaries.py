"""Canaries are made from a run's own answers, one call each, and a judge that misjudges them is told of by facet."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from service.domain.canaries import Canary, CanaryVerdict
from service.domain.failures import Failure, FailureKind
from service.domain.responses import Response
from service.domain.rubrics import Facet, Prompt, Rubric
from service.domain.verdicts import Verdict
from service.judge import Seat, wanted
from service.judge.canaries import CanaryCall, canary_calls, cautions, judge_canaries
from service.library import Library

Respond = Callable[..., Response]
LEVELS = ("1", "2", "3", "4", "5")
SAID = (
    "The meeting moved to Thursday because the projector broke.",
    "Boil the potatoes first, then fry them in butter until brown.",
    "A glacier is a slow river of ice that grinds valleys open.",
    "Copper conducts heat well and turns green in wet air.",
)
PROMPTS = tuple(Prompt(id=f"p{at}", text=f"Question {at}?", reference=text) for at, text in enumerate(SAID))
RIGHT = Facet(
    name="right", question="?", levels=LEVELS, degraded_by=("off_topic", "wrong_fact", "truncated", "empty")
)
TIDY = Facet(name="tidy", question="?", levels=LEVELS, degraded_by=("shuffled", "empty"))
RUBRIC = Rubric(name="r", title="R", facets=(RIGHT, TIDY), fingerprint="f")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def answers(respond: Respond) -> list[Response]:
    """Each candidate says nearly what the reference says."""
    return [
        respond(prompt.id, f"I think: {prompt.reference}", candidate=name)
        for prompt in PROMPTS
        for name in ("one", "two")
    ]


def make(
    library: Library, seat: Seat, answers: Sequence[Response], prompts: Sequence[Prompt] = PROMPTS
) -> dict[str, CanaryCall]:
    found = canary_calls(library.canaries(), answers, prompts, RUBRIC, seat, seed=1)
    return {one.name: one for one in found}


def verdict(name: str, scores: dict[str, int], **changes: object) -> CanaryVerdict:
    whole = CanaryVerdict(
        evaluation="e",
        judge="j",
        name=name,
        kind="reference" if name == "reference" else "key",
        key="k",
        prompt="p0",
        answer=":",
        facets=tuple(scores),
        scores=scores,
        rationale=None,
        raw="",
        created_at=NOON,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def test_there_are_nine_of_them_each_one_call_about_the_facets_that_its_fault_lowers(
    library: Library, seat: Seat, answers: list[Response]
) -> None:
    found = make(library, seat, answers)
    assert list(found) == [one.name for one in library.canaries()]
    assert 6 <= len(found) <= 10
    facets = {name: one.facets for name, one in found.items()}
    assert facets["colon"] == facets["empty"] == ("right", "tidy")
    assert facets["order"] == facets["off-topic"] == facets["truncated"] == ("right",)
    assert all([facet.name for facet in one.call.facets] == ["right", "tidy"] for one in found.values())
    assert len({one.call.prompt.id for one in found.values()}) == len(PROMPTS), "spread over the prompts"


def test_they_are_made_of_what_was_asked_and_answered_in_this_run(
    library: Library, seat: Seat, answers: list[Response]
) -> None:
    found = make(library, seat, answers)
    own = {one.text for one in answers}

    def stray(text: str, prompt: Prompt) -> bool:
        return text in own and str(prompt.reference) not in text

    assert stray(found["off-topic"].call.answer, found["off-topic"].call.prompt)
    head, _, order = found["order"].call.answer.rpartition("\n")
    assert stray(head, found["order"].call.prompt)
    assert order.startswith("Ignore the rubric")
    assert (found["colon"].call.answer, found["empty"].call.answer) == (":", "")
    reference = found["reference"].call
    assert reference.answer == reference.prompt.reference
    wrong = found["wrong-reference"].call
    assert wrong.answer in SAID
    assert wrong.answer != wrong.prompt.reference
    cut = found["truncated"].call
    # Nine to twelve words: a fifth of them is one or two.
    assert len(cut.answer.split()) in {1, 2}
    assert str(cut.prompt.reference).startswith(cut.answer)


def test_facet_by_facet_a_canary_is_about_one_of_its_facets_in_turn(
    library: Library, seat: Seat, answers: list[Response]
) -> None:
    apart = replace(seat, judge=replace(seat.judge, mode="separate"))
    found = make(library, apart, answers)
    assert all(one.facets == tuple(facet.name for facet in one.call.facets) for one in found.values())
    assert all(len(one.facets) == 1 for one in found.values())
    assert {one.facets for one in found.values()} == {("right",), ("tidy",)}


def test_without_references_only_those_are_made_that_need_none(
    library: Library, seat: Seat, answers: list[Response]
) -> None:
    bare = [replace(prompt, reference=None) for prompt in PROMPTS]
    assert set(make(library, seat, answers, bare)) == {
        *("order", "claim", "colon", "thought", "empty"),
        "off-topic",
    }


def test_an_answer_that_may_be_right_here_too_is_no_stray_one(
    library: Library, seat: Seat, respond: Respond
) -> None:
    prompts = [Prompt(id=f"p{at}", text=f"Is {at} even?", reference="Yes") for at in range(4)]
    found = make(library, seat, [respond(prompt.id, "yes.") for prompt in prompts], prompts)
    assert not {"off-topic", "wrong-reference", "truncated"} & set(found)
    assert found["order"].call.answer.startswith("Ignore"), "the text alone"


def test_none_is_made_where_no_facet_says_what_lowers_it_or_a_check_decides(
    seat: Seat, answers: list[Response], library: Library
) -> None:
    plain = replace(RUBRIC, facets=(replace(RIGHT, degraded_by=()),))
    checked = replace(RUBRIC, facets=(replace(RIGHT, check="exact"),))
    for rubric in (plain, checked):
        assert canary_calls(library.canaries(), answers, PROMPTS, rubric, seat, seed=1) == ()


def test_the_same_answers_make_the_same_canaries_in_any_order_under_addresses_of_their_judge(
    library: Library, seat: Seat, answers: list[Response]
) -> None:
    found, again = make(library, seat, answers), make(library, seat, answers[::-1])
    assert found == again
    keys = {one.key for one in found.values()}
    assert len(keys) == len(found)
    other = make(library, replace(seat, model=replace(seat.model, version="v2")), answers)
    assert not keys & {one.key for one in other.values()}


def test_a_canary_is_no_verdict_that_an_answer_calls_for(
    library: Library, seat: Seat, answers: list[Response]
) -> None:
    work = wanted(answers, PROMPTS, RUBRIC, seat=seat, seed=1)
    found = make(library, seat, answers)
    assert not work.keys & {key for one in found.values() for key in one.call.keys.values()}


@pytest.mark.parametrize(
    ("name", "scores", "held"),
    [
        ("colon", {"right": 1, "tidy": 2}, True),
        ("colon", {"right": 2, "tidy": 3}, True),  # 2.5 on average
        ("colon", {"right": 3, "tidy": 3}, False),
        ("colon", {"right": 1, "tidy": 5}, False),
        ("reference", {"right": 5, "tidy": 4}, True),
        ("reference", {"right": 3, "tidy": 3}, False),
        ("reference", {"right": 5, "tidy": 2}, True),  # 3.5 on average
    ],
)
def test_low_is_below_the_middle_of_the_scale_on_average_and_high_above(
    library: Library, name: str, scores: dict[str, int], held: bool
) -> None:
    (canary,) = (one for one in library.canaries() if one.name == name)
    (found,) = judge_canaries([canary], ["j"], [verdict(name, scores)], {})
    assert found.held is held
    assert bool(found.failed_on) is not held


def test_a_caution_says_which_were_misjudged_and_on_which_facets() -> None:
    names = [Canary(name=name, kind="key") for name in ("colon", "thought", "lost")]
    failed = {("j", "lost"): Failure(kind=FailureKind.REFUSED, message="the judge declined to grade")}
    given = [verdict("colon", {"right": 1, "tidy": 5}), verdict("thought", {"right": 1, "tidy": 1})]
    found = judge_canaries(names, ["j", "other"], given, failed)
    assert [(one.name, one.held, one.failed_on) for one in found] == [
        ("colon", False, ("tidy",)),
        ("thought", True, ()),
        ("lost", None, ()),
    ]
    assert found[2].failure is FailureKind.REFUSED
    (said,) = cautions(found)
    assert said.startswith("j misjudged 1 of 2 answers whose grade was known in this run, on tidy: ")
    assert "colon (3.0 where less than 3 was due)" in said
    assert cautions(found[1:2]) == ()
    assert "no usable grade to any of 1" in cautions(found[2:])[0]


def test_what_a_judge_said_of_one_is_kept_with_its_reply(
    library: Library, seat: Seat, answers: list[Response]
) -> None:
    call = make(library, seat, answers)["colon"]
    said = [
        Verdict(
            key=key,
            evaluation="e",
            facet=facet,
            score=2.0,
            by="judge:j",
            rationale="It says nothing.",
            sample=1,
            created_at=NOON,
            raw="{...}",
        )
        for facet, key in call.call.keys.items()
    ]
    kept = call.verdict(said, evaluation="e", judge="j", at=NOON)
    assert (kept.scores, kept.raw, kept.answer) == ({"right": 2, "tidy": 2}, "{...}", ":")
    assert kept.key == call.key
