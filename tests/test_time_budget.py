"""A time budget ends an evaluation in time: what was not reached is said, and is neither failure nor given up."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from service import accounting, moving, pipeline, planning, telling
from service.accounting import Sought
from service.domain.asking import Question
from service.domain.evaluations import Status
from service.domain.paces import Pace, Role
from service.errors import ServiceError
from service.progressing import progress_of
from service.report.document import document
from service.report.markdown import markdown
from service.store import attempts, evaluations, looks, progress, responses
from service.store.archives import put, take
from service.store.database import Database, close, migrate, open_database
from tests.conftest import Databases
from tests.test_stopping_early import Scene, answer, grade

PROMPTS = 6
ROUNDS = 2
EACH = PROMPTS * ROUNDS


class Clock:
    """Seconds that pass only while a model answers."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Timed(Scene):
    """Candidates that take `pace` seconds an answer and judges that take a second a verdict, on a clock of their own."""

    def __init__(
        self, database: Database, paces: dict[str, float], budget: float | None, judges: int = 1
    ) -> None:
        super().__init__(database, *paces, judges=judges, prompts=PROMPTS)
        self.clock = Clock()
        for name, session in self.candidates.items():
            session.says = self._slow(lambda question, name=name: answer(name, question), paces[name])
        for session in self.judges.values():
            session.says = self._slow(grade, 1.0)
        models = tuple(replace(model, version=None) for model in self.first.spec.models)
        spec = replace(
            self.first.spec, rounds=ROUNDS, stop_when=None, time_budget=budget, warmup=0, models=models
        )
        self.first = replace(self.first, spec=spec)

    def _slow(self, says: Any, seconds: float) -> Any:
        def slowly(question: Question) -> Any:
            self.clock.now += seconds
            return says(question)

        return slowly

    async def answers_of(self, candidate: str) -> list[tuple[str, int]]:
        kept = await responses.all_of(self.database, self.first.id)
        ordered = sorted(kept, key=lambda one: (one.load, one.order))
        return [
            (one.slot.prompt, one.slot.round_number) for one in ordered if one.slot.candidate == candidate
        ]


@pytest_asyncio.fixture
async def lite(sqlite: Databases) -> AsyncIterator[Database]:
    url = sqlite.new()
    migrate(url)
    opened = open_database(url)
    yield opened
    await close(opened)


def timed(monkeypatch: Any, *arguments: Any, **more: Any) -> Timed:
    scene = Timed(*arguments, **more)
    real = telling.Teller

    def teller(*given: Any, **named: Any) -> telling.Teller:
        return real(*given, **named, clock=scene.clock)

    monkeypatch.setattr(telling, "Teller", teller)
    return scene


async def test_each_candidate_gets_its_share_and_first_rounds_come_first(
    lite: Database, monkeypatch: Any
) -> None:
    # 60 s: 40 for measuring, 20 each. The cold request counts too: "good" asks at 0 (cold), 2, 4 … 18, that is 9 answers;
    # "poor" begins at 20, takes 5 s (cold), and asks at 25, 30, 35: 3 answers.
    scene = timed(monkeypatch, lite, {"good": 2.0, "poor": 5.0}, 60.0)
    found = await scene.run()
    good, poor = await scene.answers_of("good"), await scene.answers_of("poor")
    assert (len(good), len(poor)) == (9, 3)
    assert {number for _, number in good[:PROMPTS]} == {1}
    assert len({prompt for prompt, _ in good[:PROMPTS]}) == PROMPTS
    assert good[: len(poor)] == poor, "both met the same prompts in the same order"
    now = found.progress
    assert now.not_reached == (("good", 3), ("poor", 9))
    assert (now.answers_kept, now.answers_failed, now.stage) == (12, 0, "done")
    words = "not reached within the time budget of 60 s: 3 of 12 answers of good, 9 of 12 answers of poor"
    assert now.shortfalls == (words,)
    assert words in found.ranking.recommendation.cautions
    assert words in markdown(found).replace("\\", "")
    assert document(found)["progress"]["shortfalls"] == [words]
    assert [one.failed for one in found.scores] == [0, 0]
    assert await attempts.all_of(lite, scene.first.id) == ()
    assert {one.not_reached for one in found.outcomes} == {0}, "the judge was in time"
    assert scene.clock.now <= 60.0


