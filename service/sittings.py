"""Step 2 of an evaluation: checks first, then each judge is examined and scores what is left to it, in batches.

A batch is whole prompts, the answers of all candidates. Where judging may stop early there is a look at the ranking after
each; it is kept, so that a run that goes on after an interruption takes the same path. Where it may not, everything is one
batch. Once the time budget is over no judge is asked any more, and what was not reached is noted.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from service.budgeting import judging_budget
from service.domain.evaluations import Evaluation
from service.domain.findings import Findings
from service.domain.models import Judge
from service.domain.responses import Response
from service.domain.selection import Ranking
from service.domain.stopping import Look, looks_at, taken
from service.ending import reached
from service.gathering import seat_of, work_for
from service.judge import Examination, Work, check_answers
from service.judge.canaries import CanaryCall
from service.judge.sitting import sit
from service.judge.work import merged
from service.keeping import House, Verdicts, birds_for, examined_in, judging_ports, now, take_over
from service.pairing import Tie
from service.remembering import Survey
from service.sampling import NOTHING, Rounds
from service.store import looks, qualifications, responses
from service.telling import Teller

RankBy = Callable[[int], Awaitable[Ranking]]
"""Ranks by the scores on the first so many prompts in drawn order."""


Choose = Callable[[Survey], Findings]
"""Ranks what is known."""


async def judge_all(
    evaluation: Evaluation, house: House, teller: Teller, rank_by: RankBy, choose: Choose, tie: Tie
) -> None:
    """Judge what is left, until nothing is or until more could not change the choice; then what is in doubt once more.

    In the end candidates that are tied are compared, by the judge that is still loaded where it can.
    """
    spec, database = evaluation.spec, house.database
    answers = await responses.all_of(database, evaluation.id)
    book = Verdicts(
        evaluation=evaluation.id, database=database, teller=teller, metrics=house.watch.metrics, by="check"
    )
    # Thousands of fingerprints: not on the event loop that answers everybody else.
    works = {judge.model: await asyncio.to_thread(work_for, spec, answers, judge) for judge in spec.judges}
    parts = list(works.values()) or [await asyncio.to_thread(work_for, spec, answers, None)]
    work = await asyncio.to_thread(merged, parts)
    await book.want("first", len(work.keys))
    checks = (await asyncio.to_thread(work.left, await book.kept())).checks
    await check_answers(checks, evaluation=evaluation.id, keep=book.keep, fail=book.fail, now=now)
    course = await _resumed(evaluation, house, book, works, rank_by)
    budget = judging_budget(spec, lambda: teller.active)
    tie.enough = budget.enough
    desks = [await _desk(evaluation, house, teller, book, judge, answers, choose) for judge in spec.judges]
    if len(desks) == 1:
        # A single judge stays loaded from batch to batch; several would not fit side by side.
        left = partial(course.left_or_next, desks[0].judge)
        await desks[0].sit(left, course.shorten, enough=budget.enough, tie=tie)
    elif len(course.ends) == 1:
        for at, desk in enumerate(desks):
            enough = budget.slice(len(desks) - at)
            last = tie if desk is desks[-1] else None
            await desk.sit(partial(course.left, desk.judge), None, enough=enough, tie=last)
    else:
        await _sit_by_turns(desks, course, budget.enough, tie)
    await course.shorten()
    if budget.cut:
        await course.note_the_end()
    else:
        await tie.after()


async def _sit_by_turns(
    desks: Sequence["Desk"], course: "Course", enough: Callable[[], bool], tie: Tie
) -> None:
    """Have several judges sit batch by batch; what is in doubt comes in the end, when it is known what counts."""
    going_on = True
    while going_on:
        for desk in desks:
            await desk.sit(partial(course.left, desk.judge), None, enough=enough, further=False)
        going_on = not await course.stuck() and await course.go_on()
    await course.shorten()
    for desk in desks:
        last = tie if desk is desks[-1] else None
        await desk.sit(partial(course.left, desk.judge), None, enough=enough, tie=last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One judge with all that its sittings need."""

    evaluation: Evaluation
    house: House
    teller: Teller
    judge: Judge
    examined: Examination
    rounds: Rounds
    birds: tuple[CanaryCall, ...]

    async def sit(
        self,
        left: Callable[[], Awaitable[Work]],
        before_more: Callable[[], Awaitable[None]] | None,
        *,
        enough: Callable[[], bool],
        further: bool = True,
        tie: Tie | None = None,
    ) -> None:
        """Judge what is left, then further samples of what is in doubt, until there was `enough`; the last breaks the tie."""
        evaluation, house = self.evaluation, self.house
        spec, seat = evaluation.spec, seat_of(evaluation.spec, self.judge)

        async def more() -> Work:
            if before_more is not None:
                await before_more()
            return await self.rounds.more() if further else NOTHING

        known = await qualifications.find(house.database, self.rounds.examination)
        if known:
            # Before the first look: whether a score may decide hangs on it.
            await qualifications.link(house.database, evaluation.id, self.rounds.examination)
        async with self.teller.stint("judge", seat.model):
            await sit(
                seat,
                left,
                evaluation=evaluation.id,
                examined=None if known else self.examined,
                seed=spec.seed,
                deadline=spec.deadline,
                concurrency=house.crowding.most(seat.model),
                ports=judging_ports(evaluation, house, seat, self.teller, more, self.birds, enough),
                then=None
                if tie is None or spec.pairs is None
                else partial(tie.with_last, self.rounds.examination),
            )


