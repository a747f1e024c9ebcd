"""More samples where they decide: after each round of a judge, who is still in play and which of their scores are in doubt.

A round is decided by the verdicts of the rounds before it and nothing else. So it comes out the same whenever it is asked for,
a judge that was interrupted is asked for the same again, and what is kept by then is not repeated.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from service.domain.evaluations import Evaluation
from service.domain.findings import Findings
from service.domain.models import Judge
from service.domain.responses import Response, Slot
from service.domain.verdicts import Qualification, Verdict
from service.gathering import Rows, seat_of, work_for
from service.judge.jury import jury_of
from service.judge.work import Work
from service.keeping import House, Verdicts, take_over
from service.remembering import Survey
from service.store import qualifications
from service.surveying import read, score

NOTHING = Work(places=(), checks=(), calls=())


@dataclass(slots=True, kw_only=True)
class Rounds:
    """The further samples of one judge, round by round.

    Attributes
    ----------
    examination
        Key of the judge's own examination, which is linked to the evaluation only once the judge is done.
    choose
        Ranks what is known.
    """

    evaluation: Evaluation
    judge: Judge
    examination: str
    house: House
    book: Verdicts
    choose: Callable[[Survey], Findings]
    _rounds: list[Work] = field(default_factory=list)

    async def more(self) -> Work:
        """Return what is left of the round under way or, once nothing is, of the next; nothing when no round is needed."""
        while True:
            if self._rounds:
                left = self._rounds[-1].left(await self.book.kept(), await self.book.given_up())
                if left.calls:
                    return left
                if not self._rounds[-1].calls:
                    return NOTHING
            sample = self.judge.samples + len(self._rounds) + 1
            if sample > self.judge.most_samples:
                return NOTHING
            self._rounds.append(await self._decide(sample))
            seat = seat_of(self.evaluation.spec, self.judge)
            await take_over(self.evaluation, self.house, seat, self._rounds[-1].asked)
            await self.book.want(self.judge.model, sum(len(one.asked) for one in self._rounds))

    async def _decide(self, sample: int) -> Work:
        rows = await read(self.evaluation.id, self.house.database)
        own = await qualifications.find(self.house.database, self.examination)
        voice = f"judge:{self.judge.model}"
        before = replace(
            rows,
            verdicts=tuple(one for one in rows.verdicts if one.by != voice or one.sample < sample),
            qualifications=tuple(
                {one.key: one for one in (*rows.qualifications, *([own] if own else []))}.values()
            ),
        )
        # Arithmetic: not on the event loop that answers everybody else.
        return await asyncio.to_thread(self._doubtful, before, own, sample)

    def _doubtful(self, rows: Rows, own: Qualification | None, sample: int) -> Work:
        """Return the calls for this sample of what is in doubt by the rows of the samples before it."""
        from service.rank.doubts import in_doubt, in_play  # numpy, which nobody else needs to begin

        spec, judge = self.evaluation.spec, self.judge
        ranking = self.choose(score(self.evaluation, rows)).ranking
        open_ = in_play(
            ranked=ranking.candidates,
            prompts=len(spec.prompt_set.prompts),
            confidence=spec.profile.confidence,
        )
        if not open_:
            return NOTHING
        jury = jury_of(spec, rows.qualifications, {one.by for one in rows.verdicts})
        weighty = {facet.name for facet in spec.rubric.facets if facet.weight > 0}
        repeat = _repeated(own)
        doubtful = {
            (slot, facet)
            for (slot, facet), given in self._given(rows.answers, rows.verdicts, sample).items()
            if slot.candidate in open_
            and facet in weighty
            and judge.model in jury.voters(facet, slot.candidate)
            and in_doubt(scores=[one.score for one in given], expectation=_expected(given), repeat=repeat)
        }
        return work_for(spec, rows.answers, judge, (sample,)).only(doubtful)

    def _given(
        self, answers: Sequence[Response], verdicts: Sequence[Verdict], sample: int
    ) -> Mapping[tuple[Slot, str], list[Verdict]]:
        """Return what this judge said so far of each facet of each answer."""
        by_key = {one.key: one for one in verdicts}
        found: dict[tuple[Slot, str], list[Verdict]] = {}
        for place in work_for(self.evaluation.spec, answers, self.judge, range(1, sample)).places:
            if place.key in by_key and by_key[place.key].by == f"judge:{self.judge.model}":
                found.setdefault((place.slot, place.facet), []).append(by_key[place.key])
        return found


def _repeated(own: Qualification | None) -> float | None:
    """Return the share of answers on which the judge repeated itself when it was examined."""
    probes = own.facets[0].probes if own is not None and own.facets else ()
    repeat = next((one for one in probes if one.name == "repeat"), None)
    return repeat.held / repeat.tried if repeat is not None and repeat.tried else None


def _expected(given: Sequence[Verdict]) -> float | None:
    """Return the level that this judge's probabilities come to, where its endpoint tells them."""
    known = [one.expectation for one in given if one.expectation is not None]
    return sum(known) / len(known) if known else None
