"""A judge's sitting: one load as a rule, another after a death, and the deadly answer is the only one given up."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from service.domain.asking import Answer, Question
from service.domain.failures import Failure, FailureKind
from service.domain.models import Loaded, Memory, Model
from service.domain.responses import Load, Response
from service.domain.rubrics import Prompt
from service.domain.verdicts import Qualification, Verdict
from service.judge import Seat, Work, examination, wanted
from service.judge.canaries import CanaryCall, canary_calls
from service.judge.sitting import DEATHS_IN_A_ROW, CanaryPorts, Ports, sit
from service.library import Library

PROMPTS = [Prompt(id=f"p{n}", text=f"Question {n}?", reference=f"{n}") for n in range(6)]
GOOD = '{"rationale": "fine", "accuracy": 5, "completeness": 4, "relevance": 3, "clarity": 1}'
Say = Callable[[Question], Answer | Failure]


class Process:
    """A session that answers by a script and stays dead once it died."""

    def __init__(self, say: Say, loaded: Loaded | Failure) -> None:
        self.say, self.loaded = say, loaded
        self.pid, self.alive = 1, True

    async def load(self) -> Loaded | Failure:
        return self.loaded

    async def ask(self, question: Question) -> Answer | Failure:
        said = self.say(question)
        self.alive = self.alive and not isinstance(said, Failure)
        return said

    async def memory(self) -> Memory:
        return Memory(resident=1, peak=1, method="none")


class Court:
    """The ports of a sitting, in memory; two failed tries at a verdict give it up."""

    def __init__(self, say: Say, loaded: Loaded | Failure | None = None) -> None:
        self.say = say
        self.loaded = loaded or Loaded(seconds=1, model_id="m", device="cpu", runtime="none")
        self.loads: dict[str, Load] = {}
        self.opened = 0
        self.verdicts: list[Verdict] = []
        self.qualifications: list[Qualification] = []
        self.tries: Counter[str] = Counter()
        self.load_failures: list[Failure] = []
        self.birds: tuple[CanaryCall, ...] = ()
        self.graded: dict[str, dict[str, float]] = {}
        self.lost: dict[str, FailureKind] = {}
        self.further: list[Work] = []

    @asynccontextmanager
    async def open_session(self, model: Model) -> AsyncIterator[Process]:
        del model
        self.opened += 1
        yield Process(self.say, self.loaded)

    async def keep_load(self, load: Load) -> None:
        self.loads[load.id] = load

    async def keep_qualification(self, found: Qualification) -> None:
        self.qualifications.append(found)

    async def keep(self, found: Sequence[Verdict]) -> None:
        self.verdicts.extend(found)

    async def fail(self, key: str, failure: Failure) -> None:
        del failure
        self.tries[key] += 1

    async def fail_load(self, failure: Failure) -> None:
        self.load_failures.append(failure)

    async def kept(self) -> frozenset[str]:
        return frozenset(verdict.key for verdict in self.verdicts)

    async def given_up(self) -> frozenset[str]:
        return frozenset(key for key, times in self.tries.items() if times > 1)

    async def more(self) -> Work:
        left = [work.left(await self.kept(), await self.given_up()) for work in self.further]
        return next((work for work in left if work.calls), Work(places=(), checks=(), calls=()))

    @property
    def ports(self) -> Ports:
        return Ports(
            open_session=self.open_session,
            keep_load=self.keep_load,
            keep_qualification=self.keep_qualification,
            keep=self.keep,
            fail=self.fail,
            fail_load=self.fail_load,
            canaries=CanaryPorts(
                calls=self.birds, done=self.sung, keep=self.keep_canary, fail=self.fail_canary
            ),
            more=self.more,
        )

    async def sung(self) -> frozenset[str]:
        return frozenset(self.graded) | frozenset(self.lost)

    async def keep_canary(self, bird: CanaryCall, scores: Sequence[Verdict]) -> None:
        assert bird.name not in self.graded
        self.graded[bird.name] = {one.facet: one.score for one in scores}

    async def fail_canary(self, bird: CanaryCall, failure: Failure) -> None:
        assert bird.name not in self.lost, "one canary fails once, whatever its number of facets"
        self.lost[bird.name] = failure.kind


async def hold(
    court: Court,
    library: Library,
    seat: Seat,
    respond: Callable[..., Response],
    *,
    examined: bool = False,
    concurrency: int = 2,
) -> Any:
    rubric = library.rubric("tiny")
    work = wanted([respond(p.id, f"answer {p.id}") for p in PROMPTS], PROMPTS, rubric, seat=seat, seed=1)

    async def left() -> Work:
        return work.left(await court.kept(), await court.given_up())

    await sit(
        seat,
        left,
        evaluation="e",
        examined=examination(PROMPTS, rubric, seat) if examined else None,
        seed=1,
        deadline=5.0,
        concurrency=concurrency,
        ports=court.ports,
    )
    return work


async def test_one_load_examines_and_judges_and_measures_its_memory(
    library: Library, seat: Seat, respond: Any, answer: Any
) -> None:
    court = Court(lambda _: answer(GOOD))
    work = await hold(court, library, seat, respond, examined=True)
    assert court.opened == 1
    assert len(court.qualifications) == 1
    assert {verdict.key for verdict in court.verdicts} == work.keys
    (load,) = court.loads.values()
    assert (load.role, load.name, load.after is None) == ("judge", "tiny-judge", False)


async def test_nothing_is_loaded_where_nothing_is_left(
    library: Library, seat: Seat, respond: Any, answer: Any
) -> None:
    court = Court(lambda _: answer(GOOD))
    work = await hold(court, library, seat, respond)
    again = Court(lambda _: answer(GOOD))
    again.verdicts = list(court.verdicts)
    await hold(again, library, seat, respond)
    assert again.opened == 0
    assert len(work.keys) == 24


async def test_further_samples_are_given_in_the_same_load_once_the_first_are_there(
    library: Library, seat: Seat, respond: Any, answer: Any
) -> None:
    rubric = library.rubric("tiny")
    responses = [respond(p.id, f"answer {p.id}") for p in PROMPTS]
    asked: list[str] = []

    def say(question: Question) -> Answer | Failure:
        asked.append(f"{question.sampling.temperature}")
        said: Answer = answer(GOOD)
        return said

    court = Court(say)
    rounds = [
        wanted(responses[:left], PROMPTS, rubric, seat=seat, seed=1, samples=(sample,))
        for sample, left in ((2, 3), (3, 1))
    ]
    court.further = rounds
    await hold(court, library, seat, respond)
    assert court.opened == 1, "one load"
    assert asked == ["0.0"] * 6 + ["0.5"] * 4, "the first of all answers, then three, then one more"
    assert Counter(verdict.sample for verdict in court.verdicts) == {1: 24, 2: 12, 3: 4}
    again = Court(say)
    again.verdicts = [verdict for verdict in court.verdicts if verdict.sample < 3]
    again.further = rounds
    await hold(again, library, seat, respond)
    assert (again.opened, len(asked)) == (1, 11), (
        "a new load for the one that is left, and nothing is repeated"
    )


async def test_the_answer_that_kills_the_judge_is_the_only_one_that_stays_unscored(
    library: Library, seat: Seat, respond: Any, answer: Any
) -> None:
    for deadly in ("answer p0", "answer p1", "answer p5"):

        def say(question: Question, deadly: str = deadly) -> Answer | Failure:
            if deadly in question.messages[-1].content:
                return Failure(kind=FailureKind.RUNNER_DIED, message="gone")
            said: Answer = answer(GOOD)
            return said

        court = Court(say)
        work = await hold(court, library, seat, respond)
        unscored = work.left(await court.kept()).calls
        assert [call.answer for call in unscored] == [deadly]
        assert set(court.tries) == set(unscored[0].keys.values())


async def test_a_judge_that_always_dies_is_loaded_a_few_times_and_no_more(
    library: Library, seat: Seat, respond: Any
) -> None:
    court = Court(lambda _: Failure(kind=FailureKind.RUNNER_DIED, message="gone"))
    await hold(court, library, seat, respond)
    assert (court.opened, court.verdicts) == (DEATHS_IN_A_ROW, [])


async def test_a_judge_that_cannot_be_loaded_is_told_each_time(
    library: Library, seat: Seat, respond: Any, answer: Any
) -> None:
    broken = Failure(kind=FailureKind.LOAD_FAILED, message="no such file")
    court = Court(lambda _: answer(GOOD), broken)
    await hold(court, library, seat, respond)
    assert court.load_failures == [broken] * DEATHS_IN_A_ROW
    assert court.loads == {}


async def test_a_judge_that_dies_under_examination_is_examined_again(
    library: Library, seat: Seat, respond: Any, answer: Any
) -> None:
    asked = 0

    def say(question: Question) -> Answer | Failure:
        nonlocal asked
        del question
        asked += 1
        if asked == 3:
            return Failure(kind=FailureKind.OUT_OF_MEMORY, message="gone")
        said: Answer = answer(GOOD)
        return said

    court = Court(say)
    await hold(court, library, seat, respond, examined=True)
    assert (court.opened, len(court.qualifications), len(court.load_failures)) == (2, 1, 1)
    assert len(court.verdicts) == 24


def with_canaries(court: Court, library: Library, seat: Seat, respond: Callable[..., Response]) -> Court:
    court.birds = canary_calls(
        library.canaries(),
        [respond(p.id, f"answer {p.id}") for p in PROMPTS],
        PROMPTS,
        library.rubric("tiny"),
        seat,
        seed=1,
    )
    return court


async def test_canaries_are_graded_last_in_the_same_load_and_count_for_nobody(
    library: Library, seat: Seat, respond: Any, answer: Any
) -> None:
    asked: list[str] = []

    def say(question: Question) -> Answer:
        asked.append(question.messages[-1].content)
        return answer(GOOD)  # type: ignore[no-any-return]

    court = with_canaries(Court(say), library, seat, respond)
    work = await hold(court, library, seat, respond, concurrency=1)
    assert court.opened == 1
    assert {verdict.key for verdict in court.verdicts} == work.keys
    assert set(court.graded) == {one.name for one in court.birds}
    assert court.graded["colon"] == {"accuracy": 5, "completeness": 4, "relevance": 3, "clarity": 1}
    assert len(asked) == len(work.calls) + len(court.birds)
    first = next(at for at, text in enumerate(asked) if "Ignore the rubric" in text)
    assert first >= len(work.calls)


async def test_those_left_by_an_interruption_are_asked_alone_and_graded_ones_not_again(
    library: Library, seat: Seat, respond: Any, answer: Any
) -> None:
    whole = with_canaries(Court(lambda _: answer(GOOD)), library, seat, respond)
    await hold(whole, library, seat, respond)
    calls = 0

    def say(_: Question) -> Answer:
        nonlocal calls
        calls += 1
        return answer(GOOD)  # type: ignore[no-any-return]

    again = with_canaries(Court(say), library, seat, respond)
    again.verdicts = list(whole.verdicts)
    again.graded = {name: whole.graded[name] for name in list(whole.graded)[2:]}
    await hold(again, library, seat, respond)
    assert (again.opened, calls) == (1, 2)
    assert again.graded == whole.graded
    await hold(again, library, seat, respond)
    assert again.opened == 1, "nothing is left"


async def test_a_canary_without_a_grade_is_a_failure_and_one_that_kills_the_judge_ends_nothing(
    library: Library, seat: Seat, respond: Any, answer: Any
) -> None:
    def say(question: Question) -> Answer | Failure:
        text = question.messages[-1].content
        if "Thought process:" in text:
            return Failure(kind=FailureKind.RUNNER_DIED, message="gone")
        return answer("I had rather not say." if "Ignore the rubric" in text else GOOD)  # type: ignore[no-any-return]

    court = with_canaries(Court(say), library, seat, respond)
    work = await hold(court, library, seat, respond)
    assert {verdict.key for verdict in court.verdicts} == work.keys
    assert court.lost["thought"] is FailureKind.RUNNER_DIED
    assert court.lost["order"] is FailureKind.UNPARSABLE
    assert set(court.graded) | set(court.lost) == {one.name for one in court.birds}
