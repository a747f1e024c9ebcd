"""All five steps on the built-in models and on scripted ones, with a real database."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service import pipeline, planning, reading, resources
from service.domain.asking import Session
from service.domain.evaluations import Evaluation, Spec, Status
from service.domain.failures import FailureKind
from service.domain.models import Candidate, Judge, Model
from service.domain.rubrics import Facet
from service.errors import ServiceError
from service.keeping import House
from service.library import Folders, Library
from service.measure.answers import new_id
from service.models.opening import open_runner
from service.models.runner import Limits
from service.models.shelf import Shelf
from service.report.document import document
from service.store import attempts, evaluations, loads, responses, verdicts
from service.store.database import Database, close, migrate, open_database
from tests import samples
from tests.conftest import Databases

SCRIPT = Path(__file__).parent / "scripted_runner.py"
LIBRARY = Library(Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts")))


def house(database: Database, scratch: Path) -> House:
    """Built-in models run for real; a model of the source ``directory`` is scripted."""

    @asynccontextmanager
    async def open_session(model: Model) -> AsyncIterator[Session]:
        opened = (
            open_runner(model, scratch=scratch)
            if model.source == "builtin"
            else open_runner(
                model,
                scratch=scratch,
                command=(sys.executable, str(SCRIPT)),
                limits=Limits(start=10, load=5, grace=0.3),
            )
        )
        async with opened as runner:
            yield runner

    return House(database=database, library=LIBRARY, open_session=open_session)


def tiny(*names: str, prompts: int = 8, rounds: int = 1, judged: bool = True) -> Evaluation:
    """An evaluation of built-in models on the first prompts of their set."""
    shelf = Shelf(
        builtin=resources.builtin_models_folder(), own=(), catalog_file=Path("/nowhere/catalog.json")
    )
    whole = LIBRARY.prompt_set("tiny")
    spread = whole.prompts[:: max(1, len(whole.prompts) // prompts)][:prompts]
    return Evaluation(
        id=new_id(),
        name="test",
        spec=Spec(
            candidates=tuple(Candidate(name=name, model=name, max_tokens=64) for name in names),
            judges=(Judge(model="tiny-judge", template="tiny", max_tokens=64),) if judged else (),
            models=tuple(shelf.model(name) for name in (*names, "tiny-judge")),
            rubric=LIBRARY.rubric("tiny"),
            prompt_set=replace(whole, prompts=spread),
            profile=LIBRARY.profile("tiny"),
            use="commercial",
            templates=(LIBRARY.judge_template("tiny"),),
            rounds=rounds,
            warmup=0,
        ),
        status=Status.RUNNING,
        created_at=datetime.now(UTC),
    )


@pytest.mark.slow_on_postgresql
async def test_built_in_models_are_timed_judged_and_ranked(database: Database, tmp_path: Path) -> None:
    run = tiny("tiny-xs", "tiny-s", rounds=3)
    await evaluations.add(database, run)
    place = house(database, tmp_path)
    await pipeline.run(run.id, place)
    found = await pipeline.find(run, place)
    assert (found.progress.answers_kept, found.progress.answers_failed) == (48, 0)
    assert found.progress.verdicts_kept == found.progress.verdicts_wanted > 0
    assert len(found.loads) == 3, "one load a candidate and one for the judge"
    (examined,) = found.qualifications
    assert examined.judge == "tiny-judge"
    assert {standing.facet for standing in examined.facets} == {
        "accuracy",
        "completeness",
        "relevance",
        "clarity",
    }
    assert sum(one.scored + one.checked for one in found.outcomes) == sum(
        one.wanted for one in found.outcomes
    )
    assert {one.facet for one in found.bias} <= {standing.facet for standing in examined.facets}
    assert {one.family.reason for one in found.bias} == {"no candidate is known to be of its family"}
    for scores in found.scores:
        assert scores.quality.value is not None
        assert scores.latency.mean.value is not None
        assert scores.memory.value is not None
        assert scores.memory_peak.value is not None
        assert scores.disk.value is not None
    assert [ranked.rank for ranked in found.ranking.candidates] == [1, 2]
    assert found.ranking.recommendation.decision in {"model", "tie"}
    assert [item.candidate for item in found.samples] == ["tiny-xs", "tiny-s"] * 3


@pytest.mark.slow_on_postgresql
async def test_running_again_asks_nothing_again_and_finds_the_same(
    database: Database, tmp_path: Path
) -> None:
    run = tiny("tiny-xs", prompts=6)
    await evaluations.add(database, run)
    place = house(database, tmp_path)
    await pipeline.run(run.id, place)
    before = document(await pipeline.find(run, place))

    async def never(model: Model) -> Session:
        raise AssertionError(f"{model.name} was opened again")

    await pipeline.run(run.id, replace(place, open_session=never))  # type: ignore[arg-type]
    assert document(await pipeline.find(run, place)) == before


@pytest.mark.slow_on_postgresql
async def test_an_interrupted_run_goes_on_where_it_was(database: Database, tmp_path: Path) -> None:
    # Long enough that a slow look at the database still finds it at work.
    run = tiny("tiny-xs", "tiny-s", prompts=8, rounds=12)
    await evaluations.add(database, run)
    place = house(database, tmp_path)
    task = asyncio.create_task(pipeline.run(run.id, place))
    while len(await responses.kept_slots(database, run.id)) < 5:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    kept = {response.slot: response for response in await responses.all_of(database, run.id)}
    assert 5 <= len(kept) < 192
    await pipeline.run(run.id, place)
    after = {response.slot: response for response in await responses.all_of(database, run.id)}
    assert len(after) == 192
    assert {slot: after[slot] for slot in kept} == kept
    first = [load for load in await loads.all_of(database, run.id) if load.name == "tiny-xs"]
    assert len(first) == 2, "loaded again, and the report says so"


async def test_a_candidate_that_fails_is_marked_and_the_others_are_ranked(
    database: Database, tmp_path: Path
) -> None:
    run = replace(samples.evaluation("echo", "dies-on-load", rounds=1), id=new_id())
    await evaluations.add(database, run)
    place = house(database, tmp_path)
    await pipeline.run(run.id, place)
    found = await pipeline.find(run, place)
    assert found.progress.answers_failed == 4
    assert {attempt.failure.kind for attempt in found.attempts} == {FailureKind.OUT_OF_MEMORY}
    ranks = {ranked.candidate: ranked.rank for ranked in found.ranking.candidates}
    assert ranks["dies-on-load"] is None
    scores = {scores.candidate: scores for scores in found.scores}
    assert scores["dies-on-load"].quality.value is None
    assert scores["dies-on-load"].failed == 4
    assert scores["echo"].quality.value == pytest.approx(5, abs=0.5), "checked against the reference"


async def test_when_nobody_answers_the_run_fails_and_says_why(database: Database, tmp_path: Path) -> None:
    run = replace(samples.evaluation("fails-on-load", rounds=1), id=new_id())
    await evaluations.add(database, run)
    with pytest.raises(ServiceError, match="no such file"):
        await pipeline.run(run.id, house(database, tmp_path))


async def test_a_judge_that_cannot_be_loaded_leaves_answers_unscored_and_nothing_recommended(
    database: Database, tmp_path: Path
) -> None:
    judged = Facet(
        name="style", question="Is it well said?", levels=samples.LEVELS, degraded_by=("off_topic",)
    )
    run = samples.evaluation(
        "echo",
        rounds=1,
        facets=samples.rubric(judged),
        judges=(Judge(model="dies-on-load", template="joint"),),
    )
    run = replace(run, id=new_id(), spec=replace(run.spec, templates=(LIBRARY.judge_template("joint"),)))
    await evaluations.add(database, run)
    place = house(database, tmp_path)
    await pipeline.run(run.id, place)
    found = await pipeline.find(run, place)
    assert found.ranking.recommendation.decision == "none"
    (scores,) = found.scores
    assert scores.quality.value is None
    assert (scores.facets[0].scored, scores.facets[0].expected) == (0, 4)
    assert {attempt.stage for attempt in found.attempts} == {"judge_load"}
    (outcomes,) = (await pipeline.find(replace(run, status=Status.SUCCEEDED), place)).outcomes
    assert (outcomes.wanted, outcomes.judge_failed, outcomes.coverage) == (4, 4, 0.0)


async def test_progress_and_answers_can_be_read_while_it_runs(database: Database, tmp_path: Path) -> None:
    run = replace(samples.evaluation("echo", rounds=2), id=new_id())
    await evaluations.add(database, run)
    place = house(database, tmp_path)
    start = await reading.follow(run, place)
    assert (start.answers_wanted, start.answers_kept, start.stage) == (8, 0, "queued")
    await pipeline.run(run.id, place)
    end = await reading.follow(run, place)
    assert (end.answers_kept, end.verdicts_kept) == (8, end.verdicts_wanted)
    page = await reading.answers_of(run, place, prompt="p2", limit=1)
    assert [(item.prompt, item.round_number, item.scores) for item in page] == [("p2", 1, {"accuracy": 5.0})]


def test_a_plan_counts_calls_and_loads_before_anything_runs() -> None:
    plan = planning.plan(tiny("tiny-xs", "tiny-s", prompts=8, rounds=3).spec)
    assert plan.candidate_calls == 2 * 8 * 3
    assert plan.judge_calls == 2 * 8 * 3
    assert plan.loads == 3
    assert plan.expected_seconds is None


def test_a_judge_that_is_asked_facet_by_facet_takes_a_call_for_each() -> None:
    spec = tiny("tiny-xs", "tiny-s", prompts=8, rounds=3).spec
    apart = replace(spec, judges=(replace(spec.judges[0], mode="separate"),))
    assert planning.plan(apart).judge_calls == 2 * 8 * 3 * 4


def test_further_samples_are_in_the_plan_as_what_there_is_at_most() -> None:
    spec = tiny("tiny-xs", "tiny-s", prompts=8, rounds=3).spec
    again = replace(spec, judges=(replace(spec.judges[0], samples=2, max_samples=5),))
    plan = planning.plan(again)
    assert (plan.judge_calls, plan.judge_calls_at_most) == (2 * 8 * 3 * 2, 2 * 8 * 3 * 5)


async def test_equal_answers_are_judged_once(database: Database, tmp_path: Path) -> None:
    run = replace(samples.evaluation("echo", "echo+slow", rounds=3), id=new_id())
    await evaluations.add(database, run)
    place = house(database, tmp_path)
    await pipeline.run(run.id, place)
    assert len(await responses.all_of(database, run.id)) == 2 * 4 * 3
    assert len(await verdicts.all_of(database, run.id)) == 4
    assert not await attempts.all_of(database, run.id)


@pytest.mark.slow
async def test_the_judge_puts_the_built_in_models_in_the_order_of_their_exact_matches(
    sqlite: Databases, tmp_path: Path
) -> None:
    url = sqlite.new()
    migrate(url)
    database = open_database(url)
    try:
        run = tiny("tiny-xs", "tiny-s", "tiny-m", "tiny-l", prompts=24)
        await evaluations.add(database, run)
        place = house(database, tmp_path)
        await pipeline.run(run.id, place)
        found = await pipeline.find(run, place)
        items = await reading.answers_of(run, place, limit=1000)
    finally:
        await close(database)
    exact = {
        scores.candidate: sum(
            item.answer == item.reference for item in items if item.candidate == scores.candidate
        )
        for scores in found.scores
    }
    quality = {scores.candidate: scores.quality.value or 0.0 for scores in found.scores}
    assert sum(exact.values()) > 0
    assert sorted(exact, key=exact.__getitem__) == sorted(quality, key=quality.__getitem__)
