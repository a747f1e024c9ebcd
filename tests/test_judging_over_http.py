"""Judges over real HTTP that fail as small ones do: what they said is found, what they did not say is no score, and it ends."""

import asyncio
import csv
import hashlib
import io
import json
import math
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio

from service import pipeline, reading, resources
from service.domain.endpoints import Endpoint
from service.domain.evaluations import Evaluation, Status
from service.domain.failures import FailureKind
from service.domain.findings import Findings
from service.domain.models import Judge, Mode, Model
from service.domain.responses import Load, Response, Slot, Timing
from service.domain.rubrics import Facet, Prompt, PromptSet
from service.gathering import work_of
from service.judge.work import contexts_again
from service.keeping import House
from service.library import Folders, Library
from service.measure.answers import new_id
from service.models.crowding import Crowding
from service.models.opening import open_runner
from service.report.document import document, item_record
from service.report.markdown import markdown
from service.report.page import html_page
from service.report.table import candidates_csv, item_columns, item_rows, rows_csv
from service.store import evaluations, judgings, loads, responses, verdicts
from service.store.database import Database, close, migrate, open_database
from tests import samples
from tests.conftest import Databases
from tests.judge.reply_kinds import ANSWERED, UNANSWERED
from tests.scripted_server import BEHAVIOURS, DONE, ScriptedServer, Wire, delta, sse

