"""Stored answers are judged again without new answers, and without asking again for what nothing changed."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

import pytest
import pytest_asyncio

from service import pipeline, reading, resources
from service.domain.asking import Question
from service.domain.evaluations import Evaluation, Status
from service.domain.models import Judge
from service.domain.rubrics import Facet, Rubric
from service.errors import Invalid
from service.judge.work import contexts_again
from service.judgings import JudgingComparison, compare_judgings, may_compare_judgings
from service.keeping import House
from service.library import Folders, Library
from service.measure.answers import new_id
from service.store import evaluations, judgings, responses, verdicts
from service.store.database import Database, close, migrate, open_database
from tests import samples
from tests.conftest import Databases
from tests.scripted_session import ScriptedSession, opening, shown_facets

LIBRARY = Library(Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts")))
NAMES = ("accuracy", "style", "length")


def facet(name: str, question: str = "Is it good?") -> Facet:
    return Facet(name=name, question=question, levels=samples.LEVELS, degraded_by=("empty",))


def grade(question: Question) -> str:
    """A judge that is sure of itself: the grade hangs on what it was shown and nothing else."""
    facets = shown_facets(question)
    text = "".join(message.content for message in question.messages)
    grades = {name: 1 + hashlib.sha256((name + text).encode()).digest()[0] % 5 for name in facets}
    return json.dumps({"rationale": "so it is", **grades})


def echo(name: str, question: Question) -> str:
    return f"{name}: {question.messages[-1].content}"


class Scene:
    """An evaluation of two candidates, judged once, and its judge."""

    def __init__(self, database: Database, mode: str = "separate", version: str | None = "v1") -> None:
        self.database = database
        self.judge = ScriptedSession(grade)
        candidates = {name: ScriptedSession(partial(echo, name)) for name in ("one", "two")}
        self.candidates = list(candidates.values())
        self.house = House(
            database=database, library=LIBRARY, open_session=opening({**candidates, "judge": self.judge})
        )
        made = samples.evaluation(
            "one",
            "two",
            rounds=1,
            facets=Rubric(
                name="r", title="R", facets=tuple(facet(name) for name in NAMES), fingerprint="1" * 64
            ),
            judges=[Judge(model="judge", mode="joint" if mode == "joint" else "separate", template=mode)],
            prompts=samples.prompt_set(count=5),
        )
        models = tuple(
            replace(model, version=version) if model.name == "judge" else model for model in made.spec.models
        )
        spec = replace(made.spec, models=models, templates=(LIBRARY.judge_template(mode),))
        self.first = replace(made, id=new_id(), spec=spec, status=Status.RUNNING)

    async def run(self) -> None:
        await evaluations.add(self.database, self.first)
        await pipeline.run(self.first.id, self.house)

    async def again(self, **changes: object) -> Evaluation:
        """Judge again with `changes` and forget what was asked before."""
        spec = replace(self.first.spec, source=self.first.id, **changes)  # type: ignore[arg-type]
        second = replace(self.first, id=new_id(), spec=spec)
        await judgings.add(self.database, second, self.first.id)
        self.judge.asked.clear()
        for candidate in self.candidates:
            candidate.asked.clear()
        await pipeline.run(second.id, self.house)
        return second

    def about_answers(self) -> list[tuple[str, ...]]:
        """What the judge was asked about the candidates' own answers, examinations left out."""
        return [
            shown_facets(question)
            for question in self.judge.asked
            if any(f"{name}: question" in question.messages[-1].content for name in ("one", "two"))
        ]

    @property
    def changed_rubric(self) -> Rubric:
        facets = (facet("accuracy"), facet("style", "Is it put well?"), facet("length"))
        return replace(self.first.spec.rubric, facets=facets, fingerprint="2" * 64)


@pytest_asyncio.fixture
async def lite(sqlite: Databases) -> AsyncIterator[Database]:
    """One kind of database is enough where the statements are those of the first and last test."""
    url = sqlite.new()
    migrate(url)
    opened = open_database(url)
    yield opened
    await close(opened)


