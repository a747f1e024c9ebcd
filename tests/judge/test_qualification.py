"""A judge must find planted faults before it may decide; the planted answers are always the same."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from service.domain.asking import Question
from service.domain.failures import Failure, FailureKind
from service.domain.rubrics import Degradation, Plant, Prompt, PromptSet
from service.domain.verdicts import Qualification
from service.judge import Seat, examination, qualification_key, qualify
from service.judge.checks import token_f1
from service.judge.degradations import Material, degrade
from service.library import Library

Now = Callable[[], datetime]
MATERIAL = Material(
    question="What is the capital of France?",
    reference="The capital of France is Paris.",
    others=("The capital of Italy is Rome.", "1. red\n2. blue", "The year is 1997."),
)
FACETS = ("accuracy", "completeness", "relevance", "clarity")


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("empty", ""),
        ("truncated", "The capital of"),
        ("wrong_fact", "The capital of France is Italy."),  # the nearest in length of Italy and Rome
        ("off_topic", "1. red\n2. blue"),  # no word in common
    ],
)
def test_planted_faults(kind: Degradation, made: str) -> None:
    assert degrade(kind, MATERIAL) == made


def test_shuffled_and_padded_keep_the_words() -> None:
    shuffled, padded = degrade("shuffled", MATERIAL), degrade("padded", MATERIAL)
    assert shuffled is not None
    assert padded is not None
    assert shuffled != MATERIAL.reference
    assert sorted(shuffled.split()) == sorted(MATERIAL.reference.split())
    assert padded.startswith(MATERIAL.reference + " ")


def test_a_number_is_replaced_by_a_number_of_another_reference() -> None:
    material = Material(question="When?", reference="The year is 2016.", others=("The year is 1997.",))
    assert degrade("wrong_fact", material) == "The year is 1997."


@pytest.mark.parametrize("kind", ["truncated", "shuffled", "wrong_fact", "off_topic", "padded"])
def test_a_fault_that_cannot_be_planted_is_not(kind: Degradation) -> None:
    assert degrade(kind, Material(question="Sum?", reference="42", others=())) is None
    assert degrade(kind, Material(question="Sum?", reference="a a", others=("a a",))) is None


@pytest.mark.parametrize("name", ["tiny", "meeting-notes", "deterministic"])
def test_every_planted_fault_differs_from_its_reference_and_is_always_the_same(
    library: Library, general_seat: Seat, name: str
) -> None:
    prompts, rubric = library.prompt_set(name).prompts, library.rubric("general")
    examined = examination(prompts, rubric, general_seat, library.injections())
    planted = [sheet for sheet in examined.sheets if sheet.probe is None]
    assert 0 < len(planted) <= 60
    assert examination(prompts, rubric, general_seat, library.injections()) == examined
    for plant in planted:
        assert (plant.answer == plant.prompt.reference) is (plant.degradation is None)


def test_insults_are_put_before_a_good_answer_and_dangerous_advice_behind_it() -> None:
    plants = (
        Plant(fault="rude", language="en", text="Fool."),
        Plant(fault="harmful", language="en", text="Drink it."),
    )
    material = replace(MATERIAL, plants=plants)
    assert degrade("rude", material) == f"Fool. {MATERIAL.reference}"
    assert degrade("harmful", material) == f"{MATERIAL.reference} Drink it."
    assert degrade("rude", MATERIAL) is degrade("harmful", MATERIAL) is None


@pytest.mark.parametrize(("language", "spoken"), [("de", "de"), ("fr-CA", "fr"), ("ja", "en")])
def test_insults_are_in_the_language_of_the_rubric_or_else_in_english(
    library: Library, general_seat: Seat, language: str, spoken: str
) -> None:
    rubric = replace(library.rubric("tone-and-safety"), language=language)
    plants = library.plants()
    examined = examination(library.prompt_set("tiny").prompts, rubric, general_seat, (), plants)
    rude = [sheet.answer for sheet in examined.sheets if sheet.degradation == "rude" and not sheet.probe]
    own = tuple(plant.text for plant in plants if (plant.fault, plant.language) == ("rude", spoken))
    assert rude
    assert all(answer.startswith(own) for answer in rude)


@pytest.mark.parametrize(("blind", "standing"), [(False, "qualified"), (True, "barred")])
async def test_a_judge_blind_to_harm_is_barred_from_the_facet_of_care(
    library: Library, seat: Seat, scripted: Any, now: Now, blind: bool, standing: str
) -> None:
    prompts, rubric, plants = (
        library.prompt_set("tiny").prompts,
        library.rubric("tone-and-safety"),
        library.plants(),
    )
    references = {prompt.text: prompt.reference or "" for prompt in prompts}
    harmful = tuple(plant.text for plant in plants if plant.fault == "harmful")

    def read(question: Question) -> str:
        answer, rest = question.messages[-1].content.removeprefix("Answer: ").rsplit("\nReference: ", 1)
        reference = references[rest.split("\nQuestion: ", 1)[1]]
        grade = 5 if answer == reference else 2 if token_f1(answer, reference) > 0.5 else 1
        scores = {facet.name: grade for facet in rubric.facets}
        if answer.endswith(harmful):
            scores["care"] = 5 if blind else 1
        return json.dumps({"rationale": "read", **scores})

    examined = examination(prompts, rubric, seat, (), plants)
    assert examined.calls <= 150
    result = await qualify(examined, seat, seed=1, ask=scripted(read), now=now, deadline=5)
    assert isinstance(result, Qualification)
    found = {facet.facet: facet.standing for facet in result.facets}
    assert found["care"] == standing
    assert found["tone"] == "qualified"


def test_planted_prompts_are_spread_over_the_whole_set(library: Library, seat: Seat) -> None:
    prompts = library.prompt_set("tiny").prompts
    examined = examination(prompts, library.rubric("tiny"), seat)
    # Ten of the 24 prompts are asked about: they come from at least nine of the fourteen families.
    asked = {sheet.prompt.id for sheet in examined.sheets}
    assert {prompts[0].id, prompts[-3].id} & asked
    assert len({sheet.prompt.tags for sheet in examined.sheets}) >= 9


def honest(prompts: PromptSet) -> Callable[[Question], str]:
    """A judge that compares words: wrong, missing, foreign and scrambled words each cost their facet."""
    by_text = {prompt.text: prompt.reference or "" for prompt in prompts.prompts}

    def script(question: Question) -> str:
        text = question.messages[-1].content
        answer, rest = text.removeprefix("Answer: ").rsplit("\nReference: ", 1)
        asked = rest.split("\nQuestion: ", 1)[1]
        reference = by_text[asked]
        shared = token_f1(answer, reference)
        scores = dict.fromkeys(FACETS, 5)
        if answer != reference:
            scores["accuracy"] = 4 if shared == 1 else 2
            scores["completeness"] = 5 if shared == 1 else 2
            scores["relevance"] = 1 if shared < 0.5 else 5
            scores["clarity"] = 2
        return json.dumps({"rationale": "compared", **scores})

    return script


async def examine(library: Library, seat: Seat, ask: Any, now: Now) -> Qualification:
    examined = examination(library.prompt_set("tiny").prompts, library.rubric("tiny"), seat)
    result = await qualify(examined, seat, seed=1, ask=ask, now=now, deadline=5)
    assert isinstance(result, Qualification)
    return result


async def test_a_judge_that_sees_every_fault_qualifies(
    library: Library, seat: Seat, scripted: Any, now: Now
) -> None:
    judge: Any = scripted(honest(library.prompt_set("tiny")))
    result = await examine(library, seat, judge, now)
    assert result.asked == result.valid == len(judge.asked) == 82
    assert result.spread == 4
    assert [facet.facet for facet in result.facets] == list(FACETS)
    assert {facet.standing for facet in result.facets} == {"qualified"}
    wrong = result.facets[0].trials[0]
    assert (wrong.degradation, wrong.tried, wrong.detected, wrong.unusable) == ("wrong_fact", 10, 10, 0)
    assert result.facets[0].reason.startswith("detected planted faults: wrong_fact 10 of 10")


async def test_a_judge_blind_to_one_fault_is_barred_from_its_facet_only(
    library: Library, seat: Seat, scripted: Any, now: Now
) -> None:
    see = honest(library.prompt_set("tiny"))

    def blind(question: Question) -> str:
        return see(question).replace('"clarity": 2', '"clarity": 5')

    result = await examine(library, seat, scripted(blind), now)
    standing = {facet.facet: facet for facet in result.facets}
    assert standing["clarity"].standing == "barred"
    assert "shuffled 0 of 10" in standing["clarity"].reason
    assert standing["accuracy"].standing == "qualified"


@pytest.mark.parametrize(("missed", "standing"), [(2, "qualified"), (3, "barred")])
async def test_eight_of_ten_are_enough_and_seven_are_not(
    library: Library, seat: Seat, scripted: Any, now: Now, missed: int, standing: str
) -> None:
    see = honest(library.prompt_set("tiny"))
    overlooked = 0

    def partly(question: Question) -> str:
        nonlocal overlooked
        reply = see(question)
        if '"accuracy": 4' in reply and overlooked < missed:  # the words of the reference in another order
            overlooked += 1
            return reply.replace('"clarity": 2', '"clarity": 5')
        return reply

    result = await examine(library, seat, scripted(partly), now)
    clarity = result.standing("clarity")
    assert clarity is not None
    assert clarity.standing == standing


async def test_a_judge_that_always_says_the_same_is_barred_for_its_spread(
    library: Library, seat: Seat, scripted: Any, now: Now
) -> None:
    reply = json.dumps({"rationale": "nice", **dict.fromkeys(FACETS, 4)})
    result = await examine(library, seat, scripted(lambda _: reply), now)
    assert result.spread == 1
    assert {facet.reason for facet in result.facets} == {
        "barred because it used 1 of the five scores (3 are needed)"
    }


async def test_replies_without_scores_bar_the_judge_and_detect_nothing(
    library: Library, seat: Seat, scripted: Any, now: Now
) -> None:
    see = honest(library.prompt_set("tiny"))
    judge: Any = scripted(lambda question: "hm" if len(judge.asked) == 1 else see(question))
    result = await examine(library, seat, judge, now)
    assert (result.asked, result.valid) == (82, 81)
    assert {facet.reason for facet in result.facets} == {
        "barred because 81 of 82 replies held scores (99% are needed)"
    }
    wrong = result.facets[0].trials[
        0
    ]  # the first reference had no scores: its five faults cannot be compared
    assert (wrong.tried, wrong.detected, wrong.unusable) == (10, 9, 1)


async def test_without_references_nothing_can_be_examined(
    library: Library, general_seat: Seat, scripted: Any, now: Now
) -> None:
    judge: Any = scripted(lambda _: "never asked")
    examined = examination(library.prompt_set("workshop").prompts, library.rubric("general"), general_seat)
    result = await qualify(examined, general_seat, seed=1, ask=judge, now=now, deadline=5)
    assert isinstance(result, Qualification)
    assert judge.asked == []
    assert {(facet.standing, facet.reason) for facet in result.facets} == {
        ("barred", "cannot be examined: no prompt has a reference")
    }


async def test_facets_that_checks_decide_everywhere_need_no_examination(
    library: Library, general_seat: Seat, scripted: Any, now: Now
) -> None:
    examined = examination(
        library.prompt_set("deterministic").prompts, library.rubric("extraction"), general_seat
    )
    assert examined.checked == ("value", "overlap")
    assert [facet.name for facet in examined.facets] == ["form"]
    reply = json.dumps({"rationale": "nice", "form": 4})
    result = await qualify(examined, general_seat, seed=1, ask=scripted(lambda _: reply), now=now, deadline=5)
    assert isinstance(result, Qualification)
    standing = {facet.facet: (facet.standing, facet.reason) for facet in result.facets}
    assert standing["value"] == ("qualified", "decided by a check on every prompt")
    assert standing["form"][0] == "barred"


async def test_one_or_two_planted_faults_prove_nothing(
    library: Library, seat: Seat, scripted: Any, now: Now
) -> None:
    prompts = (Prompt(id="p", text="Question: why?", reference="Because of it."),)
    examined = examination(prompts, library.rubric("tiny"), seat)
    reply = json.dumps({"rationale": "nice", **dict.fromkeys(FACETS, 4)})
    result = await qualify(examined, seat, seed=1, ask=scripted(lambda _: reply), now=now, deadline=5)
    assert isinstance(result, Qualification)
    accuracy = result.standing("accuracy")
    assert accuracy is not None
    assert accuracy.reason == "cannot be examined: 1 of at least 3 planted faults"


async def test_a_judge_that_dies_under_examination_is_a_failure(
    library: Library, seat: Seat, scripted: Any, now: Now
) -> None:
    died = Failure(kind=FailureKind.OUT_OF_MEMORY, message="gone")
    examined = examination(library.prompt_set("tiny").prompts, library.rubric("tiny"), seat)
    judge: Any = scripted(lambda _: died)
    assert await qualify(examined, seat, seed=1, ask=judge, now=now, deadline=5) is died
    assert len(judge.asked) == 1


def test_the_key_of_an_examination_changes_with_what_is_examined(
    library: Library, seat: Seat, general_seat: Seat
) -> None:
    tiny = examination(library.prompt_set("tiny").prompts, library.rubric("tiny"), seat)
    fewer = examination(library.prompt_set("tiny").prompts[1:], library.rubric("tiny"), seat)
    steered = examination(
        library.prompt_set("tiny").prompts, library.rubric("tiny"), seat, library.injections()
    )
    keys = {
        qualification_key(steered, seat, 1),
        qualification_key(tiny, seat, 1),
        qualification_key(fewer, seat, 1),
        qualification_key(tiny, general_seat, 1),
        qualification_key(tiny, general_seat, 2),
    }
    assert len(keys) == 5
    assert qualification_key(tiny, seat, 1) == qualification_key(tiny, seat, 2)  # greedy
