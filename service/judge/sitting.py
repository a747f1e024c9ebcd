"""A judge's sitting: load it, examine it if that was never done, have it judge, end its process.

While it is loaded it is also asked for the further samples that its first ones call for, and last for its grades of answers
of known grade (see `canaries`): one load as a rule.

A judge whose process dies is loaded again for what is left, and from then on gets one call at a time, so that the call
that kills it is known. After several processes that brought nothing it is given up, and what it did not score stays
unscored.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from uuid_utils.compat import uuid7

from service.domain.asking import Answer, Ask, OpenSession, Question, Session
from service.domain.failures import Failure, FailureKind
from service.domain.responses import Load
from service.domain.verdicts import Qualification, Verdict
from service.judge.canaries import CanaryCall
from service.judge.examination import Examination
from service.judge.qualification import qualify
from service.judge.seats import Seat
from service.judge.verdicts import ANYBODYS_FAULT, Done, Fail, Keep, judge_answers
from service.judge.work import JudgeCall, Work

PAUSE = 0.5
"""Seconds before a judge behind an endpoint is tried again; each further time twice as long."""
DEATHS_IN_A_ROW = 4
"""One with several calls in flight, two for the call that caused it, and one to spare."""
OUT_OF_TIME = Failure(kind=FailureKind.CANCELLED, message="the time budget is over: nothing more is asked")
"""Stands for a reply where nobody was asked; as of all that is cancelled, no try is counted of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryPorts:
    """What there is to ask beside the candidates' answers, and where that goes.

    Attributes
    ----------
    done
        Asks afresh which are graded or given up, by name.
    """

    calls: tuple[CanaryCall, ...]
    done: Callable[[], Awaitable[frozenset[str]]]
    keep: Callable[[CanaryCall, Sequence[Verdict]], Awaitable[None]]
    fail: Callable[[CanaryCall, Failure], Awaitable[None]]

    async def left(self) -> tuple[CanaryCall, ...]:
        """Return what is still to be asked."""
        done = await self.done() if self.calls else frozenset()
        return tuple(one for one in self.calls if one.name not in done)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What a sitting needs from outside.

    Attributes
    ----------
    fail_load
        Records that the judge could not be loaded or used.
    more
        Says which further samples are wanted, now that there is a verdict or none on all that was.
    enough
        Says before each load and call whether the time is over: then neither is begun.
    """

    open_session: OpenSession
    keep_load: Callable[[Load], Awaitable[None]]
    keep_qualification: Callable[[Qualification], Awaitable[None]]
    keep: Keep
    fail: Fail
    fail_load: Callable[[Failure], Awaitable[None]]
    more: Callable[[], Awaitable[Work]]
    canaries: CanaryPorts | None = None
    enough: Callable[[], bool] = lambda: False

    def in_time(self, ask: Ask) -> Ask:
        """Return `ask` as long as there is time; after that it asks nobody, and says so."""

        async def ask_in_time(question: Question) -> Answer | Failure:
            return OUT_OF_TIME if self.enough() else await ask(question)

        return ask_in_time


async def sit(
    seat: Seat,
    work: Callable[[], Awaitable[Work]],
    *,
    evaluation: str,
    examined: Examination | None,
    seed: int,
    deadline: float,
    concurrency: int,
    ports: Ports,
    then: Callable[[Session], Awaitable[None]] | None = None,
) -> None:
    """Have the judge in `seat` score what is left to it.

    Parameters
    ----------
    work
        Ask afresh what is left, further samples aside; without calls there is nothing, or nothing any more.
    examined
        The examination still to be held; ``None`` when its result is known.
    then
        What else to do with the judge once it has scored everything, while it is loaded.

    Notes
    -----
    One load as a rule. It ends because every turn either brings verdicts or is one of `DEATHS_IN_A_ROW` that brought
    none.
    """
    fruitless = 0
    while fruitless < DEATHS_IN_A_ROW:
        if fruitless and seat.model.runner == "http":
            # Perhaps its server is only being started anew.
            await asyncio.sleep(PAUSE * 2 ** (fruitless - 1))
        left = await _left(work, ports)
        birds = () if ports.canaries is None else await ports.canaries.left()
        if (examined is None and not left.calls and not birds) or ports.enough():
            return
        async with ports.open_session(seat.model) as session:
            ask = ports.in_time(session.ask)
            load = await _load(seat, session, evaluation, ports)
            if isinstance(load, Failure):
                await ports.fail_load(load)
                fruitless += 1
                continue
            if examined is not None:
                found = await qualify(
                    examined,
                    seat,
                    seed=seed,
                    ask=ask,
                    now=_now,
                    deadline=deadline,
                    concurrency=concurrency,
                    alive=lambda: session.alive,
                )
                if isinstance(found, Failure):
                    await _record(found, ports)
                    fruitless += 1
                    continue
                await ports.keep_qualification(found)
                examined = None
            judge = partial(
                judge_answers,
                seat=seat,
                evaluation=evaluation,
                ask=ask,
                now=_now,
                deadline=deadline,
                concurrency=concurrency,
                alive=lambda: session.alive,
            )
            done = await _work_off(left, work, ports, partial(judge, keep=ports.keep, fail=ports.fail))
            if birds and ports.canaries is not None and done.stopped is None:
                done = _both(done, await _canaries(birds, judge, ports.canaries))
            await _afterwards(then, session, done)
            if session.alive:
                await ports.keep_load(replace(load, after=await session.memory()))
        fruitless = 0 if done.kept else fruitless + 1
        if done.stopped is not None and done.stopped.kind in ANYBODYS_FAULT:
            concurrency = 1


async def _record(failure: Failure, ports: Ports) -> None:
    """Record that the judge could not be examined; that the time was over is no failure of its."""
    if failure is not OUT_OF_TIME:
        await ports.fail_load(failure)


async def _afterwards(
    then: Callable[[Session], Awaitable[None]] | None, session: Session, done: Done
) -> None:
    """Do what else there is to do with a judge that scored everything and is still there."""
    if then is not None and session.alive and done.stopped is None:
        await then(session)


async def _canaries(
    birds: Sequence[CanaryCall], judge: Callable[..., Awaitable[Done]], ports: CanaryPorts
) -> Done:
    """Have the judge grade answers of known grade, as it grades all others."""
    by_key = {key: bird for bird in birds for key in bird.call.keys.values()}

    async def keep(scores: Sequence[Verdict]) -> None:
        await ports.keep(by_key[scores[0].key], scores)

    async def fail(key: str, failure: Failure) -> None:
        bird = by_key[key]
        if key == next(
            iter(bird.call.keys.values())
        ):  # a call fails for each of its facets, and is one canary
            await ports.fail(bird, failure)

    return await judge([bird.call for bird in birds], keep=keep, fail=fail)


def _both(first: Done, second: Done) -> Done:
    return Done(kept=first.kept + second.kept, failed=first.failed + second.failed, stopped=second.stopped)


async def _work_off(
    left: Work,
    work: Callable[[], Awaitable[Work]],
    ports: Ports,
    judge: Callable[[Sequence[JudgeCall]], Awaitable[Done]],
) -> Done:
    """Have everything judged while the judge is loaded, further samples included; end when it is gone or brings nothing."""
    kept = failed = 0
    while True:
        done = await judge(left.calls)
        kept, failed = kept + done.kept, failed + done.failed
        if done.stopped is not None or not done.kept:
            break
        left = await _left(work, ports)
        if not left.calls:
            break
    return Done(kept=kept, failed=failed, stopped=done.stopped)


async def _left(work: Callable[[], Awaitable[Work]], ports: Ports) -> Work:
    """Return what is left of the work; once nothing is, the further samples that are wanted."""
    left = await work()
    return left if left.calls else await ports.more()


async def _load(seat: Seat, session: Session, evaluation: str, ports: Ports) -> Load | Failure:
    before = await session.memory()
    loaded = await session.load()
    if isinstance(loaded, Failure):
        return loaded
    load = Load(
        id=str(uuid7()),
        evaluation=evaluation,
        role="judge",
        name=seat.model.name,
        pass_number=1,
        pid=session.pid,
        model_id=loaded.model_id,
        device=loaded.device,
        runtime=loaded.runtime,
        seconds=loaded.seconds,
        started_at=_now(),
        context=loaded.context,
        before=before,
    )
    await ports.keep_load(load)
    return load


def _now() -> datetime:
    return datetime.now(UTC)