async def _desk(
    evaluation: Evaluation,
    house: House,
    teller: Teller,
    book: Verdicts,
    judge: Judge,
    answers: Sequence[Response],
    choose: Choose,
) -> Desk:
    spec, seat = evaluation.spec, seat_of(evaluation.spec, judge)
    examined, key = await asyncio.to_thread(examined_in, seat, spec, house.library)
    birds = await asyncio.to_thread(birds_for, spec, answers, seat)
    await take_over(evaluation, house, seat, (), birds)
    rounds = Rounds(
        evaluation=evaluation, judge=judge, examination=key, house=house, book=book, choose=choose
    )
    return Desk(
        evaluation=evaluation,
        house=house,
        teller=teller,
        judge=judge,
        examined=examined,
        rounds=rounds,
        birds=birds,
    )


@dataclass(slots=True, kw_only=True)
class Course:
    """Which batch is being judged; `ends` says after how many prompts each of them ends."""

    evaluation: Evaluation
    house: House
    book: Verdicts
    works: Mapping[str, Work]
    rank_by: RankBy
    ends: tuple[int, ...]
    looks: list[Look]
    at: int = 0
    _taken: set[tuple[str, int]] = field(default_factory=set)

    async def left(self, judge: Judge) -> Work:
        """Return what is left to a judge up to the end of this batch."""
        evaluation = self.evaluation
        work = self.works[judge.model]
        if len(self.ends) > 1 or evaluation.spec.time_budget is not None:
            # However early it ends, what was judged is a fair sample.
            work = work.on(evaluation.spec.drawn_order()[: self.ends[self.at]])
        if (judge.model, self.at) not in self._taken:
            await take_over(evaluation, self.house, seat_of(evaluation.spec, judge), work.asked)
            self._taken.add((judge.model, self.at))
        kept, lost = await self.book.kept(), await self.book.given_up()
        return await asyncio.to_thread(work.left, kept, lost)

    async def left_or_next(self, judge: Judge) -> Work:
        """Return what is left to the only judge; once a batch is done that is the next one, if there is to be one."""
        left = await self.left(judge)
        while not left.calls and await self.go_on():
            left = await self.left(judge)
        return left

    async def stuck(self) -> bool:
        """Return whether a judge left something undone: it is gone for good, and so is what hangs on it."""
        return any([(await self.left(judge)).calls for judge in self.evaluation.spec.judges])

    async def go_on(self) -> bool:
        """Begin the next batch unless this was the last one, or a look says that it may be."""
        if self.at == len(self.ends) - 1:
            return False
        if self.evaluation.spec.stop_when is not None and (await self._look()).decision == "stop":
            return False
        self.at += 1
        return True

    async def shorten(self) -> None:
        """Want no more than what judging came to, where it ended early."""
        prompts = reached(self.evaluation.spec, self.looks)
        if prompts is not None:
            order = self.evaluation.spec.drawn_order()[:prompts]
            await self.book.want(
                "first", len({key for work in self.works.values() for key in work.on(order).keys})
            )

    async def note_the_end(self) -> None:
        """Note what the time did not reach, if anything, and want no more than that."""
        missing, wanted = await self.book.shorten()
        if missing:
            note = Look(
                evaluation=self.evaluation.id,
                number=len(self.looks) + 1,
                prompts=self.ends[self.at],
                leader=None,
                p_within=None,
                bar=None,
                decision="out_of_time",
                reason=f"{missing} of {wanted} verdicts",
                created_at=now(),
            )
            await looks.keep(self.house.database, note)

    async def _look(self) -> Look:
        from service.rank.stopping import look_at

        spec, prompts = self.evaluation.spec, self.ends[self.at]
        known = next((one for one in self.looks if one.prompts == prompts), None)
        if known is not None or spec.stop_when is None:
            return known or self.looks[-1]
        step = look_at(
            await self.rank_by(prompts), spec.profile, prompts=prompts, confidence=spec.stop_when.confidence
        )
        look = Look(
            evaluation=self.evaluation.id,
            number=len(self.looks) + 1,
            prompts=prompts,
            leader=step.leader,
            p_within=step.p_within,
            bar=step.bar,
            decision="stop" if step.stop else "go_on",
            reason=step.reason,
            created_at=now(),
        )
        await looks.keep(self.house.database, look)
        self.looks.append(look)
        return look


async def _resumed(
    evaluation: Evaluation, house: House, book: Verdicts, works: Mapping[str, Work], rank_by: RankBy
) -> Course:
    """Return where judging is: behind the last look that said to go on."""
    spec, found = evaluation.spec, await looks.all_of(house.database, evaluation.id)
    prompts = len(spec.prompt_set.prompts)
    rule = spec.stop_when
    ends = (
        (prompts,) if rule is None else looks_at(prompts=prompts, batch=rule.batch, judges=len(spec.judges))
    )
    passed = max((one.prompts for one in found if one.decision == "go_on"), default=0)
    at = next((index for index, end in enumerate(ends) if end > passed), len(ends) - 1)
    return Course(
        evaluation=evaluation,
        house=house,
        book=book,
        works=works,
        rank_by=rank_by,
        ends=ends,
        looks=list(taken(found)),
        at=at,
    )