async def test_with_one_facet_changed_the_judge_is_asked_for_that_facet_only(database: Database) -> None:
    scene = Scene(database)
    await scene.run()
    second = await scene.again(rubric=scene.changed_rubric)
    # Ten answers that differ, one facet each.
    assert scene.about_answers() == [("style",)] * 10
    assert [candidate.asked for candidate in scene.candidates] == [[], []], "no new answers"
    assert len(await verdicts.kept_keys(database, second.id)) == 30
    ours, theirs = [await responses.all_of(database, one.id) for one in (second, scene.first)]
    assert [(one.slot, one.text, one.timing) for one in ours] == [
        (one.slot, one.text, one.timing) for one in theirs
    ]
    found = await pipeline.find(second, scene.house)
    assert found.progress.verdicts_kept == found.progress.verdicts_wanted == 30
    assert found.scores[0].latency.mean.value == pytest.approx(0.002)


async def test_in_joint_mode_a_changed_facet_is_asked_for_apart_and_the_others_keep_their_grades(
    lite: Database,
) -> None:
    scene = Scene(lite, "joint")
    await scene.run()
    before = scene.first.spec.rubric
    contexts = contexts_again(scene.changed_rubric, before, ())
    second = await scene.again(rubric=scene.changed_rubric, contexts=contexts)
    assert scene.about_answers() == [("style",)] * 10
    now, then = [
        {(one.key, one.facet): one.score for one in await verdicts.all_of(lite, each.id)}
        for each in (second, scene.first)
    ]
    assert len(now) == len(then) == 30
    assert {facet for _, facet in now.keys() & then.keys()} == {"accuracy", "length"}
    assert {facet for _, facet in now.keys() - then.keys()} == {"style"}
    # Changed once more, a facet that did not change in between is still the one that was asked for first.
    third_rubric = replace(
        scene.changed_rubric,
        facets=(facet("accuracy", "Is it true?"), *scene.changed_rubric.facets[1:]),
        fingerprint="5" * 64,
    )
    third = replace(
        second.spec,
        rubric=third_rubric,
        contexts=contexts_again(third_rubric, second.spec.rubric, second.spec.contexts),
    )
    await scene.again(rubric=third_rubric, contexts=third.contexts)
    assert scene.about_answers() == [("accuracy",)] * 10


async def test_asked_afresh_with_another_rubric_a_joint_judge_is_asked_for_all_of_it(lite: Database) -> None:
    scene = Scene(lite, "joint")
    await scene.run()
    await scene.again(rubric=scene.changed_rubric)
    assert scene.about_answers() == [NAMES] * 10, "other words beside it are another question"


def test_contexts_hold_what_is_asked_for_together_and_nothing_where_that_is_all() -> None:
    a, b, c = (facet(name) for name in NAMES)
    other = facet("style", "Is it put well?")

    def made(*facets: Facet) -> Rubric:
        return Rubric(name="r", title="R", facets=facets, fingerprint="f" * 64)

    whole = made(a, b, c)
    assert contexts_again(whole, whole, ()) == ()
    assert contexts_again(made(*(replace(one, weight=3.0) for one in (a, b, c))), whole, ()) == ()
    assert contexts_again(made(a, other, c), whole, ()) == ((a, b, c), (other,))
    assert contexts_again(made(a, c), whole, ()) == ((a, b, c),), "one less: nothing to ask"
    assert contexts_again(made(other), whole, ()) == ()
    # Back again: the first words are under the first address, and nobody is asked.
    assert contexts_again(whole, made(a, other, c), ((a, b, c), (other,))) == ((a, b, c), (b,))


@pytest.mark.parametrize("mode", ["joint", "separate"])
async def test_other_weights_need_no_judge_at_all(lite: Database, mode: str) -> None:
    scene = Scene(lite, mode)
    await scene.run()
    opened = scene.judge.opened
    heavier = tuple(replace(one, weight=3.0) for one in scene.first.spec.rubric.facets)
    await scene.again(rubric=replace(scene.first.spec.rubric, facets=heavier, fingerprint="3" * 64))
    assert scene.about_answers() == []
    assert scene.judge.opened <= opened + 1, "loaded at most to be examined"


async def test_another_judge_prompt_has_everything_judged_again(lite: Database) -> None:
    scene = Scene(lite)
    await scene.run()
    other = replace(LIBRARY.judge_template("separate"), system="Be kind.", fingerprint="4" * 64)
    await scene.again(templates=(other,))
    assert len(scene.about_answers()) == 30