async def test_judges_stop_at_the_end_and_what_they_did_not_reach_is_counted_apart(
    lite: Database, monkeypatch: Any
) -> None:
    # Measuring takes 2 x (1 cold + 12) x 0.4 = 10.4 s. Equal answers are judged once: 2 x 6 calls of a second are called
    # for, begun at 10.4, 11.4 … until 18 is over, two in flight.
    scene = timed(monkeypatch, lite, {"good": 0.4, "poor": 0.4}, 18.0)
    found = await scene.run()
    now = found.progress
    kept = now.verdicts_kept
    assert 0 < kept < 12
    assert scene.asked() == kept
    assert 18.0 <= scene.clock.now < 20.0, "what was in flight ended"
    words = f"not reached within the time budget of 18 s: {12 - kept} of 12 verdicts"
    assert now.shortfalls == (words,)
    assert now.not_reached == ()
    assert (now.verdicts_wanted, now.verdicts_failed) == (kept, 0)
    assert words in found.ranking.recommendation.cautions
    # Both rounds of a prompt had the same answer and share their verdict.
    assert sum(one.scored for one in found.outcomes) == 2 * kept
    assert sum(one.not_reached for one in found.outcomes) == 2 * (12 - kept)
    assert {one.judge_failed for one in found.outcomes} == {0}
    assert all(one.coverage < 1 for one in found.outcomes)
    assert "not reached" in markdown(found)
    done = replace(scene.first, status=Status.SUCCEEDED)
    told, _ = await accounting.told_verdicts(done, lite, Sought(outcome="not_reached"))
    assert len(told) == 2 * (12 - kept)


@pytest.mark.slow
async def test_what_fits_is_done_in_full_and_nothing_is_said(lite: Database, monkeypatch: Any) -> None:
    scene = timed(monkeypatch, lite, {"good": 0.4, "poor": 0.4}, 600.0)
    found = await scene.run()
    now = found.progress
    assert (now.answers_kept, now.verdicts_kept, now.verdicts_wanted) == (2 * EACH, 12, 12)
    assert (now.shortfalls, now.not_reached) == ((), ())
    assert not any("budget" in one for one in found.ranking.recommendation.cautions)
    assert await looks.all_of(lite, scene.first.id) == ()


@pytest.mark.slow
async def test_several_judges_share_what_is_left(lite: Database, monkeypatch: Any) -> None:
    # 10.4 s of measuring, and 7.6 s left: 3.8 for the first judge, the rest for the second.
    scene = timed(monkeypatch, lite, {"good": 0.4, "poor": 0.4}, 18.0, judges=2)
    await scene.run()
    first, second = (len(judge.asked) for judge in scene.judges.values())
    assert 4 <= first <= 5
    assert 3 <= second <= 5


async def test_a_budget_too_short_for_any_answer_says_to_raise_it(lite: Database, monkeypatch: Any) -> None:
    scene = timed(monkeypatch, lite, {"good": 5.0}, 3.0)
    with pytest.raises(ServiceError, match="raise time_budget"):
        await scene.run()
    assert len(scene.candidates["good"].asked) == 1, "the cold request was in flight"


async def test_an_interrupted_run_goes_on_with_the_time_it_has_left(lite: Database, monkeypatch: Any) -> None:
    scene = timed(monkeypatch, lite, {"good": 2.0, "poor": 2.0}, 30.0)
    await scene.know_judges()
    await evaluations.add(lite, scene.first)
    # 14 of 30 seconds were worked by a process that was killed, and 20 are for measuring. "good" has 3 of the 6 left: it
    # begins its cold request at 14 and one answer at 16; "poor" begins at 18 and has 2 of them, which its cold request takes.
    await evaluations.spend(lite, scene.first.id, 14.0)
    await pipeline.run(scene.first.id, scene.house)
    assert [len(one.asked) for one in scene.candidates.values()] == [2, 1]


@pytest.mark.slow
async def test_after_measuring_an_interrupted_run_measures_no_more(lite: Database, monkeypatch: Any) -> None:
    scene = timed(monkeypatch, lite, {"good": 2.0, "poor": 5.0}, 60.0)
    found = await scene.run()
    asked = {name: len(one.asked) for name, one in scene.candidates.items()}
    await pipeline.run(scene.first.id, scene.house)
    assert {name: len(one.asked) for name, one in scene.candidates.items()} == asked
    assert document(await scene.found(scene.first)) == document(found)
    assert found.progress.not_reached


