"""Several grades of one answer: all of them where that is asked for, more only where they decide, none of them twice."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import pytest_asyncio

from service import pipeline
from service.domain.models import Judge, Model
from service.domain.selection import Criterion
from service.domain.verdicts import FacetStanding, Probe, Qualification
from service.gathering import seat_of
from service.judge import examination, qualification_key
from service.measure.answers import new_id
from service.store import judgings, progress, qualifications, verdicts
from service.store.database import close, migrate, open_database
from tests.conftest import Databases
from tests.scripted_server import BEHAVIOURS, DONE, ScriptedServer, Wire, delta
from tests.test_judging_over_http import FACETS, LIBRARY, Scene, evaluation, figures, fill, number_of, shown

NAMES = ("one", "two", "out")
PROMPTS = 20


@dataclass
class NoisyJudge:
    """Gives the answers of `out` the lowest grade, others 3 or 4, and where it is drawn and the answer is odd perhaps one more."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    async def __call__(self, wire: Wire) -> None:
        body = wire.asked.body
        number = number_of(shown(wire))
        self.asked.append({"number": number, "temperature": body["temperature"], "seed": body["seed"]})
        await asyncio.sleep(self.seconds)
        level = Random(number).choice([3, 4]) if number <= 2 * PROMPTS else 1
        if level > 1 and number % 2 and body["temperature"] > 0:
            level += Random(body["seed"] + number).randint(0, 1)
        said = json.dumps({"rationale": "so it is", **dict.fromkeys(FACETS, level)})
        await wire.begin()
        await wire.piece(delta(content=said) + delta("stop") + DONE)
        await wire.end()


@dataclass
class Samples:
    """A scene whose judge may grade an answer more than once, and is examined already."""

    scene: Scene
    noisy: NoisyJudge

    async def with_judge(self, *, repeat: int = 20, **settings: Any) -> Scene:
        made = self.scene.evaluation
        judge = replace(made.spec.judges[0], **settings)
        again = replace(made, id=new_id(), spec=replace(made.spec, judges=(judge,)))
        await fill(self.scene.database, again)
        await self._qualify(again, repeat)
        return replace(self.scene, evaluation=again)

    async def _qualify(self, again: Any, repeat: int) -> None:
        spec = again.spec
        seat = seat_of(spec, spec.judges[0])
        examined = examination(spec.prompt_set.prompts, spec.rubric, seat, LIBRARY.injections())
        probes = (Probe(name="repeat", tried=20, held=repeat),)
        found = Qualification(
            key=qualification_key(examined, seat, spec.seed),
            judge="judge",
            asked=100,
            valid=100,
            spread=5,
            facets=tuple(
                FacetStanding(facet=name, standing="qualified", reason="scripted", probes=probes)
                for name in FACETS
            ),
            created_at=again.created_at,
        )
        await qualifications.keep(self.scene.database, found, anew=True)


@pytest_asyncio.fixture
async def samples(
    sqlite: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Samples]:
    url = sqlite.new()
    migrate(url)
    database = open_database(url)
    made = evaluation(deadline=10.0)
    candidates = tuple(replace(made.spec.candidates[0], name=name, model=name) for name in NAMES)
    models = (*made.spec.models, Model(name="out", source="directory", path="/nowhere", licence="MIT"))
    quality = (Criterion(name="quality", weight=1.0, zero=1, full=5),)
    profile = replace(made.spec.profile, criteria=quality)
    prompts = replace(made.spec.prompt_set, prompts=made.spec.prompt_set.prompts[:PROMPTS])
    made = replace(
        made,
        spec=replace(made.spec, candidates=candidates, models=models, profile=profile, prompt_set=prompts),
    )
    noisy = NoisyJudge()
    monkeypatch.setitem(BEHAVIOURS, "the-judge", noisy)
    with ScriptedServer() as server:
        yield Samples(Scene(database, server.url, tmp_path, made, noisy), noisy)  # type: ignore[arg-type]
    await close(database)


async def test_every_answer_gets_the_samples_asked_for_and_their_mean_is_the_score(samples: Samples) -> None:
    scene = await samples.with_judge(samples=3)
    found = await scene.run()
    asked = samples.noisy.asked
    assert len(asked) == 3 * 3 * PROMPTS
    assert Counter(one["temperature"] for one in asked) == {0: 3 * PROMPTS, 0.5: 6 * PROMPTS}
    seeds: dict[int, set[int]] = {}
    for one in asked:
        seeds.setdefault(one["number"], set()).add(one["seed"])
    assert {len(own) for own in seeds.values()} == {3}, "each sample has a seed of its own"
    assert found.progress.verdicts_wanted == found.progress.verdicts_kept == 3 * 3 * PROMPTS * 2
    item = next(one for one in found.samples if len(set(one.distribution["accuracy"]["judge"])) > 2)
    levels = item.distribution["accuracy"]["judge"]
    assert sum(levels) == 3
    mean = sum(level * count for level, count in enumerate(levels, start=1)) / 3
    assert item.scores["accuracy"] == pytest.approx(mean), "unrounded"
    assert {(one.wanted, one.scored, one.samples) for one in found.outcomes} == {
        (PROMPTS, PROMPTS, 3 * PROMPTS)
    }


