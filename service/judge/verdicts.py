"""The step itself: work through checks and judge calls and hand every verdict over as soon as it is there.

Whatever ends the process, at most the calls in flight are lost: what was kept is not asked again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from service.domain.asking import Ask
from service.domain.failures import OF_THE_ENDPOINT, Failure, FailureKind
from service.domain.verdicts import Verdict
from service.judge.asking import ask_judge
from service.judge.checks import check
from service.judge.languages import detector
from service.judge.parsing import Reply
from service.judge.seats import Seat
from service.judge.work import CheckCall, JudgeCall

Keep = Callable[[Sequence[Verdict]], Awaitable[None]]
"""Keeps verdicts; one that is kept already is passed over."""
Fail = Callable[[str, Failure], Awaitable[None]]
"""Records a failed try at the verdict with this key."""
Now = Callable[[], datetime]

_CHECKS_AT_ONCE = 100

JUDGE_IS_GONE = frozenset(
    {
        FailureKind.LOAD_FAILED,
        FailureKind.RUNNER_DIED,
        FailureKind.OUT_OF_MEMORY,
        FailureKind.TIMED_OUT,
        FailureKind.SILENT,
        FailureKind.CANCELLED,
    }
)
"""After these nobody is there to ask: the rest of the work is left as it is."""

OUT_OF_REACH = OF_THE_ENDPOINT - {FailureKind.TIMED_OUT}
"""After these nobody is there either, and it was no call's fault."""

ANYBODYS_FAULT = frozenset({FailureKind.RUNNER_DIED, FailureKind.OUT_OF_MEMORY, FailureKind.SILENT})
"""A death that any call in flight may have caused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How far the step came.

    Attributes
    ----------
    kept, failed
        Verdicts handed over, and verdicts that a failed try was recorded for.
    stopped
        Why the step ended before its work did: the judge is gone. ``None`` when every call was tried.
    """

    kept: int
    failed: int
    stopped: Failure | None = None


async def check_answers(
    calls: Sequence[CheckCall], *, evaluation: str, keep: Keep, fail: Fail, now: Now
) -> Done:
    """Carry out checks; no model is asked. Verdicts are kept by the hundred."""
    kept = failed = 0
    if any(call.kind == "language" for call in calls):
        await asyncio.to_thread(detector)
    for start in range(0, len(calls), _CHECKS_AT_ONCE):
        verdicts = []
        for call in calls[start : start + _CHECKS_AT_ONCE]:
            found = check(call.kind, call.prompt, call.answer)
            if isinstance(found, Failure):
                await fail(call.key, found)
                failed += 1
                continue
            verdicts.append(
                Verdict(
                    key=call.key,
                    evaluation=evaluation,
                    facet=call.facet,
                    score=found.score,
                    by=f"check:{call.kind}",
                    rationale=found.finding,
                    sample=1,
                    created_at=now(),
                )
            )
        if verdicts:
            await keep(verdicts)
        kept += len(verdicts)
        await asyncio.sleep(0)  # checks compute: let others have their turn
    return Done(kept=kept, failed=failed)


def _gone() -> bool:
    """Take a judge that gave no answer in time for dead: its process was killed for it."""
    return False


async def judge_answers(
    calls: Sequence[JudgeCall],
    seat: Seat,
    *,
    evaluation: str,
    ask: Ask,
    keep: Keep,
    fail: Fail,
    now: Now,
    deadline: float,
    concurrency: int = 1,
    alive: Callable[[], bool] = _gone,
) -> Done:
    """Ask the judge for every call, at most `concurrency` at a time; calls about one answer go one after the other.

    After a failure that means the judge is gone no further call is begun, and what was not asked stays to be done. The
    call that caused it records its failure. Where the process died with several calls in flight none of them does: any
    of them may have been the cause, and an innocent one must not be given up. Asked again one at a time, the cause
    shows. A cancelled call records nothing either, nor one that met an endpoint out of reach. A call that hangs is lost
    alone where the judge's process is `alive` after it. What `keep`, `fail` or `ask` raise ends the step.
    """
    if concurrency < 1:
        msg = "at least one call must be in flight"
        raise ValueError(msg)
    answers = [list(group) for _, group in groupby(calls, lambda call: (call.prompt.id, call.answer))]
    shift = _Shift(answers=iter(answers))

    async def work() -> None:
        # An endpoint that keeps the common beginning of requests has read the answer when its next facet comes.
        mine: list[JudgeCall] = []
        while (call := shift.next(mine)) is not None:
            reply = await ask_judge(call, seat, ask, deadline=deadline)
            if isinstance(reply, Reply):
                await keep(_verdicts(call, seat, reply, evaluation, now()))
                shift.kept += len(call.keys)
            else:
                await _record(reply, call, fail, shift, alive)
            shift.flying -= 1

    if concurrency == 1:
        await work()
    else:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(concurrency, len(answers))):
                    group.create_task(work())
        except ExceptionGroup as several:
            raise several.exceptions[0] from several
    return Done(kept=shift.kept, failed=shift.failed, stopped=shift.stopped)


@dataclass(slots=True, kw_only=True)
class _Shift:
    """What the calls in flight share."""

    answers: Iterator[list[JudgeCall]]
    flying: int = 0
    kept: int = 0
    failed: int = 0
    stopped: Failure | None = None

    def next(self, mine: list[JudgeCall]) -> JudgeCall | None:
        """Return the next call of one's own answer or of the next answer; ``None`` at the end and once the judge is gone."""
        if self.stopped is not None:
            return None
        mine += [] if mine else next(self.answers, [])
        self.flying += bool(mine)
        return mine.pop(0) if mine else None


async def _record(
    failure: Failure, call: JudgeCall, fail: Fail, shift: _Shift, alive: Callable[[], bool]
) -> None:
    alone = shift.flying == 1 and shift.stopped is None
    only_late = failure.kind is FailureKind.TIMED_OUT and alive()
    if failure.kind in JUDGE_IS_GONE | OUT_OF_REACH and not only_late:
        shift.stopped = shift.stopped or failure
    nobodys = failure.kind in OUT_OF_REACH or failure.kind is FailureKind.CANCELLED
    if nobodys or (failure.kind in ANYBODYS_FAULT and not alone):
        return
    for key in call.keys.values():
        await fail(key, failure)
    shift.failed += len(call.keys)


def _verdicts(
    call: JudgeCall, seat: Seat, reply: Reply, evaluation: str, at: datetime
) -> tuple[Verdict, ...]:
    return tuple(
        Verdict(
            key=key,
            evaluation=evaluation,
            facet=facet,
            score=float(reply.scores[facet]),
            by=f"judge:{seat.model.name}",
            rationale=reply.rationale,
            sample=call.sample,
            created_at=at,
            raw=reply.raw,
            expectation=reply.expectations[facet].value if reply.expectations else None,
            no_expectation=reply.expectations[facet].reason if reply.expectations else None,
        )
        for facet, key in call.keys.items()
    )
