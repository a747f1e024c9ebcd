"""Each wanted verdict can be read with what became of it and the judge's reply as it came, page by page."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio

from service import pipeline
from service.accounting import Sought, told_canaries, told_verdicts
from service.domain.asking import Question
from service.domain.evaluations import Status
from service.domain.failures import Failure, FailureKind
from service.domain.judged import Told
from service.store.database import Database, close, migrate, open_database
from tests.conftest import Databases
from tests.scripted_session import shown_facets
from tests.test_judging_again import LIBRARY, NAMES, Scene

REPLIES: dict[str, str | Failure] = {
    "question 1": "Well, which of them is it?",
    "question 2": "I'm sorry, but I cannot grade this.",
    "question 3": Failure(kind=FailureKind.OVER_CONTEXT, message="too long", raw="n_ctx 512"),
    "question 4": Failure(kind=FailureKind.UPSTREAM, message="it said 500", raw="scripted"),
}
BECAME = {
    "p1": "unparsable",
    "p2": "refused",
    "p3": "over_context",
    "p4": "judge_failed",
    "p5": "scored",
}


def mixed(question: Question) -> str | Failure:
    text = question.messages[1].content
    if "one: question" not in text:
        return json.dumps({"rationale": "so it is", **dict.fromkeys(shown_facets(question), 2)})
    found = next((said for asked, said in REPLIES.items() if asked in text), None)
    return json.dumps({"rationale": "fine", **dict.fromkeys(NAMES, 4)}) if found is None else found


@pytest_asyncio.fixture
async def scene(sqlite: Databases) -> AsyncIterator[Scene]:
    url = sqlite.new()
    migrate(url)
    database: Database = open_database(url)
    made = Scene(database, "joint")
    made.judge.says = mixed
    made.first = replace(made.first, spec=replace(made.first.spec, canaries=LIBRARY.canaries()))
    await made.run()
    made.first = replace(made.first, status=Status.SUCCEEDED)
    yield made
    await close(database)


async def test_every_outcome_is_told_with_its_reply_and_only_a_score_is_a_score(scene: Scene) -> None:
    found, more = await told_verdicts(scene.first, scene.database, Sought(candidate="one", facet="style"))
    assert not more
    assert {one.prompt: one.outcome for one in found} == BECAME
    by_prompt = {one.prompt: one for one in found}
    assert by_prompt["p1"].raw == REPLIES["question 1"]
    assert by_prompt["p2"].raw == REPLIES["question 2"]
    assert (by_prompt["p3"].raw, by_prompt["p4"].raw) == ("n_ctx 512", "scripted")
    assert by_prompt["p4"].tries == 2, "a fault that may pass is tried again"
    right = by_prompt["p5"]
    assert (right.score, right.rationale, right.failure, right.tries) == (4.0, "fine", None, 0)
    assert right.raw is not None
    assert json.loads(right.raw)["style"] == 4
    assert all(one.score is None and one.rationale is None for one in found if one is not right)
    assert all(one.message and one.failure for one in found if one is not right)


async def test_they_come_in_pages_that_are_filtered_and_agree_with_the_counts(scene: Scene) -> None:
    whole, _ = await told_verdicts(scene.first, scene.database, Sought(), limit=1000)
    assert len(whole) == 30
    pages: list[Told] = []
    for start in range(0, 30, 7):
        page, more = await told_verdicts(scene.first, scene.database, Sought(), start=start, limit=7)
        assert more is (start + 7 < 30)
        pages += page
    assert tuple(pages) == whole
    refused, _ = await told_verdicts(scene.first, scene.database, Sought(outcome="refused"))
    assert {(one.prompt, one.candidate) for one in refused} == {("p2", "one")}
    findings = await pipeline.find(scene.first, scene.house)
    assert sum(one.refused for one in findings.outcomes) == len(refused) == 3
    nobody, _ = await told_verdicts(scene.first, scene.database, Sought(judge="nobody"))
    assert nobody == ()


async def test_canaries_are_told_with_what_was_shown_and_said(scene: Scene) -> None:
    found = {one.finding.name: one for one in await told_canaries(scene.first, scene.database)}
    colon, reference = found["colon"], found["reference"]
    assert (colon.answer, colon.rationale, colon.finding.held) == (":", "so it is", True)
    assert colon.raw is not None
    assert json.loads(colon.raw)["accuracy"] == 2
    assert (reference.finding.held, reference.finding.failed_on) == (False, NAMES)
