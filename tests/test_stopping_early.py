"""Judging ends once more could not change the choice: it saves calls, takes the same path again, and says so."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from service import moving, pipeline, resources
from service.domain.asking import Question
from service.domain.evaluations import Evaluation, Status
from service.domain.findings import Findings
from service.domain.models import Judge
from service.domain.rubrics import Facet
from service.domain.stopping import Look, StopWhen
from service.domain.verdicts import FacetStanding, Qualification
from service.gathering import seat_of
from service.judge import examination, qualification_key
from service.judgings import compare_judgings
from service.keeping import House
from service.library import Folders, Library
from service.measure.answers import new_id
from service.report.document import document
from service.report.markdown import markdown
from service.report.page import html_page
from service.store import evaluations, judgings, looks, qualifications, responses, verdicts
from service.store.archives import put, take
from service.store.database import Database, close, migrate, open_database
from service.surveying import read, score
from tests import samples
from tests.conftest import Databases
from tests.scripted_session import ScriptedSession, opening
from tests.store.examples import WHEN

LIBRARY = Library(Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts")))
STYLE = Facet(name="style", question="Is it well said?", levels=samples.LEVELS, degraded_by=("empty",))
PROMPTS = 60
FIRST = 20
"""Prompts before the first look."""


def answer(quality: str, question: Question) -> str:
    return f"{quality}: {question.messages[-1].content}"


def grade(question: Question) -> str:
    """Fair ones get 3 and good ones 5, poor ones 1; one in four answers gets its neighbour, by chance and for good."""
    text = "".join(message.content for message in question.messages)
    sure = {"good": 5, "fair": 3, "even": 3, "poor": 1}[
        next(word for word in ("good", "fair", "even", "poor") if f"{word}: q" in text)
    ]
    digest = hashlib.sha256(text.encode()).digest()[0]
    score = sure if digest % 4 else min(5, max(1, sure + (1 if digest % 8 else -1)))
    return json.dumps({"rationale": "so it is", "style": score})


def said_in(question: Question) -> str:
    """What stands between the marks of the answer."""
    text = next(message.content for message in question.messages if message.role == "user")
    return text.partition("<answer")[2].partition("</answer")[0]


def is_of_candidate(question: Question) -> bool:
    return any(f"{word}: question" in said_in(question) for word in ("good", "fair", "even", "poor"))


def knowing(question: Question) -> str:
    """Grade candidates as ever, and what is no candidate's answer by whether it is a reference."""
    if is_of_candidate(question):
        return grade(question)
    return json.dumps({"rationale": "so it is", "style": 5 if "QUESTION" in said_in(question) else 1})


class Scene:
    """Candidates that answer alike to everything, and judges that are known to be qualified."""

    def __init__(self, database: Database, *candidates: str, judges: int = 1, prompts: int = PROMPTS) -> None:
        names = [f"judge-{at}" for at in range(judges)]
        self.database = database
        self.judges = {name: ScriptedSession(grade) for name in names}
        self.candidates = {name: ScriptedSession(partial(answer, name)) for name in candidates}
        self.house = House(
            database=database, library=LIBRARY, open_session=opening({**self.candidates, **self.judges})
        )
        made = samples.evaluation(
            *candidates,
            rounds=1,
            facets=samples.rubric(STYLE),
            judges=[Judge(model=name, mode="joint", template="joint") for name in names],
            prompts=samples.prompt_set(count=prompts),
        )
        spec = replace(
            made.spec,
            templates=(LIBRARY.judge_template("joint"),),
            models=tuple(replace(model, version="v1") for model in made.spec.models),
            stop_when=StopWhen(),
        )
        self.first = replace(made, id=new_id(), spec=spec, status=Status.RUNNING)

    async def know_judges(self) -> None:
        spec = self.first.spec
        for judge in spec.judges:
            seat = seat_of(spec, judge)
            asked = examination(spec.prompt_set.prompts, spec.rubric, seat, LIBRARY.injections())
            standing = FacetStanding(facet="style", standing="qualified", reason="it noticed enough")
            await qualifications.keep(
                self.database,
                Qualification(
                    key=qualification_key(asked, seat, spec.seed),
                    judge=judge.model,
                    asked=9,
                    valid=9,
                    spread=5,
                    facets=(standing,),
                    created_at=WHEN,
                ),
            )

    async def run(self) -> Findings:
        await self.know_judges()
        await evaluations.add(self.database, self.first)
        await pipeline.run(self.first.id, self.house)
        return await self.found(self.first)

    async def found(self, evaluation: Evaluation) -> Findings:
        return await pipeline.find(replace(evaluation, status=Status.SUCCEEDED), self.house)

    def asked(self) -> int:
        return sum(len(judge.asked) for judge in self.judges.values())


