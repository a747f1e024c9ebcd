"""Work through comparisons and hand each preference over as soon as it is there."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from service.domain.asking import Ask
from service.domain.failures import Failure
from service.domain.pairs import PairVerdict
from service.judge.pairs import PairCall
from service.judge.preferring import Preferred, ask_pair
from service.judge.seats import Seat
from service.judge.verdicts import JUDGE_IS_GONE, OUT_OF_REACH

KeepPair = Callable[[PairVerdict], Awaitable[None]]
FailPair = Callable[[str, Failure], Awaitable[None]]


async def compare_answers(
    calls: Sequence[PairCall],
    seat: Seat,
    *,
    evaluation: str,
    ask: Ask,
    keep: KeepPair,
    fail: FailPair,
    now: Callable[[], datetime],
    deadline: float,
    concurrency: int = 1,
    enough: Callable[[], bool] = lambda: False,
) -> Failure | None:
    """Ask the judge in `seat` for every call, at most `concurrency` at a time; the failure, when the judge is gone.

    What was not asked then stays to be done, and so does what is left once there was `enough`. `seat` brings the template for pairs.
    """
    waiting = iter(calls)
    gone: list[Failure] = []

    async def work() -> None:
        while not gone and (call := next(waiting, None)) is not None:
            if enough():
                return
            reply = await ask_pair(call, seat, ask, deadline=deadline)
            if isinstance(reply, Preferred):
                await keep(
                    PairVerdict(
                        key=call.key,
                        evaluation=evaluation,
                        judge=seat.model.name,
                        prompt=call.prompt.id,
                        preference=reply.preference,
                        rationale=reply.rationale,
                        planted=call.planted,
                        created_at=now(),
                        raw=reply.raw,
                    )
                )
                continue
            await fail(call.key, reply)
            if reply.kind in JUDGE_IS_GONE | OUT_OF_REACH:
                gone.append(reply)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(max(1, min(concurrency, len(calls)))):
                group.create_task(work())
    except ExceptionGroup as several:
        raise several.exceptions[0] from several
    return gone[0] if gone else None