async def test_more_samples_go_only_to_who_is_in_play_and_what_is_in_doubt(samples: Samples) -> None:
    scene = await samples.with_judge(samples=1, max_samples=3)
    found = await scene.run()
    first = [one for one in samples.noisy.asked if one["temperature"] == 0]
    drawn = Counter(one["number"] for one in samples.noisy.asked if one["temperature"] > 0)
    assert len(first) == 3 * PROMPTS
    # `out` is two points below the others on every prompt: it gets none.
    assert max(drawn) <= 2 * PROMPTS
    # Nobody knows of a single greedy grade whether it is on the edge: each gets a second one.
    assert set(drawn) == set(range(1, 2 * PROMPTS + 1))
    # A third only where the first two differ: on even answers they never do, on odd ones where one more was drawn.
    thirds = {number for number, times in drawn.items() if times == 2}
    assert thirds
    assert all(number % 2 for number in thirds)
    assert max(drawn.values()) == 2
    kept = {one.key: one for one in await verdicts.all_of(scene.database, scene.evaluation.id)}
    assert found.progress.verdicts_wanted == found.progress.verdicts_kept == len(kept)
    assert len(kept) == 2 * (3 * PROMPTS + sum(drawn.values()))
    assert len([load for load in found.loads if load.role == "judge"]) == 1, "the judge is loaded once"


@pytest.mark.slow
async def test_a_judge_that_does_not_repeat_itself_is_asked_for_all_of_them(samples: Samples) -> None:
    scene = await samples.with_judge(repeat=12, samples=1, max_samples=3)
    await scene.run()
    drawn = Counter(one["number"] for one in samples.noisy.asked if one["temperature"] > 0)
    assert set(drawn.values()) == {2}, "12 of 20 repeated: every score of who is in play is in doubt"


@pytest.mark.slow
async def test_a_judge_that_may_not_decide_gets_no_more_samples(samples: Samples) -> None:
    scene = await samples.with_judge(samples=1, max_samples=3)
    spec = scene.evaluation.spec
    # Another seed is another examination of a judge that draws: this one was never held, and there is nothing to hold.
    warm = replace(spec, judges=(replace(spec.judges[0], temperature=0.7),))
    again = replace(scene.evaluation, id=new_id(), spec=warm)
    await fill(scene.database, again)
    await replace(scene, evaluation=again).run()
    assert len(samples.noisy.asked) == 3 * PROMPTS


@pytest.mark.slow
async def test_after_an_interruption_in_a_later_round_nothing_is_repeated_and_the_report_is_the_same(
    samples: Samples,
) -> None:
    scene = await samples.with_judge(samples=1, max_samples=4)
    samples.noisy.seconds = 0.02
    task = asyncio.create_task(pipeline.run(scene.evaluation.id, scene.house()))
    first = 2 * 3 * PROMPTS
    while len(await verdicts.kept_keys(scene.database, scene.evaluation.id)) < first + 40:
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    samples.noisy.seconds = 0.0
    found = await scene.run()
    asked = len(samples.noisy.asked)
    kept = len(await verdicts.kept_keys(scene.database, scene.evaluation.id))
    assert 2 * asked <= kept + 2 * 8, "at most the calls in flight were asked again"
    await scene.run()
    assert len(samples.noisy.asked) == asked, "once it is over nothing is asked"
    counted = await progress.count(scene.database, scene.evaluation.id)
    assert counted.verdicts_wanted == counted.verdicts == kept
    whole = await samples.with_judge(samples=1, max_samples=4)
    assert figures(found) == figures(await whole.run())


@pytest.mark.slow
async def test_a_judging_with_more_samples_takes_the_first_ones_over(samples: Samples) -> None:
    scene = await samples.with_judge(samples=2)
    await scene.run()
    before = len(samples.noisy.asked)
    spec = scene.evaluation.spec
    judge: Judge = replace(spec.judges[0], samples=3)
    again = replace(
        scene.evaluation, id=new_id(), spec=replace(spec, judges=(judge,), source=scene.evaluation.id)
    )
    await judgings.add(scene.database, again, scene.evaluation.id)
    await replace(scene, evaluation=again).run()
    assert len(samples.noisy.asked) - before == 3 * PROMPTS, "only the third samples are asked for"