LIBRARY = Library(Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts")))
FACETS = ("accuracy", "clarity")
ANSWERS = 60


def shown(wire: Wire) -> str:
    """Return the question a judge was asked first, whatever came after it."""
    return str(next(one for one in wire.asked.body["messages"] if one["role"] == "user")["content"])


def scores_of(text: str) -> dict[str, int]:
    """The grades this judge means: they hang on the candidate's answer alone."""
    answer = re.search(r"answer number \d+", text)
    seed = hashlib.sha256((answer[0] if answer else text).encode()).digest()
    return {facet: 1 + seed[at] % 5 for at, facet in enumerate(FACETS)}


@dataclass
class HttpJudge:
    """What the judge behind HTTP does with its calls; `times` counts how often each question came."""

    reply: Callable[[str, int], tuple[str, str] | int | None]
    times: Counter[str] = field(default_factory=Counter)

    async def __call__(self, wire: Wire) -> None:
        text = shown(wire)
        self.times[text] += 1
        said = self.reply(text, self.times[text])
        if said is None:
            await asyncio.sleep(60)
        elif isinstance(said, int):
            await wire.whole(said, b'{"error": {"message": "scripted"}}')
        else:
            await wire.begin()
            await wire.piece(delta(content=said[0]) + delta(said[1]) + DONE)
            await wire.end()


def honest(text: str, _time: int) -> tuple[str, str]:
    return json.dumps({"rationale": "so it is", **scores_of(text)}), "stop"


def number_of(text: str) -> int:
    found = re.search(r"answer number (\d+)", text)
    return int(found[1]) if found else -1


@dataclass
class Scene:
    """An evaluation with stored answers and a judge behind HTTP."""

    database: Database
    url: str
    folder: Path
    evaluation: Evaluation
    judge: HttpJudge

    def house(self, concurrency: int = 8) -> House:
        endpoints = (Endpoint(name="box", url=self.url),)
        return House(
            database=self.database,
            library=LIBRARY,
            open_session=partial(open_runner, scratch=self.folder, endpoints=endpoints),
            crowding=Crowding(default=concurrency),
        )

    async def run(self) -> Findings:
        await pipeline.run(self.evaluation.id, self.house())
        return await pipeline.find(self.evaluation, self.house())

    async def wrong(self) -> list[object]:
        """Verdicts that are not what the judge meant."""
        found = await verdicts.all_of(self.database, self.evaluation.id)
        kept = {one.key: one for one in found}
        items = await responses.all_of(self.database, self.evaluation.id)
        work = work_of(self.evaluation.spec, items)
        texts = {item.slot: item.text for item in items}
        return [
            kept[place.key]
            for place in work.places
            if place.key in kept and kept[place.key].score != scores_of(texts[place.slot])[place.facet]
        ]


def evaluation(deadline: float, answers: int = ANSWERS) -> Evaluation:
    facets = tuple(Facet(name=name, question="Is it good?", levels=samples.LEVELS) for name in FACETS)
    prompts = tuple(Prompt(id=f"p{at:02d}", text=f"question {at}") for at in range(answers // 2))
    made = samples.evaluation(
        "one",
        "two",
        judges=[Judge(model="judge")],
        rounds=1,
        facets=samples.rubric(*facets),
        prompts=PromptSet(name="set", title="Set", prompts=prompts, fingerprint="q" * 64),
        deadline=deadline,
    )
    judge = Model(name="judge", source="endpoint", runner="http", endpoint="box", remote="the-judge")
    models = (*(model for model in made.spec.models if model.name != "judge"), judge)
    spec = replace(made.spec, models=models, templates=(LIBRARY.judge_template("joint"),))
    return replace(made, id=new_id(), spec=spec, status=Status.RUNNING)


async def fill(database: Database, made: Evaluation) -> None:
    await evaluations.add(database, made)
    number = 0
    for name in [candidate.name for candidate in made.spec.candidates]:
        load = Load(
            id=f"{made.id}-{name}",
            evaluation=made.id,
            role="candidate",
            name=name,
            pass_number=1,
            pid=1,
            model_id=name,
            device="cpu",
            runtime="none",
            seconds=0.1,
            started_at=made.created_at,
        )
        await loads.keep(database, load)
        for at, prompt in enumerate(made.spec.prompt_set.prompts):
            number += 1
            await responses.keep(
                database,
                Response(
                    evaluation=made.id,
                    slot=Slot(candidate=name, prompt=prompt.id, pass_number=1, round_number=1),
                    load=load.id,
                    text=f"answer number {number:03d}",
                    finish="stop",
                    timing=Timing(
                        first=1000, last=2000, end=3000, prompt_tokens=3, completion_tokens=3, chunks=1
                    ),
                    order=at,
                    created_at=made.created_at,
                ),
            )


@pytest_asyncio.fixture
async def scene(sqlite: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    url = sqlite.new()
    migrate(url)
    database = open_database(url)
    made = evaluation(deadline=3.0)
    await fill(database, made)
    judge = HttpJudge(honest)
    monkeypatch.setitem(BEHAVIOURS, "the-judge", judge)
    with ScriptedServer() as server:
        yield Scene(database, server.url, tmp_path, made, judge)
    await close(database)


async def test_an_honest_judge_over_http_has_every_verdict(scene: Scene) -> None:
    found = await scene.run()
    assert found.progress.verdicts_kept == 2 * ANSWERS
    assert await scene.wrong() == []


async def test_however_a_judge_puts_it_the_scores_are_found_and_none_is_wrong(scene: Scene) -> None:
    kinds = list(ANSWERED.values())

    def mixed(text: str, time: int) -> tuple[str, str]:
        random = Random(f"{text} {time}")
        return kinds[number_of(text) % len(kinds)](scores_of(text), random)

    scene.judge.reply = mixed
    found = await scene.run()
    assert found.progress.verdicts_kept >= 0.99 * 2 * ANSWERS
    assert await scene.wrong() == []


async def test_probabilities_come_through_the_runner_and_are_of_the_right_place(scene: Scene) -> None:
    kinds = list(ANSWERED.values())
    spec = scene.evaluation.spec
    models = tuple(
        replace(model, capabilities=("logprobs",)) if model.name == "judge" else model
        for model in spec.models
    )
    judges = (replace(spec.judges[0], scoring="expectation"),)
    again = replace(scene.evaluation, id=new_id(), spec=replace(spec, models=models, judges=judges))
    await fill(scene.database, again)
    ours = replace(scene, evaluation=again)

    async def with_probabilities(wire: Wire) -> None:
        """Reply as small judges do, a character or a few a token, each digit torn between itself and the level below."""
        assert (wire.asked.body["logprobs"], wire.asked.body["top_logprobs"]) == (True, 10)
        text = shown(wire)
        random = Random(text)
        said, finish = kinds[number_of(text) % len(kinds)](scores_of(text), random)
        await wire.begin()
        for piece in re.findall(r"\s?\d|[^\d]{1,7}(?=\s\d|\D|$)|\D", said):
            below = str(max(1, int(piece) - 1)) if piece.strip().isdigit() else "x"
            top = [{"token": piece, "logprob": math.log(0.6)}, {"token": below, "logprob": math.log(0.4)}]
            token = {"token": "?", "bytes": list(piece.encode()), "logprob": -0.5, "top_logprobs": top}
            choice = {"index": 0, "delta": {"content": piece}, "logprobs": {"content": [token]}}
            await wire.piece(sse({"choices": [choice]}))
        await wire.piece(delta(finish) + DONE)
        await wire.end()

    BEHAVIOURS["the-judge"] = with_probabilities
    found = await ours.run()
    assert found.progress.verdicts_kept >= 0.99 * 2 * ANSWERS
    assert await ours.wrong() == []
    rows = await verdicts.all_of(scene.database, again.id)
    told = [one for one in rows if one.expectation is not None]
    assert len(told) >= 0.9 * len(rows)
    for one in told:
        assert one.expectation == pytest.approx(max(1.0, 0.6 * one.score + 0.4 * (one.score - 1)))
    assert all(one.no_expectation for one in rows if one.expectation is None)
    item = next(one for one in found.samples if one.expectations["accuracy"]["judge"].value is not None)
    assert item.scores["accuracy"] == item.expectations["accuracy"]["judge"].value


async def test_what_is_no_answer_stays_unscored_with_its_kind_and_reply(scene: Scene) -> None:
    kinds = list(UNANSWERED.values())

    def nothing(text: str, time: int) -> tuple[str, str]:
        return kinds[number_of(text) % len(kinds)](scores_of(text), Random(f"{text} {time}"))

    scene.judge.reply = nothing
    found = await scene.run()
    assert found.progress.verdicts_kept == 0
    assert found.progress.verdicts_failed == 2 * ANSWERS
    failed = [one for one in found.attempts if one.stage == "verdict"]
    assert {one.failure.kind for one in failed} == {
        FailureKind.UNPARSABLE,
        FailureKind.TRUNCATED,
        FailureKind.REFUSED,
    }
    assert all(one.failure.raw for one in failed if one.failure.kind is not FailureKind.TRUNCATED)
    counts = [
        (one.scored, one.unparsable + one.truncated + one.refused, one.coverage) for one in found.outcomes
    ]
    assert counts == [(0, ANSWERS // 2, 0.0)] * 4, "two candidates on two facets"
    assert all(one.unparsable and one.truncated and one.refused for one in found.outcomes)
    assert [scores.quality.value for scores in found.scores] == [None, None]
    assert found.ranking.recommendation.candidate is None


async def test_a_tenth_of_passing_500s_loses_nothing(scene: Scene) -> None:
    def hiccup(text: str, time: int) -> tuple[str, str] | int:
        return 500 if number_of(text) % 10 == 0 and time == 1 else honest(text, time)

    scene.judge.reply = hiccup
    found = await scene.run()
    assert found.progress.verdicts_kept == 2 * ANSWERS
    assert found.attempts == ()


def prose(text: str, time: int) -> tuple[str, str]:
    del text, time
    return "It reads well and leaves little to be desired.", "stop"


def passing(text: str, time: int) -> tuple[str, str] | int:
    return 500 if number_of(text) % 10 == 0 and time == 1 else honest(text, time)


def lasting(text: str, time: int) -> tuple[str, str] | int:
    return 500 if number_of(text) % 10 == 0 else honest(text, time)


def ill(text: str, time: int) -> tuple[str, str] | int | None:
    return None if number_of(text) == 7 else lasting(text, time)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("misbehaves", "lost"),
    [
        (prose, {FailureKind.UNPARSABLE: 2 * ANSWERS}),
        (passing, {}),
        (ill, {FailureKind.UPSTREAM: 2 * ANSWERS // 10, FailureKind.TIMED_OUT: 2}),
    ],
)
async def test_a_judge_that_misbehaves_ends_within_twice_the_undisturbed_time_and_the_limit(
    scene: Scene, misbehaves: Callable[[str, int], tuple[str, str] | int | None], lost: dict[FailureKind, int]
) -> None:
    # 60 calls of 0.2 s, eight at a time, and the start of a process; the limit of a call is 3 s.
    async def slowly(wire: Wire) -> None:
        await asyncio.sleep(0.2)
        await scene.judge(wire)

    BEHAVIOURS["the-judge"] = slowly
    begin = time.monotonic()
    await scene.run()
    undisturbed = time.monotonic() - begin
    again = replace(scene.evaluation, id=new_id())
    await fill(scene.database, again)
    ill_scene = replace(scene, evaluation=again)
    scene.judge.reply = misbehaves
    scene.judge.times.clear()
    begin = time.monotonic()
    found = await ill_scene.run()
    assert time.monotonic() - begin <= 2 * undisturbed + scene.evaluation.spec.deadline
    assert max(count for text, count in scene.judge.times.items() if number_of(text) == 7) <= 2
    gone = sum(lost.values())
    assert (found.progress.verdicts_kept, found.progress.verdicts_failed) == (2 * ANSWERS - gone, gone)
    assert await ill_scene.wrong() == []
    assert Counter(one.failure.kind for one in found.attempts if one.given_up) == lost
    columns = {
        FailureKind.UNPARSABLE: "unparsable",
        FailureKind.UPSTREAM: "judge_failed",
        FailureKind.TIMED_OUT: "timed_out",
    }
    for kind, column in columns.items():
        assert sum(getattr(one, column) for one in found.outcomes) == lost.get(kind, 0)
    assert sum(one.scored for one in found.outcomes) == 2 * ANSWERS - gone
    await shows_no_score_for_what_is_missing(ill_scene, found, gone)


async def shows_no_score_for_what_is_missing(scene: Scene, found: Findings, gone: int) -> None:
    """No format, nor the ranking, has a number or a word where a verdict is missing."""
    items = await reading.answers_of(scene.evaluation, scene.house(), limit=1000)
    absent = [(item, facet) for item in items for facet in FACETS if facet not in item.scores]
    assert len(absent) == gone
    assert all(facet not in record["scores"] for item, facet in absent for record in (item_record(item),))
    header, rows = item_columns(FACETS), item_rows(items, FACETS)
    shown = [at for at, name in enumerate(header) if name.startswith(("score_", "by_"))]
    empty = [row[at] is None for row in rows for at in shown]
    assert sum(empty) == 2 * gone, "neither a score nor who gave it"
    assert rows_csv(rows).count(",,") >= bool(gone)
    for scores in found.scores:
        for facet in scores.facets:
            assert sum(one is not None for one in facet.by_prompt) == facet.scored
            assert facet.estimate.value is None or 1 <= facet.estimate.value <= 5
    if gone == 2 * ANSWERS:
        assert [one["measured"]["quality"]["estimate"]["value"] for one in document(found)["candidates"]] == [
            None,
            None,
        ]
        assert all(line.rank is None and line.score.value is None for line in found.ranking.candidates)
        for row in csv.DictReader(io.StringIO(candidates_csv(found))):
            assert (row["quality"], row["score"], row["rank"]) == ("", "", "")
        assert "| – | one | – | – |" in markdown(found)
    assert all(facet not in item.by and facet not in item.votes for item, facet in absent)
    if gone:
        assert f"{2 * ANSWERS - gone} of {2 * ANSWERS} verdicts there" in markdown(found)
        assert "Missing" in html_page(found)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["joint", pytest.param("separate", marks=pytest.mark.nightly)])
async def test_a_thousand_answers_judged_again_with_one_facet_changed_are_asked_about_for_that_facet_only(
    scene: Scene, mode: Mode
) -> None:
    made = evaluation(3.0, 1000)
    spec = replace(
        made.spec,
        judges=(Judge(model="judge", mode=mode, template=mode),),
        templates=(LIBRARY.judge_template(mode),),
    )
    first = replace(made, spec=spec)
    await fill(scene.database, first)
    shown_facets: Counter[tuple[str, ...]] = Counter()

    def counting(text: str, time: int) -> tuple[str, str]:
        names = tuple(re.findall(r"^([a-z_]+): .*\n1 = ", text, re.MULTILINE))
        shown_facets[names] += 1
        scores = {name: score for name, score in scores_of(text).items() if name in names}
        return json.dumps({"rationale": f"heard {time}", **scores}), "stop"

    scene.judge.reply = counting
    await replace(scene, evaluation=first).run()
    both = {("accuracy", "clarity"): 1000} if mode == "joint" else {("accuracy",): 1000, ("clarity",): 1000}
    assert shown_facets == both
    shown_facets.clear()
    kept, old = spec.rubric.facets
    changed = replace(old, question="Is it put so that a child understands it?")
    rubric = replace(spec.rubric, facets=(kept, changed), fingerprint="9" * 64)
    again = replace(
        first,
        id=new_id(),
        spec=replace(spec, rubric=rubric, source=first.id, contexts=contexts_again(rubric, spec.rubric, ())),
    )
    await judgings.add(scene.database, again, first.id)
    found = await replace(scene, evaluation=again).run()
    assert shown_facets == {("clarity",): 1000}
    assert (found.progress.verdicts_kept, found.progress.verdicts_wanted) == (2000, 2000)
    assert await replace(scene, evaluation=again).wrong() == []


@pytest.mark.slow
async def test_a_judge_that_goes_away_ends_the_run_soon_and_what_it_said_stays(scene: Scene) -> None:
    def one_minute_only(text: str, time: int) -> tuple[str, str] | int:
        return 401 if sum(scene.judge.times.values()) > 20 else honest(text, time)

    scene.judge.reply = one_minute_only
    found = await scene.run()
    assert 0 < found.progress.verdicts_kept <= 40
    assert found.progress.verdicts_failed == 0, "it was nobody's fault: all can be asked when it is back"
    assert sum(one.left for one in found.outcomes) == 2 * ANSWERS - found.progress.verdicts_kept
    over = await pipeline.find(replace(scene.evaluation, status=Status.SUCCEEDED), scene.house())
    assert sum(one.judge_failed for one in over.outcomes) == 2 * ANSWERS - found.progress.verdicts_kept
    scene.judge.reply = honest
    again = await scene.run()
    assert again.progress.verdicts_kept == 2 * ANSWERS


async def test_after_an_interruption_only_what_was_in_flight_is_asked_again_and_the_report_is_the_same(
    scene: Scene,
) -> None:
    async def slowly(wire: Wire) -> None:
        await asyncio.sleep(0.02)
        await scene.judge(wire)

    BEHAVIOURS["the-judge"] = slowly
    task = asyncio.create_task(pipeline.run(scene.evaluation.id, scene.house()))
    while len(await verdicts.kept_keys(scene.database, scene.evaluation.id)) < 40:
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    found = await scene.run()
    assert found.progress.verdicts_kept == 2 * ANSWERS
    asked = sum(scene.judge.times.values())
    assert asked <= ANSWERS + 8, "at most the calls in flight are asked again"
    # An evaluation that nobody interrupted comes to the same.
    whole = replace(scene.evaluation, id=new_id())
    await fill(scene.database, whole)
    other = await replace(scene, evaluation=whole).run()
    assert figures(found) == figures(other)


FIGURES = ("candidates", "ranking", "recommendation", "outcomes", "bias")


def figures(findings: Findings) -> str:
    """Everything that was computed, without names and times of the runs."""
    record = document(findings)
    kept = {name: record[name] for name in FIGURES}
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "id", json.dumps(kept, sort_keys=True, default=str))
