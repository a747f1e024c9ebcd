"""The step: each verdict is handed over at once, bad replies are recorded, and a judge that is gone stops it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from service.domain.asking import Answer, Question
from service.domain.failures import Failure, FailureKind
from service.domain.responses import Response
from service.domain.rubrics import Facet, Prompt, Rubric
from service.domain.verdicts import Verdict
from service.judge import Seat, check_answers, judge_answers, wanted
from service.library import Library

Respond = Callable[..., Response]
Now = Callable[[], datetime]
PROMPTS = [Prompt(id=f"p{n}", text=f"Question {n}?", reference=f"{n}") for n in range(6)]
GOOD = '{"rationale": "fine", "accuracy": 5, "completeness": 4, "relevance": 3, "clarity": 1}'


class Kept:
    """Remembers what was kept and what failed."""

    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []
        self.failures: list[tuple[str, Failure]] = []

    async def keep(self, verdicts: Sequence[Verdict]) -> None:
        self.verdicts.extend(verdicts)

    async def fail(self, key: str, failure: Failure) -> None:
        self.failures.append((key, failure))


def arguments(kept: Kept, now: Now) -> dict[str, Any]:
    return {"evaluation": "e", "keep": kept.keep, "fail": kept.fail, "now": now, "deadline": 5.0}


@pytest.fixture
def calls(library: Library, seat: Seat, respond: Respond) -> Any:
    responses = [respond(prompt.id, "an answer") for prompt in PROMPTS]
    return wanted(responses, PROMPTS, library.rubric("tiny"), seat=seat, seed=7).calls


async def test_every_facet_of_every_answer_gets_its_verdict(
    calls: Any, seat: Seat, scripted: Any, now: Now
) -> None:
    kept = Kept()
    judge = scripted(lambda _: GOOD)
    done = await judge_answers(calls, seat, ask=judge, **arguments(kept, now))
    assert (done.kept, done.failed, done.stopped) == (24, 0, None)
    assert [v.key for v in kept.verdicts] == [key for call in calls for key in call.keys.values()]
    first = kept.verdicts[0]
    assert (first.facet, first.score, first.by, first.rationale, first.sample) == (
        "accuracy",
        5.0,
        "judge:tiny-judge",
        "fine",
        1,
    )
    sampling = judge.asked[0].sampling
    assert (sampling.temperature, sampling.max_tokens, sampling.seed) == (0.0, 64, calls[0].seed)
    assert judge.asked[0].format.kind == "lark"


async def test_a_reply_that_is_cut_off_is_a_failure_of_each_of_its_verdicts(
    calls: Any, seat: Seat, scripted: Any, answer: Any, now: Now
) -> None:
    kept = Kept()
    judge: Any = scripted(lambda _: answer(GOOD[:40], "length") if len(judge.asked) == 2 else GOOD)
    done = await judge_answers(calls, seat, ask=judge, **arguments(kept, now))
    assert (done.kept, done.failed, done.stopped) == (20, 4, None)
    assert [key for key, _ in kept.failures] == list(calls[1].keys.values())
    assert {failure.kind for _, failure in kept.failures} == {FailureKind.TRUNCATED}


async def test_a_judge_that_is_gone_leaves_the_rest_to_be_done(
    calls: Any, seat: Seat, scripted: Any, now: Now
) -> None:
    kept = Kept()
    died = Failure(kind=FailureKind.RUNNER_DIED, message="gone")
    judge: Any = scripted(lambda _: died if len(judge.asked) == 3 else GOOD)
    done = await judge_answers(calls, seat, ask=judge, **arguments(kept, now))
    assert (done.kept, done.failed, done.stopped) == (8, 4, died)
    assert len(judge.asked) == 3


@pytest.mark.parametrize(
    ("kind", "recorded"),
    [(FailureKind.RUNNER_DIED, 0), (FailureKind.OUT_OF_MEMORY, 0), (FailureKind.TIMED_OUT, 4)],
)
async def test_no_call_is_blamed_for_a_death_that_another_in_flight_may_have_caused(
    calls: Any, seat: Seat, now: Now, kind: FailureKind, recorded: int
) -> None:
    """A call past its deadline is known to be the cause; its neighbour then finds the process dead."""
    asked = 0

    async def ask(question: Question) -> Failure:
        nonlocal asked
        del question
        asked += 1
        mine = asked
        await asyncio.sleep(0)
        return Failure(kind=kind if mine == 1 else FailureKind.RUNNER_DIED, message="gone")

    kept = Kept()
    done = await judge_answers(calls, seat, ask=ask, concurrency=2, **arguments(kept, now))
    assert (asked, done.failed, len(kept.failures)) == (2, recorded, recorded)
    assert done.stopped is not None


async def test_cancelling_records_no_failure(calls: Any, seat: Seat, scripted: Any, now: Now) -> None:
    kept = Kept()
    judge: Any = scripted(lambda _: Failure(kind=FailureKind.CANCELLED, message="stopped on purpose"))
    done = await judge_answers(calls, seat, ask=judge, **arguments(kept, now))
    assert (done.kept, done.failed, kept.failures) == (0, 0, [])
    assert done.stopped is not None


async def test_a_refused_question_is_a_failure_and_the_next_is_asked(
    calls: Any, seat: Seat, scripted: Any, now: Now
) -> None:
    kept = Kept()
    judge: Any = scripted(lambda _: Failure(kind=FailureKind.OVER_CONTEXT, message="too long"))
    done = await judge_answers(calls, seat, ask=judge, **arguments(kept, now))
    assert (done.failed, done.stopped, len(judge.asked)) == (24, None, 6)


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 6])
async def test_killed_at_any_call_a_second_run_completes_it_without_asking_twice(
    library: Library, seat: Seat, respond: Respond, scripted: Any, now: Now, at: int
) -> None:
    responses = [respond(prompt.id, "an answer") for prompt in PROMPTS]
    work = wanted(responses, PROMPTS, library.rubric("tiny"), seat=seat, seed=7)
    kept = Kept()

    def script(question: Question) -> str:
        del question
        if len(judge.asked) == at:
            raise KeyboardInterrupt
        return GOOD

    judge: Any = scripted(script)
    with pytest.raises(KeyboardInterrupt):
        await judge_answers(work.calls, seat, ask=judge, **arguments(kept, now))
    rest = work.left([verdict.key for verdict in kept.verdicts])
    again = scripted(lambda _: GOOD)
    await judge_answers(rest.calls, seat, ask=again, **arguments(kept, now))
    assert len(again.asked) == 7 - at
    assert sorted(verdict.key for verdict in kept.verdicts) == sorted(work.keys)


async def test_no_more_calls_than_allowed_are_in_flight(
    calls: Any, seat: Seat, answer: Any, now: Now
) -> None:
    flying = most = 0

    async def ask(question: Question) -> Answer:
        nonlocal flying, most
        del question
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0)
        flying -= 1
        reply: Answer = answer(GOOD)
        return reply

    kept = Kept()
    done = await judge_answers(calls, seat, ask=ask, concurrency=3, **arguments(kept, now))
    assert (done.kept, most) == (24, 3)
    with pytest.raises(ValueError, match="at least one"):
        await judge_answers(calls, seat, ask=ask, concurrency=0, **arguments(kept, now))


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_what_keeping_raises_ends_the_step_as_itself(
    calls: Any, seat: Seat, scripted: Any, now: Now, concurrency: int
) -> None:
    async def keep(verdicts: Sequence[Verdict]) -> None:
        raise OSError(len(verdicts))

    with pytest.raises(OSError, match="4"):
        await judge_answers(
            calls,
            seat,
            ask=scripted(lambda _: GOOD),
            concurrency=concurrency,
            **{**arguments(Kept(), now), "keep": keep},
        )


async def test_a_reply_without_scores_is_asked_again_once(
    library: Library, general_seat: Seat, respond: Respond, scripted: Any, now: Now
) -> None:
    responses = [respond("p0", "an answer")]
    calls = wanted(responses, PROMPTS, library.rubric("tiny"), seat=general_seat, seed=7).calls
    kept = Kept()
    judge: Any = scripted(lambda _: "I give it a 4." if len(judge.asked) == 1 else GOOD)
    done = await judge_answers(calls, general_seat, ask=judge, **arguments(kept, now))
    assert (done.kept, len(judge.asked)) == (4, 2)
    first, second = judge.asked
    assert second.messages[: len(first.messages)] == first.messages
    assert second.messages[-2].content == "I give it a 4."
    assert "holds no complete JSON object" in second.messages[-1].content

    stubborn = scripted(lambda _: "Still a 4.")
    done = await judge_answers(calls, general_seat, ask=stubborn, **arguments(kept, now))
    assert (done.failed, len(stubborn.asked)) == (4, 2)
    assert kept.failures[0][1].raw == "Still a 4."


async def test_the_toy_judge_is_never_asked_again(calls: Any, seat: Seat, scripted: Any, now: Now) -> None:
    judge: Any = scripted(lambda _: "no idea")
    await judge_answers(calls[:1], seat, ask=judge, **arguments(Kept(), now))
    assert len(judge.asked) == 1


async def test_checks_score_without_asking_anybody(respond: Respond, now: Now) -> None:
    facets = (
        Facet(name="value", question="?", levels=("1", "2", "3", "4", "5"), check="exact"),
        Facet(name="form", question="?", levels=("1", "2", "3", "4", "5"), check="json_schema"),
    )
    rubric = Rubric(name="r", title="R", facets=facets, fingerprint="f")
    prompts = [
        *PROMPTS,
        Prompt(id="loop", text="?", reference="{}", expect={"json_schema": {"$ref": "#"}}),
    ]
    responses = [respond(prompt.id, "3") for prompt in PROMPTS] + [respond("loop", "{}")]
    work = wanted(responses, prompts, rubric, seat=None, seed=1)
    kept = Kept()
    done = await check_answers(work.checks, evaluation="e", keep=kept.keep, fail=kept.fail, now=now)
    assert (done.kept, done.failed) == (7, 1)
    assert [verdict.score for verdict in kept.verdicts] == [1, 1, 1, 5, 1, 1, 5]
    assert kept.verdicts[3].by == "check:exact"
    assert kept.verdicts[3].rationale == "equals the reference"
    assert kept.verdicts[3].raw is None
    assert [key for key, _ in kept.failures] == [check.key for check in work.checks if check.facet == "form"]
