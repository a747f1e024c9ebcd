"""A tie is broken by comparing answers in both orders, by a judge that says the same in both; nothing is asked twice."""

import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

import pytest
import pytest_asyncio

from service import pipeline, resources
from service.domain.asking import Question
from service.domain.evaluations import Evaluation, Status
from service.domain.findings import Findings
from service.domain.models import Judge
from service.domain.rubrics import Facet, Prompt, PromptSet
from service.judge.checks import rouge_l
from service.keeping import House
from service.library import Folders, Library
from service.measure.answers import new_id
from service.moving import pack, unpack
from service.report.document import document
from service.store import archives, evaluations, pairs
from service.store.database import Database, close, migrate, open_database
from tests import samples
from tests.conftest import Databases
from tests.scripted_session import ScriptedSession, opening

LIBRARY = Library(Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts")))
PROMPTS = 12
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
PLANTED = 16 * 2


def reference(at: int) -> str:
    return f"Item {NUMBERS[at]} lies on shelf number {at + 21} beside the {NUMBERS[-at - 1]} boxes of paper"


def prompts() -> PromptSet:
    found = tuple(
        Prompt(id=f"p{at:02d}", text=f"question {at}", reference=reference(at)) for at in range(PROMPTS)
    )
    return PromptSet(name="set", title="Set", prompts=found, fingerprint="q" * 64)


def evaluation(*names: str) -> Evaluation:
    facet = Facet(name="accuracy", question="Is it right?", levels=samples.LEVELS, degraded_by=("truncated",))
    made = samples.evaluation(
        *names,
        judges=[Judge(model="judge")],
        rounds=2,
        facets=samples.rubric(facet),
        prompts=prompts(),
    )
    spec = replace(made.spec, templates=(LIBRARY.judge_template("joint"),), pairs=LIBRARY.pair_template())
    return replace(made, id=new_id(), spec=spec, status=Status.RUNNING)


def between(text: str, mark: str) -> str:
    found = re.search(rf"<{mark} (?P<code>\w+)>\n(?P<text>.*?)\n</{mark} (?P=code)>", text, re.DOTALL)
    return found["text"] if found else ""


def grade(text: str) -> str:
    """Both candidates are as good on average: what one says well on even prompts, the other does on odd ones."""
    said, right = between(text, "answer").split("\n")[0], between(text, "reference")
    number = re.search(r"answer (\d+)", said)
    if number is not None:
        score = 3 + (int(number[1]) + ("better" in said)) % 2
    elif right in said:
        score = 5
    else:
        score = 1 + len(right) % 2
    return json.dumps({"rationale": "so it is", "accuracy": score})


def worth(text: str, right: str) -> float:
    if "answer" in text:
        return 0.9 if "better" in text else 0.8
    return rouge_l(text, right)


def fair(text: str) -> str:
    right = between(text, "reference")
    first, second = (worth(between(text, f"answer {place}"), right) for place in "AB")
    return "A" if first > second else "B"


def first_come(_text: str) -> str:
    return "A"


@dataclass
class World:
    """Candidates that say one thing worse or better than the other, and a judge; `prefers` answers for a pair."""

    database: Database
    run: Evaluation
    prefers: Callable[[str], str] = fair
    asked_pairs: list[str] = field(default_factory=list)
    judge: ScriptedSession = field(init=False)
    stop_after: int | None = None

    def __post_init__(self) -> None:
        self.judge = ScriptedSession(self.says)

    def says(self, question: Question) -> str:
        text = question.messages[-1].content
        if "<answer A " not in text:
            return grade(text)
        self.asked_pairs.append(text)
        if self.stop_after is not None and len(self.asked_pairs) > self.stop_after:
            raise RuntimeError("the power went off")
        return json.dumps({"rationale": "clearly", "better": self.prefers(text)})

    def house(self) -> House:
        def candidate(word: str) -> ScriptedSession:
            return ScriptedSession(
                lambda question: f"{word} {question.messages[-1].content.replace('question', 'answer')}"
            )

        words = {"alpha": "a better", "beta": "a plain", "gamma": "a middling"}
        sessions = {one.name: candidate(words[one.name]) for one in self.run.spec.candidates}
        return House(
            database=self.database, library=LIBRARY, open_session=opening({**sessions, "judge": self.judge})
        )

    async def find(self) -> Findings:
        await pipeline.run(self.run.id, self.house())
        return await pipeline.find(self.run, self.house())


@pytest_asyncio.fixture
async def world(sqlite: Databases) -> AsyncIterator[World]:
    url = sqlite.new()
    migrate(url)
    database = open_database(url)
    made = evaluation("alpha", "beta")
    await evaluations.add(database, made)
    yield World(database, made)
    await close(database)


async def test_a_tie_goes_to_the_one_whose_answers_win_in_both_orders(world: World) -> None:
    found = await world.find()
    choice, side = found.ranking.recommendation, found.side_by_side
    assert choice.decision == "tie"
    assert set(choice.tie_set) == {"alpha", "beta"}
    assert choice.candidate == "alpha"
    assert any(
        "in both orders, the choice is alpha: it beats beta (12 won, 0 tied, 0 lost)" in r
        for r in choice.reasons
    )
    assert side is not None
    assert side.standing.able
    assert (side.standing.tried, side.standing.consistent, side.standing.right) == (16, 16, 16)
    (result,) = side.results
    assert (result.wins, result.ties, result.losses, result.unsure) == (PROMPTS, 0, 0, 0)
    assert result.p == pytest.approx(2 * 0.5**PROMPTS)
    assert (side.consistent.value, side.position_bias.value) == (1.0, 0.0)
    assert len(world.asked_pairs) == PLANTED + 2 * PROMPTS
    assert world.judge.opened == 1, "the judge compares while it is loaded for its verdicts"
    assert document(found)["side_by_side"]["preferred"] == "alpha"
    over = frozenset({Status.RUNNING})
    assert await evaluations.set_status(world.database, world.run.id, Status.SUCCEEDED, only_from=over)
    archive = await archives.take(world.database, world.run.id)
    assert len(archive.pairs) == PLANTED + 2 * PROMPTS
    assert unpack(pack(archive)).pairs == archive.pairs


async def test_a_judge_that_goes_by_the_order_compares_nothing(world: World) -> None:
    world.prefers = first_come
    found = await world.find()
    assert len(world.asked_pairs) == PLANTED, "the planted pairs and no other"
    side = found.side_by_side
    assert side is not None
    assert not side.standing.able
    assert (side.standing.consistent, side.standing.first, side.standing.second) == (0, PLANTED, 0)
    assert "held in 0 of 16 pairs" in side.reason
    assert "By the rule declared beforehand" in " ".join(found.ranking.recommendation.reasons)


@pytest.mark.slow
async def test_what_was_compared_before_an_interruption_is_not_compared_again(world: World) -> None:
    world.stop_after = PLANTED + 7
    with pytest.raises(RuntimeError, match="power"):
        await pipeline.run(world.run.id, world.house())
    kept = len(await pairs.all_of(world.database, world.run.id))
    assert PLANTED <= kept <= PLANTED + 7
    world.stop_after = None
    before = len(world.asked_pairs)
    found = await world.find()
    assert len(world.asked_pairs) - before == PLANTED + 2 * PROMPTS - kept
    assert found.ranking.recommendation.candidate == "alpha"
    again = len(world.asked_pairs)
    await pipeline.run(world.run.id, world.house())
    assert len(world.asked_pairs) == again, "nothing is left"