@pytest_asyncio.fixture
async def lite(sqlite: Databases) -> AsyncIterator[Database]:
    url = sqlite.new()
    migrate(url)
    opened = open_database(url)
    yield opened
    await close(opened)


def told(found: tuple[Look, ...]) -> list[Any]:
    """A look without who made it when."""
    return [(one.number, one.prompts, one.leader, one.p_within, one.decision) for one in found]


async def test_a_clear_winner_ends_the_judging_at_the_first_look(lite: Database) -> None:
    scene = Scene(lite, "good", "poor")
    found = await scene.run()
    # Two candidates, one call an answer: 20 of 60 prompts.
    assert scene.asked() == 2 * FIRST
    assert scene.judges["judge-0"].opened == 1
    (look,) = found.looks
    assert (look.prompts, look.leader, look.decision) == (FIRST, "good", "stop")
    assert look.p_within is not None
    assert look.bar is not None
    assert look.p_within >= look.bar
    progress = found.progress
    assert progress.prompts_judged == FIRST
    assert progress.verdicts_kept == progress.verdicts_wanted == 2 * FIRST
    (note,) = progress.notes
    assert note.startswith(
        "Judged 20 of 60 prompts; the rest could not change the choice (good is within 0.02 of"
    )
    made = found.ranking.recommendation
    assert (made.decision, made.candidate) == ("model", "good")
    assert note in made.reasons
    assert note in markdown(found).replace("\\", "")
    assert "judge-0**: 40 of 40 verdicts there, 100 %; 80 more were spared" in markdown(found)
    assert document(found)["progress"]["notes"] == [note]
    page = html_page(found)
    assert ">Spared</th>" in page
    assert page.count(f">{PROMPTS - FIRST}</td>") >= 2, "40 of each candidate"


async def test_prompts_that_nobody_had_to_judge_are_no_failures(lite: Database) -> None:
    scene = Scene(lite, "good", "poor")
    found = await scene.run()
    for one in found.outcomes:
        assert (one.wanted, one.scored, one.spared, one.coverage) == (FIRST, FIRST, PROMPTS - FIRST, 1.0)
    for scores in found.scores:
        (facet,) = scores.facets
        assert (facet.scored, facet.expected, scores.failed) == (FIRST, FIRST, 0)
        assert scores.latency.n == PROMPTS, "answers were collected in full"
    for evidence in found.evidence:
        assert (evidence.scored, evidence.prompts) == (FIRST, FIRST)
        assert evidence.worst == evidence.best


@pytest.mark.slow
async def test_a_close_race_is_judged_to_its_end(lite: Database) -> None:
    scene = Scene(lite, "fair", "even", prompts=35)
    found = await scene.run()
    assert scene.asked() == 2 * 35
    assert [(look.prompts, look.decision) for look in found.looks] == [(20, "go_on"), (30, "go_on")]
    assert found.progress.prompts_judged is None
    (note,) = found.progress.notes
    assert note.startswith("Every prompt was judged: at none of 2 looks was the choice sure")
    assert {one.spared for one in found.outcomes} == {0}


def graded_several_times(scene: Scene) -> ScriptedSession:
    """Let the one judge grade an answer up to three times and canaries beside them."""
    spec = scene.first.spec
    judges = (replace(spec.judges[0], max_samples=3),)
    scene.first = replace(scene.first, spec=replace(spec, judges=judges, canaries=LIBRARY.canaries()))
    judge = scene.judges["judge-0"]
    judge.says = knowing
    return judge


@pytest.mark.slow
async def test_after_an_early_end_no_answer_is_graded_again_and_canaries_count_for_nobody(
    lite: Database,
) -> None:
    scene = Scene(lite, "good", "poor")
    judge = graded_several_times(scene)
    found = await scene.run()
    assert told(found.looks) == [(1, FIRST, "good", 1.0, "stop")]
    graded = [one for one in judge.asked if is_of_candidate(one)]
    assert len(graded) == found.progress.verdicts_kept == found.progress.verdicts_wanted == 2 * FIRST
    assert {one.sampling.temperature for one in graded} == {0}, (
        "another sample could not change the choice either"
    )
    assert found.canaries
    assert all(one.held for one in found.canaries)
    assert len(judge.asked) - len(graded) == len(found.canaries)
    assert {(one.wanted, one.scored, one.samples) for one in found.outcomes} == {(FIRST, FIRST, FIRST)}
    asked = len(judge.asked)
    await pipeline.run(scene.first.id, scene.house)
    assert (len(judge.asked), judge.opened) == (asked, 1)


