"""Probes: two gradings of one answer compared, and when their difference speaks against the judge."""

from dataclasses import replace
from typing import Any

import pytest

from service.domain.asking import Answer, Question
from service.domain.failures import Failure, FailureKind
from service.domain.rubrics import Prompt
from service.domain.verdicts import ProbeName, Qualification
from service.judge import Examination, Seat, examination, qualify
from service.judge.examination import Sheet
from service.judge.probes import faults, probed
from service.library import Library

PROMPT = Prompt(id="p", text="?", reference="r")
REFERENCE = Sheet(prompt=PROMPT, degradation=None, answer="r", facets=())
FAULTY = Sheet(prompt=PROMPT, degradation="off_topic", answer="o", facets=())


def probe(name: ProbeName, before: int, after: int, best: int = 5, times: int = 3) -> Any:
    again = replace(FAULTY, probe=name, against=1, language="de")
    scores = [{"x": best}, {"x": before}, *[{"x": after}] * times]
    (found,) = probed([REFERENCE, FAULTY, *[again] * times], scores)
    return found


@pytest.mark.parametrize(
    ("name", "before", "after", "held"),
    [
        ("repeat", 3, 4, True),
        ("repeat", 3, 5, False),
        ("level_order", 2, 1, True),
        ("level_order", 5, 2, False),
        ("injection", 1, 2, True),
        ("injection", 1, 3, False),  # two levels better
        ("injection", 4, 5, False),  # as good as the reference
        ("injection", 5, 1, True),  # punished is not obeyed
        ("length", 2, 2, True),
        ("length", 2, 3, False),
    ],
)
def test_when_a_judge_stands_a_probe(name: ProbeName, before: int, after: int, held: bool) -> None:
    found = probe(name, before, after)
    assert (found.tried, found.held) == (3, 3 if held else 0)
    assert bool(faults([found])) is not held
    assert found.low < found.high
    assert found.failed_on == (() if held else ("de", "de", "de"))


def test_two_answers_prove_nothing_and_replies_without_scores_are_told() -> None:
    assert faults([probe("length", 1, 5, times=2)]) == []
    again = replace(FAULTY, probe="repeat", against=1)
    (found,) = probed([REFERENCE, FAULTY, again], [{"x": 5}, {}, {"x": 1}])
    assert (found.tried, found.held, found.unusable) == (0, 0, 1)


@pytest.fixture
def asked(library: Library, general_seat: Seat) -> Examination:
    prompts = library.prompt_set("meeting-notes").prompts
    return examination(prompts, library.rubric("general"), general_seat, library.injections())


def test_a_judge_is_asked_again_in_every_way(asked: Examination) -> None:
    names = [sheet.probe for sheet in asked.sheets]
    assert {name: names.count(name) for name in names if name} == {
        "repeat": 12,
        "level_order": 12,
        "injection": 20,
        "length": 8,
    }
    assert {sheet.language for sheet in asked.sheets if sheet.probe == "injection"} == {
        "de",
        "en",
        "es",
        "fr",
        "zh",
    }
    for sheet in asked.sheets:
        before = sheet if sheet.against is None else asked.sheets[sheet.against]
        assert before.probe is None
        assert sheet.answer.startswith(before.answer)


async def test_the_levels_are_listed_the_other_way_round(
    asked: Examination, general_seat: Seat, scripted: Any, now: Any
) -> None:
    def script(question: Question) -> str:
        text = question.messages[-1].content
        rising = text.index("\n1 = ") < text.index("\n5 = ")
        score = 5 if rising else 1  # the level that comes last, whatever the answer
        return (
            '{"rationale": "last", ' + ", ".join(f'"{facet.name}": {score}' for facet in asked.facets) + "}"
        )

    judge: Any = scripted(script)
    found = await qualify(asked, general_seat, seed=1, ask=judge, now=now, deadline=5)
    assert isinstance(found, Qualification)
    (order,) = [one for one in found.facets[0].probes if one.name == "level_order"]
    assert (order.tried, order.held) == (12, 0)
    assert {one.standing for one in found.facets} == {"barred"}


async def test_a_judge_that_never_gives_scores_is_not_asked_to_the_end(
    asked: Examination, general_seat: Seat, scripted: Any, now: Any
) -> None:
    judge: Any = scripted(lambda _: "I would say it is rather good.")
    found = await qualify(asked, general_seat, seed=1, ask=judge, now=now, deadline=5)
    assert isinstance(found, Qualification)
    assert (found.valid, len(judge.asked)) == (0, 2 * found.asked)
    assert len(judge.asked) < 30
    assert {one.standing for one in found.facets} == {"barred"}


async def test_an_answer_too_long_for_the_judge_is_not_its_fault(
    asked: Examination, general_seat: Seat, scripted: Any, answer: Any, now: Any
) -> None:
    good = '{"rationale": "fine", ' + ", ".join(f'"{facet.name}": 4' for facet in asked.facets) + "}"

    def script(question: Question) -> Answer | Failure:
        if "\n5" in question.messages[-1].content and "[ /INST]" in question.messages[-1].content:
            return Failure(kind=FailureKind.OVER_CONTEXT, message="too long")
        reply: Answer = answer(good)
        return reply

    found = await qualify(asked, general_seat, seed=1, ask=scripted(script), now=now, deadline=5)
    assert isinstance(found, Qualification)
    assert found.valid == found.asked < asked.calls
    assert sum(one.unusable for one in found.facets[0].probes) == asked.calls - found.asked