async def test_what_a_judging_would_take_is_said_before(lite: Database) -> None:
    scene = Scene(lite)
    await scene.run()
    spec = replace(scene.first.spec, rubric=scene.changed_rubric, source=scene.first.id)
    foreseen = await reading.foresee(spec, scene.first.id, scene.house)
    assert (foreseen.answers, foreseen.judge_calls) == (10, 10)
    assert (foreseen.verdicts_wanted, foreseen.verdicts_taken_over) == (30, 20)
    assert foreseen.qualification_calls > 0, "another rubric is another examination"
    assert foreseen.judge_calls_at_most == 10
    more = replace(spec, judges=(replace(spec.judges[0], max_samples=3),))
    sampled = await reading.foresee(more, scene.first.id, scene.house)
    # Ten answers with three facets, one by one: thirty questions a sample.
    assert (sampled.judge_calls, sampled.judge_calls_at_most) == (10, 10 + 2 * 30)


async def test_a_judge_of_unknown_version_shares_verdicts_with_judgings_of_the_same_answers_only(
    lite: Database,
) -> None:
    scene = Scene(lite, version=None)
    await scene.run()
    await scene.again()
    assert scene.about_answers() == []
    # The same question to the same name, in an evaluation that asked for its own answers: it may be another model now.
    fresh = replace(scene.first, id=new_id())
    await evaluations.add(lite, fresh)
    await pipeline.run(fresh.id, scene.house)
    assert len(scene.about_answers()) == 30


async def test_a_judge_of_known_version_is_not_asked_twice_by_any_two_evaluations(lite: Database) -> None:
    scene = Scene(lite)
    await scene.run()
    fresh = replace(scene.first, id=new_id())
    await evaluations.add(lite, fresh)
    scene.judge.asked.clear()
    await pipeline.run(fresh.id, scene.house)
    assert scene.judge.asked == []
    assert len(await verdicts.kept_keys(lite, fresh.id)) == 30


async def test_a_judging_outlives_the_evaluation_whose_answers_it_took(database: Database) -> None:
    scene = Scene(database)
    await scene.run()
    second = await scene.again(rubric=scene.changed_rubric)
    await evaluations.set_status(
        database, scene.first.id, Status.SUCCEEDED, only_from=frozenset({Status.RUNNING})
    )
    await evaluations.delete(database, scene.first.id)
    found = await pipeline.find(second, scene.house)
    assert found.progress.answers_kept == 10
    assert found.progress.verdicts_kept == 30
    assert len([load for load in found.loads if load.role == "candidate"]) == 2


async def compared(scene: Scene, second: Evaluation) -> JudgingComparison:
    now, before = [await pipeline.find(one, scene.house) for one in (second, scene.first)]
    ours, theirs = [await reading.answers_of(one, scene.house, limit=1000) for one in (second, scene.first)]
    return await asyncio.to_thread(compare_judgings, now, before, ours, theirs)


async def test_two_judgings_are_compared_facet_by_facet(lite: Database) -> None:
    scene = Scene(lite)
    await scene.run()
    second = await scene.again(rubric=scene.changed_rubric)
    told = await compared(scene, second)
    assert told.answers == 10
    by_name = {one.facet: one for one in told.facets}
    # Taken over, so equal; a coefficient needs that they vary, which ten hashes do.
    for name in ("accuracy", "length"):
        assert by_name[name].same_words
        assert by_name[name].difference.value == 0
        assert by_name[name].alpha.value == pytest.approx(1)
    assert not by_name["style"].same_words
    assert by_name["style"].answers == 10
    assert by_name["style"].same.value is not None
    assert by_name["style"].same.value < 1
    assert told.changed == (f"rubric: r {'1' * 12} became r {'2' * 12}",)


async def test_judgings_of_different_answers_are_not_compared(lite: Database) -> None:
    scene = Scene(lite)
    done = replace(scene.first, status=Status.SUCCEEDED)
    with pytest.raises(Invalid, match="another judging of the same answers"):
        may_compare_judgings(done, replace(done, id=new_id()))
    with pytest.raises(Invalid, match="another judging"):
        may_compare_judgings(done, done)