@pytest.mark.slow
async def test_a_close_race_that_may_end_early_gets_its_further_samples_and_canaries_once(
    lite: Database,
) -> None:
    scene = Scene(lite, "fair", "even", "poor", prompts=25)
    judge = graded_several_times(scene)
    found = await scene.run()
    assert [(look.prompts, look.decision) for look in found.looks] == [(20, "go_on")]
    graded = [one for one in judge.asked if is_of_candidate(one)]
    drawn = [one for one in graded if one.sampling.temperature > 0]
    assert len(graded) - len(drawn) == 3 * 25
    # Who is surely out gets one grade an answer, the two in play a second one each; the judge repeats itself, so no third.
    assert len(drawn) == 2 * 25
    assert not [one for one in drawn if "poor: question" in said_in(one)]
    assert found.progress.verdicts_kept == found.progress.verdicts_wanted == len(graded)
    assert len(judge.asked) - len(graded) == len(found.canaries) > 0
    before, asked = document(found), len(judge.asked)
    await pipeline.run(scene.first.id, scene.house)
    assert len(judge.asked) == asked
    assert document(await scene.found(scene.first)) == before


async def test_without_a_rule_everything_is_judged_and_nobody_looks(lite: Database) -> None:
    scene = Scene(lite, "good", "poor", prompts=25)
    scene.first = replace(scene.first, spec=replace(scene.first.spec, stop_when=None))
    found = await scene.run()
    assert scene.asked() == 2 * 25
    assert found.looks == ()
    assert found.progress.notes == ()
    assert found.progress.prompts_judged is None


@pytest.mark.slow
async def test_an_interrupted_run_takes_the_same_path_and_asks_nothing_twice(lite: Database) -> None:
    whole = Scene(lite, "fair", "even", prompts=55)
    found = await whole.run()
    assert len(found.looks) == 4
    torn = Scene(lite, "fair", "even", prompts=55)
    # A version of its own: nothing is taken over from the first one.
    models = tuple(replace(model, version=None) for model in torn.first.spec.models)
    torn.first = replace(torn.first, spec=replace(torn.first.spec, models=models))
    await torn.know_judges()
    await evaluations.add(lite, torn.first)
    for kept in (0, 7, 45, 64, 100):
        task = asyncio.create_task(pipeline.run(torn.first.id, torn.house))
        while len(await verdicts.kept_keys(lite, torn.first.id)) < kept:
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await pipeline.run(torn.first.id, torn.house)
    again = await torn.found(torn.first)
    assert told(again.looks) == told(found.looks)
    scores = [(one.candidate, one.quality_by_prompt) for one in found.scores]
    assert [(one.candidate, one.quality_by_prompt) for one in again.scores] == scores
    asked = torn.asked()
    # Two are in flight at once, and five ends cut them off.
    assert asked <= 2 * 55 + 5 * 2
    before = document(again)
    await pipeline.run(torn.first.id, torn.house)
    assert document(await torn.found(torn.first)) == before
    assert torn.asked() == asked


@pytest.mark.slow
async def test_an_end_after_a_batch_and_before_its_look_changes_nothing(lite: Database) -> None:
    scene = Scene(lite, "good", "poor")
    found = await scene.run()
    # As if the process had died before the look was stored.
    async with lite.engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM looks")
    asked = scene.asked()
    await pipeline.run(scene.first.id, scene.house)
    again = await scene.found(scene.first)
    assert scene.asked() == asked
    assert told(again.looks) == told(found.looks)


@pytest.mark.slow
async def test_several_judges_are_loaded_for_few_batches(lite: Database) -> None:
    scene = Scene(lite, "fair", "even", judges=2, prompts=90)
    found = await scene.run()
    assert [look.prompts for look in found.looks] == [20, 40, 80]
    # One load a batch: up to 20, 40, 80 and 90 prompts.
    assert {judge.opened for judge in scene.judges.values()} == {4}
    assert scene.asked() == 2 * 2 * 90
    sure = Scene(lite, "good", "poor", judges=2)
    found = await sure.run()
    assert {judge.opened for judge in sure.judges.values()} == {1}
    assert sure.asked() == 2 * 2 * FIRST


