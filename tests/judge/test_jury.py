"""Several judges: those that may not decide are left out, kin is left out, and what is missing is no vote."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from service import pipeline, reading
from service.domain.asking import Answer, Question
from service.domain.failures import Failure, FailureKind
from service.domain.models import Judge, Loaded, Memory, Model
from service.domain.rubrics import Facet
from service.domain.verdicts import Verdict
from service.judge.checks import token_f1
from service.judge.jury import Jury, Outcome, votes_of
from service.keeping import House
from service.library import Library
from service.measure.answers import new_id
from service.store import evaluations
from service.store.database import Database
from tests import samples
from tests.judge.conftest import answered

ABLE = {("a", "x"), ("b", "x"), ("c", "x")}


def jury(qualified: set[tuple[str, str]] = ABLE, **kin: set[str]) -> Jury:
    return Jury(
        judges=("a", "b", "c"), qualified=qualified, kin={name: kin.get(name, set()) for name in "abc"}
    )


@pytest.mark.parametrize(
    ("court", "votes", "outcome"),
    [
        (jury(), {"a": 5, "b": 4, "c": 3}, Outcome(score=4, by="jury:a+b+c")),
        (jury(), {"a": 5, "b": 4}, None),  # the third vote is missing
        (jury({("b", "x")}), {"a": 5, "b": 4, "c": 3}, Outcome(score=4, by="judge:b")),
        (jury({("b", "y")}), {"a": 5, "b": 4}, Outcome(score=4.5, by="judge:a")),  # nobody may decide
        (jury(set()), {}, None),
        (jury(a={"phi"}), {"a": 5, "b": 4, "c": 2}, Outcome(score=3, by="jury:b+c")),
        (
            jury(a={"qwen"}),
            {"a": 5, "b": 4, "c": 2},
            Outcome(score=3, by="jury:b+c"),
        ),  # the same for all candidates
        (jury(a={"phi"}, b={"qwen"}, c={"phi"}), {"a": 5, "b": 4, "c": 2}, Outcome(score=4, by="judge:b")),
        (jury({("a", "x")}, a={"phi"}), {"a": 5}, Outcome(score=5, by="judge:a")),  # the only one there is
        (jury(a={"phi"}, b={"phi"}, c={"phi"}), {"a": 5, "b": 3, "c": 1}, Outcome(score=3, by="jury:a+b+c")),
    ],
)
def test_whose_votes_count(court: Jury, votes: dict[str, float], outcome: Outcome | None) -> None:
    assert court.outcome("x", "phi", votes) == outcome


def test_a_judges_samples_are_one_vote() -> None:
    made = [
        vote("x", "a", 5),
        vote("x", "b", 2),
        vote("x", "a", 4),
        vote("y", "b", 1),
    ]
    assert votes_of(made, ("b", "a")) == {"x": {"b": 2, "a": 4.5}, "y": {"b": 1}}


def vote(facet: str, judge: str, score: float) -> Verdict:
    return Verdict(
        key="k",
        evaluation="e",
        facet=facet,
        score=score,
        by=f"judge:{judge}",
        rationale=None,
        sample=1,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


class Process:
    """A session: a candidate answers with its prompt in capitals, a judge by its name."""

    pid, alive = 1, True

    def __init__(self, name: str) -> None:
        self.name = name

    async def load(self) -> Loaded | Failure:
        return Loaded(seconds=0.01, model_id=self.name, device="cpu", runtime="none")

    async def memory(self) -> Memory:
        return Memory(resident=1, peak=1, method="none")

    async def ask(self, question: Question) -> Answer | Failure:
        text = question.messages[-1].content
        if "judge" not in self.name:
            reply = answered(text.upper())
            return replace(reply, sent=1, first=2, last=3, end=4)
        if self.name == "judge-silent":
            return Failure(kind=FailureKind.REJECTED, message="no")
        answer, reference = (
            text.split(f"<{mark} ")[1].split("\n", 1)[1].split("\n</")[0] for mark in ("answer", "reference")
        )
        shared = token_f1(answer, reference)
        harsh = self.name == "judge-harsh"
        score = (4 if harsh else 5) if shared == 1 else 1 + round(3 * shared)
        return answered(json.dumps({"rationale": "so", "style": 4 if self.name == "judge-blind" else score}))


@asynccontextmanager
async def open_session(model: Model) -> AsyncIterator[Process]:
    yield Process(model.name)


@pytest.mark.slow_on_postgresql
async def test_two_judges_decide_together_and_a_third_that_sees_nothing_does_not(
    database: Database, library: Library
) -> None:
    judges = [Judge(model=f"judge-{name}", template="joint") for name in ("kind", "blind", "harsh")]
    style = Facet(
        name="style",
        question="Is it said as the reference says it?",
        levels=samples.LEVELS,
        degraded_by=("off_topic", "empty"),
    )
    prompts = library.prompt_set("meeting-notes")
    cased = replace(prompts, prompts=tuple(replace(one, text=one.reference or "") for one in prompts.prompts))
    run = samples.evaluation(
        "echo", "echo-2", rounds=1, facets=samples.rubric(style), judges=judges, prompts=cased
    )
    run = replace(run, id=new_id(), spec=replace(run.spec, templates=(library.judge_template("joint"),)))
    await evaluations.add(database, run)
    place = House(database=database, library=library, open_session=open_session)
    await pipeline.run(run.id, place)
    found = await pipeline.find(run, place)
    assert {one.judge: one.facets[0].standing for one in found.qualifications} == {
        "judge-kind": "qualified",
        "judge-blind": "barred",
        "judge-harsh": "qualified",
    }
    assert len(found.loads) == 2 + 3
    (item, *_) = await reading.answers_of(run, place, limit=1)
    assert item.votes == {"style": {"judge-kind": 5.0, "judge-blind": 4.0, "judge-harsh": 4.0}}
    assert (item.scores, item.by) == ({"style": 4.5}, {"style": "jury:judge-kind+judge-harsh"})
    (facet,) = found.scores[0].facets
    assert (facet.decides, facet.scored, facet.expected) == (True, 24, 24)
    assert facet.disagreement == 1.0
    assert found.progress.verdicts_kept == found.progress.verdicts_wanted == 24 * 3


@pytest.mark.slow_on_postgresql
async def test_a_judge_that_nobody_could_ask_is_left_out(database: Database, library: Library) -> None:
    judges = [Judge(model=f"judge-{name}", template="joint") for name in ("kind", "silent")]
    style = Facet(
        name="style",
        question="Is it said as the reference says it?",
        levels=samples.LEVELS,
        degraded_by=("off_topic", "empty"),
    )
    prompts = library.prompt_set("meeting-notes")
    cased = replace(prompts, prompts=tuple(replace(one, text=one.reference or "") for one in prompts.prompts))
    run = samples.evaluation("echo", rounds=1, facets=samples.rubric(style), judges=judges, prompts=cased)
    run = replace(run, id=new_id(), spec=replace(run.spec, templates=(library.judge_template("joint"),)))
    await evaluations.add(database, run)
    place = House(database=database, library=library, open_session=open_session)
    await pipeline.run(run.id, place)
    (scores,) = (await pipeline.find(run, place)).scores
    assert (scores.facets[0].scored, scores.facets[0].decides) == (24, True)
    assert scores.facets[0].disagreement is None