async def test_a_retry_has_the_whole_time_again_and_reaches_the_rest(
    lite: Database, monkeypatch: Any
) -> None:
    scene = timed(monkeypatch, lite, {"good": 0.4, "poor": 0.4}, 18.0)
    found = await scene.run()
    before = scene.asked()
    assert found.progress.shortfalls
    assert [one.decision for one in await looks.all_of(lite, scene.first.id)] == ["out_of_time"]
    await evaluations.set_status(
        lite, scene.first.id, Status.SUCCEEDED, only_from=frozenset({Status.RUNNING})
    )
    await evaluations.begin_attempt(lite, scene.first.id)
    assert await looks.all_of(lite, scene.first.id) == ()
    await pipeline.run(scene.first.id, scene.house)
    again = await scene.found(scene.first)
    assert again.progress.shortfalls == ()
    assert scene.asked() == 12 > before, "nothing was asked twice"


@pytest.mark.slow
async def test_while_judges_work_what_was_not_answered_is_said_already(
    lite: Database, monkeypatch: Any
) -> None:
    scene = timed(monkeypatch, lite, {"good": 2.0, "poor": 5.0}, 60.0)
    await scene.run()
    counts = await progress.count(lite, scene.first.id)
    now = progress_of(replace(scene.first, status=Status.RUNNING), counts)
    assert (now.stage, now.not_reached) == ("judging", (("good", 3), ("poor", 9)))


@pytest.mark.slow
async def test_elsewhere_it_is_the_same(lite: Database, sqlite: Databases, monkeypatch: Any) -> None:
    scene = timed(monkeypatch, lite, {"good": 1.0, "poor": 3.0}, 21.0)
    await scene.run()
    await evaluations.set_status(
        lite, scene.first.id, Status.SUCCEEDED, only_from=frozenset({Status.RUNNING})
    )
    here = await pipeline.find(await evaluations.get(lite, scene.first.id), scene.house)
    (said,) = here.progress.shortfalls
    assert "answers of poor" in said
    assert said.endswith(" verdicts")
    packed = moving.pack(await take(lite, scene.first.id))
    url = sqlite.new()
    migrate(url)
    there = open_database(url)
    try:
        archive = moving.unpack(packed)
        assert moving.pack(archive) == packed
        assert archive.evaluation.spec.time_budget == 21.0
        await put(there, archive)
        moved = await pipeline.find(archive.evaluation, replace(scene.house, database=there))
        assert document(moved) == document(here)
    finally:
        await close(there)


def pace(role: Role, model: str, seconds: float) -> Pace:
    return Pace(
        role=role,
        model=model,
        device="local",
        version=None,
        calls=9,
        seconds_per_call=seconds,
        load_seconds=1.0,
    )


def test_a_plan_that_does_not_fit_says_so() -> None:
    spec = Timed(None, {"good": 1.0, "poor": 1.0}, 60.0).first.spec  # type: ignore[arg-type]
    known: tuple[tuple[Role, str], ...] = (("candidate", "good"), ("candidate", "poor"), ("judge", "judge-0"))
    paces = {(role, name): pace(role, name, 2.0) for role, name in known}
    # 24 answers and 24 verdicts of 2 s, and three loads.
    (caution,) = planning.plan(spec, paces=paces, unexamined=frozenset()).cautions
    assert caution.startswith(
        "It is expected to take 99 s and the time budget is 60 s: not everything will be"
    )
    enough = replace(spec, time_budget=100.0)
    assert planning.plan(enough, paces=paces, unexamined=frozenset()).cautions == ()
    assert planning.plan(spec).cautions == (), "of unknown speed"


async def test_what_is_left_is_never_more_than_the_budget(lite: Database, monkeypatch: Any) -> None:
    scene = timed(monkeypatch, lite, {"good": 1.0}, 30.0)
    known: tuple[tuple[Role, str], ...] = (("candidate", "good"), ("judge", "judge-0"))
    paces = {(role, name): pace(role, name, 60.0) for role, name in known}
    await evaluations.add(lite, scene.first)
    teller = telling.Teller(scene.first, lite, before=12.0, paces=paces)
    said = await asyncio.to_thread(teller.say, progress.Counts())
    assert said.progress is not None
    assert said.progress.seconds_left == 18.0