@pytest.mark.slow
async def test_a_judge_that_is_gone_is_not_taken_for_a_decision(lite: Database) -> None:
    scene = Scene(lite, "good", "poor")
    judge = scene.judges["judge-0"]

    def dies(question: Question) -> Any:
        from service.domain.failures import Failure, FailureKind

        if len(judge.asked) > 30:
            judge.alive = False
            return Failure(kind=FailureKind.RUNNER_DIED, message="it died")
        return grade(question)

    judge.says = dies
    found = await scene.run()
    assert found.looks == ()
    assert sum(one.judge_failed for one in found.outcomes) == 2 * PROMPTS - 30
    assert {one.spared for one in found.outcomes} == {0}


async def test_a_stopped_evaluation_is_judged_again_in_full_and_compared(lite: Database) -> None:
    scene = Scene(lite, "good", "poor")
    first = await scene.run()
    spec = replace(scene.first.spec, source=scene.first.id, stop_when=None)
    second = replace(scene.first, id=new_id(), spec=spec)
    await judgings.add(lite, second, scene.first.id)
    await pipeline.run(second.id, scene.house)
    # What the first judging said is taken over, the rest is asked for.
    assert scene.asked() == 2 * PROMPTS
    again = await scene.found(second)
    items = [await _items(scene, one) for one in (second, scene.first)]
    compared = compare_judgings(again, first, *items)
    (facet,) = compared.facets
    assert (facet.answers, facet.same.value) == (2 * FIRST, 1.0), "where both judged"
    assert "judged: 20 of 60 prompts became all 60" in compared.changed


async def _items(scene: Scene, evaluation: Evaluation) -> Any:
    from service import reading

    return await reading.answers_of(evaluation, scene.house, limit=1000)


@pytest.mark.slow
async def test_a_retry_after_the_end_asks_no_more(lite: Database) -> None:
    scene = Scene(lite, "good", "poor")
    found = await scene.run()
    await evaluations.set_status(
        lite, scene.first.id, Status.SUCCEEDED, only_from=frozenset({Status.RUNNING})
    )
    await evaluations.begin_attempt(lite, scene.first.id)
    asked = scene.asked()
    await pipeline.run(scene.first.id, scene.house)
    assert scene.asked() == asked
    assert told((await scene.found(scene.first)).looks) == told(found.looks)


async def test_elsewhere_a_stopped_evaluation_is_the_same(lite: Database, sqlite: Databases) -> None:
    scene = Scene(lite, "good", "poor")
    await scene.run()
    await evaluations.set_status(
        lite, scene.first.id, Status.SUCCEEDED, only_from=frozenset({Status.RUNNING})
    )
    done = await evaluations.get(lite, scene.first.id)
    here = document(await pipeline.find(done, scene.house))
    packed = moving.pack(await take(lite, scene.first.id))
    url = sqlite.new()
    migrate(url)
    there = open_database(url)
    try:
        archive = moving.unpack(packed)
        assert moving.pack(archive) == packed
        await put(there, archive)
        moved = await pipeline.find(archive.evaluation, replace(scene.house, database=there))
        assert document(moved) == here
        assert await looks.all_of(there, scene.first.id) == await looks.all_of(lite, scene.first.id)
    finally:
        await close(there)


@pytest.mark.slow
async def test_verdicts_beyond_the_end_do_not_count(lite: Database) -> None:
    scene = Scene(lite, "good", "poor")
    found = await scene.run()
    rows = await read(scene.first.id, lite)
    one = rows.verdicts[0]
    beyond = scene.first.spec.drawn_order()[FIRST]
    answers = [
        answer for answer in await responses.all_of(lite, scene.first.id) if answer.slot.prompt == beyond
    ]
    from service.gathering import work_of

    extra = [replace(one, key=place.key, score=1.0) for place in work_of(scene.first.spec, answers).places]
    assert len(extra) == 2
    done = replace(scene.first, status=Status.SUCCEEDED)
    surveyed = score(done, replace(rows, verdicts=(*rows.verdicts, *extra)))
    assert [scores.quality for scores in surveyed.scores] == [scores.quality for scores in found.scores]


@pytest.mark.parametrize("prompts", [12, 20])
async def test_few_prompts_leave_nothing_to_stop(lite: Database, prompts: int) -> None:
    scene = Scene(lite, "good", "poor", prompts=prompts)
    found = await scene.run()
    assert scene.asked() == 2 * prompts
    assert found.looks == ()
