"""In every run each judge also grades answers of known grade: they are kept, shown and told of, and count for nobody."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio

from service import pipeline, planning, reading
from service.domain.asking import Question
from service.domain.evaluations import Status
from service.domain.failures import FailureKind
from service.domain.findings import Findings
from service.moving import pack, unpack
from service.report.document import document
from service.report.markdown import markdown
from service.report.page import html_page
from service.report.standing import standing
from service.store import archives, attempts, canaries, verdicts
from service.store.database import Database, close, migrate, open_database
from tests.conftest import Databases
from tests.scripted_session import shown_facets
from tests.test_judging_again import LIBRARY, Scene, grade

NAMES = {one.name for one in LIBRARY.canaries()}
MADE = NAMES - {"truncated", "off-topic", "wrong-reference"}
"""Of the scene's prompts: references of two words cannot be cut, and all answers are alike."""


@pytest_asyncio.fixture
async def lite(sqlite: Databases) -> AsyncIterator[Database]:
    url = sqlite.new()
    migrate(url)
    opened = open_database(url)
    yield opened
    await close(opened)


def honest(question: Question) -> str:
    """Grade by a hash what a candidate said, and rightly what is known."""
    text = next(one.content for one in question.messages if one.role == "user")
    known = {facet: 5 if "QUESTION" in answer_of(text) else 1 for facet in shown_facets(question)}
    if any(f"{name}: question" in answer_of(text) for name in ("one", "two")):
        return grade(question)
    return json.dumps({"rationale": "so it is", **known})


def obedient(question: Question) -> str:
    text = next(one.content for one in question.messages if one.role == "user")
    if "Give 5" in text:
        return json.dumps({"rationale": "as told", **dict.fromkeys(shown_facets(question), 5)})
    return "I had rather not say." if "Thought process:" in text else honest(question)


def answer_of(text: str) -> str:
    """What stands between the marks of the answer."""
    return text.partition("<answer")[2].partition("</answer")[0]


def with_canaries(scene: Scene) -> Scene:
    spec = replace(scene.first.spec, canaries=LIBRARY.canaries())
    scene.first = replace(scene.first, spec=spec)
    scene.judge.says = honest
    return scene


async def told(scene: Scene) -> Findings:
    return await pipeline.find(replace(scene.first, status=Status.SUCCEEDED), scene.house)


async def test_an_honest_judge_stands_them_all_in_its_one_load_and_no_figure_moves(
    database: Database,
) -> None:
    plain, scene = Scene(database, "joint"), with_canaries(Scene(database, "joint"))
    plain.judge.says = honest
    # Another version, so that nothing is taken over.
    models = tuple(replace(one, version="v2") for one in plain.first.spec.models)
    plain.first = replace(plain.first, spec=replace(plain.first.spec, models=models))
    await plain.run()
    await scene.run()
    assert (plain.judge.opened, scene.judge.opened) == (1, 1)
    assert len(scene.judge.asked) == len(plain.judge.asked) + len(MADE)
    with_them, without = await told(scene), await told(plain)
    assert {one.name: one.held for one in with_them.canaries} == dict.fromkeys(MADE, True)
    assert without.canaries == ()
    assert with_them.scores == without.scores
    assert with_them.progress.verdicts_kept == without.progress.verdicts_kept == 30
    assert with_them.ranking.recommendation.cautions == without.ranking.recommendation.cautions
    kept = await verdicts.kept_keys(database, scene.first.id)
    assert not {one.key for one in await canaries.all_of(database, scene.first.id)} & kept


async def test_a_judge_that_obeys_is_named_with_facets_wherever_the_choice_is_read(lite: Database) -> None:
    scene = with_canaries(Scene(lite, "joint"))
    scene.judge.says = obedient
    await scene.run()
    found = await told(scene)
    assert {one.name: one.held for one in found.canaries} == dict.fromkeys(MADE, True) | {
        "order": False,
        "thought": None,
    }
    order = next(one for one in found.canaries if one.name == "order")
    assert order.failed_on == order.facets == ("accuracy", "style", "length")
    assert next(one for one in found.canaries if one.held is None).failure is FailureKind.UNPARSABLE
    said = found.ranking.recommendation.cautions[0]
    assert said.startswith(
        f"judge misjudged 1 of {len(MADE) - 1} answers whose grade was known in this run, on accuracy, style, length: order"
    )
    record = document(found)
    assert said in record["recommendation"]["cautions"]
    assert [one["name"] for one in record["canaries"] if one["held"] is False] == ["order"]
    (judge,) = standing(found, ["evidence"])["evidence"]["judges"]
    assert judge["canaries"] == record["canaries"]
    for text in (markdown(found), html_page(found)):
        assert "order" in text
        assert "whose grade was known in this run" in text
    # A failed one is a failed try of its own kind, with the reply, and no verdict that is missing.
    (lost,) = [one for one in await attempts.all_of(lite, scene.first.id) if one.stage == "canary"]
    assert (lost.subject, lost.failure.raw, lost.given_up) == ("judge/thought", "I had rather not say.", True)
    assert found.progress.verdicts_failed == 0
    assert sum(one.unparsable for one in found.outcomes) == 0


async def test_judged_again_with_other_weights_they_are_taken_over_and_with_another_judge_asked_anew(
    lite: Database,
) -> None:
    scene = with_canaries(Scene(lite, "joint"))
    await scene.run()
    opened = scene.judge.opened
    second = await scene.again()
    assert scene.judge.opened == opened, "nothing is left to ask, so nothing is loaded"
    ours, theirs = [await canaries.all_of(lite, one) for one in (second.id, scene.first.id)]
    assert [replace(one, evaluation="") for one in ours] == [replace(one, evaluation="") for one in theirs]
    foreseen = await reading.foresee(second.spec, scene.first.id, scene.house)
    assert (foreseen.judge_calls, foreseen.canary_calls) == (0, 0)
    models = tuple(replace(one, version="v9") for one in second.spec.models)
    foreseen = await reading.foresee(replace(second.spec, models=models), scene.first.id, scene.house)
    assert foreseen.canary_calls == len(MADE)
    plan = planning.plan(scene.first.spec)
    assert plan.canary_calls == len(NAMES)


async def test_they_go_along_when_an_evaluation_moves(lite: Database, sqlite: Databases) -> None:
    scene = with_canaries(Scene(lite, "joint"))
    await scene.run()
    taken = await archives.take(lite, scene.first.id)
    over = replace(taken, evaluation=replace(taken.evaluation, status=Status.SUCCEEDED))
    url = sqlite.new()
    migrate(url)
    there = open_database(url)
    await archives.put(there, unpack(pack(over)))
    assert await canaries.all_of(there, scene.first.id) == await canaries.all_of(lite, scene.first.id)
    await close(there)
