"""Read an evaluation while it runs: how far it is, and its answers page by page."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from service.domain.evaluations import Evaluation, Foreseen, Progress, Spec, Status
from service.domain.events import EventType
from service.domain.findings import Item
from service.domain.responses import Slot
from service.gathering import items_of, seat_of, work_for, work_of
from service.keeping import House, birds_for, examined_in, reach
from service.progressing import progress_of
from service.store import canaries, events, judgings, progress, qualifications, responses, verdicts


async def follow(evaluation: Evaluation, house: House) -> Progress:
    """Return how far `evaluation` is, without scoring anything."""
    found = progress_of(evaluation, await progress.count(house.database, evaluation.id))
    if evaluation.status is not Status.RUNNING:
        waits = None if evaluation.status.over else "it does not run now"
        return replace(found, seconds_left_reason=waits)
    told = await events.last(house.database, evaluation.id, EventType.PROGRESS)
    if told is None or told.what.progress is None:
        return replace(found, seconds_left_reason="it has only begun")
    left, reason = told.what.progress.seconds_left, told.what.progress.seconds_left_reason
    if left is not None:
        left = max(0.0, round(left - (datetime.now(UTC) - told.at).total_seconds(), 1))
    return replace(found, seconds_left=left, seconds_left_reason=reason)


async def foresee(spec: Spec, answers_of: str, house: House) -> Foreseen:
    """Return what judging the answers of the evaluation `answers_of` as `spec` says would take."""
    answers = await responses.all_of(house.database, answers_of)
    calls = more = wanted = taken = examining = canary = 0
    for judge in spec.judges:
        seat = seat_of(spec, judge)
        work = await asyncio.to_thread(work_for, spec, answers, judge)
        root = reach(spec, seat)
        known = await judgings.known(house.database, sorted(work.asked), root=root)
        calls += len(work.left(known).calls)
        more += len(work.calls) // judge.samples * (judge.most_samples - judge.samples)
        wanted += len(work.asked)
        birds = [one.key for one in birds_for(spec, answers, seat)]
        canary += len(birds) - len(await canaries.known(house.database, birds, root=root))
        taken += len(work.asked & known)
        examined, key = await asyncio.to_thread(examined_in, seat, spec, house.library)
        if await qualifications.find(house.database, key) is None:
            examining += examined.calls
    return Foreseen(
        answers=len(answers),
        judge_calls=calls,
        judge_calls_at_most=calls + more,
        qualification_calls=examining,
        canary_calls=canary,
        verdicts_wanted=wanted,
        verdicts_taken_over=taken,
    )


async def answers_of(
    evaluation: Evaluation,
    house: House,
    *,
    candidate: str | None = None,
    prompt: str | None = None,
    after: Slot | None = None,
    limit: int = 50,
) -> tuple[Item, ...]:
    """Return a page of answers with their verdicts, in canonical order, from behind the slot `after`."""
    answers = await responses.page(
        house.database, evaluation.id, candidate=candidate, prompt=prompt, after=after, limit=limit
    )
    work = work_of(evaluation.spec, answers)
    rows = await verdicts.of_keys(house.database, evaluation.id, work.keys)
    found = await qualifications.of_evaluation(house.database, evaluation.id)
    heard = await verdicts.voices(house.database, evaluation.id)
    items = items_of(evaluation.spec, answers, work, rows, found, heard)
    return tuple(
        sorted(items, key=lambda item: (item.candidate, item.prompt, item.pass_number, item.round_number))
    )
