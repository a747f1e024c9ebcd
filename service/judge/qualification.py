"""The examination held: a judge that cannot tell a planted fault from the reference answer may not decide a facet.

For the judge as a whole: at least 99 % of the replies hold scores, more than two of the five scores are used, and it stands
the probes. For each facet and each fault that the rubric says must lower it: at least 80 % of the degraded answers score
below the reference answer of the same prompt, and so many that chance could not have done it. Who misses faults of content
only is right about form. A reply without scores detects nothing.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from service.domain.asking import Ask
from service.domain.failures import OF_THE_ENDPOINT, Failure, FailureKind
from service.domain.rubrics import Degradation, Facet
from service.domain.verdicts import FacetStanding, Probe, Qualification, Terms, Trial
from service.judge.asking import ask_judge
from service.judge.examination import Examination, Sheet
from service.judge.parsing import Reply
from service.judge.probes import BARS, LEAST_TRIED, Scores, faults, probed
from service.judge.seats import Seat
from service.judge.shares import wilson
from service.judge.verdicts import JUDGE_IS_GONE, Now
from service.judge.work import JudgeCall, judge_calls
from service.library.fingerprints import fingerprint

LEAST_VALID = 0.99
LEAST_SCORES_USED = 3
LEAST_DETECTED = 0.8
CHANCE = 0.4
"""How often one of two scores drawn at random is below the other: the interval of the share detected must be above."""
HOPELESS = 0.1
"""Share of calls without scores at which asking on would change nothing."""
NOBODY_TO_ASK = JUDGE_IS_GONE | OF_THE_ENDPOINT
OF_CONTENT: frozenset[Degradation] = frozenset({"wrong_fact", "off_topic"})


def qualification_key(examined: Examination, seat: Seat, seed: int) -> str:
    """Return the content address of the examination: it need not be repeated while this stays the same."""
    examples = any(facet.examples for facet in examined.facets) and seat.template.of_examples
    return fingerprint(
        {
            **({"shown_by": examples} if examples else {}),
            "judge": seat.identity,
            **examined.content,
            "bars": [LEAST_VALID, LEAST_SCORES_USED, LEAST_DETECTED, LEAST_TRIED, CHANCE, dict(BARS)],
            "seed": seed if seat.judge.temperature > 0 else None,
        }
    )


def _gone() -> bool:
    """Take a judge that gave no answer in time for dead."""
    return False


def _unheard(_asked: int) -> None:
    """Tell nobody how far it is."""


async def qualify(
    examined: Examination,
    seat: Seat,
    *,
    seed: int,
    ask: Ask,
    now: Now,
    deadline: float,
    concurrency: int = 1,
    heard: Callable[[int], None] = _unheard,
    alive: Callable[[], bool] = _gone,
) -> Qualification | Failure:
    """Put the sheets before the judge, at most `concurrency` calls at a time, and say which facets it may decide.

    Parameters
    ----------
    heard
        Told after each call how many have been made.
    alive
        Whether the judge's process is there: a call that hangs is then one bad reply.

    Returns
    -------
    Qualification or Failure
        A failure only when there is nobody to ask: the judge's process died or was killed, or its endpoint cannot be
        reached or wants another key. That says nothing against the judge. Bad replies are part of the result.
    """
    hall = _Hall(calls=_calls(examined, seat, seed), scores=[{} for _ in examined.sheets], alive=alive)

    async def sit_down() -> None:
        while (paper := hall.next(examined.calls)) is not None:
            hall.take(paper.at, await ask_judge(paper.call, paper.seat, ask, deadline=deadline))
            heard(hall.asked)

    await asyncio.gather(*(sit_down() for _ in range(max(1, min(concurrency, examined.calls)))))
    if hall.gone is not None:
        return hall.gone
    asked, valid, scores = hall.counted, hall.valid, hall.scores
    spread = len({score for given in scores for score in given.values()})
    probes = probed(examined.sheets, scores)
    general = _general_fault(asked, valid, spread, probes)
    pairs = _pairs(examined.sheets, scores)
    standings = [
        replace(_standing(facet, pairs, general), probes=probes if pairs else ()) for facet in examined.facets
    ]
    standings += [
        FacetStanding(facet=name, standing="qualified", reason="decided by a check on every prompt")
        for name in examined.checked
    ]
    return Qualification(
        key=qualification_key(examined, seat, seed),
        judge=seat.model.name,
        asked=asked,
        valid=valid,
        spread=spread,
        facets=tuple(standings),
        created_at=now(),
        terms=Terms(
            rubric=examined.rubric,
            template=seat.template.name,
            mode=seat.judge.mode,
            output=seat.output,
            examination=seat.judge.examination,
            version=seat.model.version,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paper:
    """One call of one sheet."""

    at: int
    call: JudgeCall
    seat: Seat


@dataclass(slots=True, kw_only=True)
class _Hall:
    """What the calls in flight share; `counted` leaves out what did not fit the judge's context."""

    calls: Iterator[_Paper]
    scores: list[dict[str, int]]
    alive: Callable[[], bool]
    asked: int = 0
    counted: int = 0
    valid: int = 0
    gone: Failure | None = None

    def next(self, total: int) -> _Paper | None:
        """Return the next call; ``None`` at the end, when the judge is gone, or when asking on would change nothing."""
        hopeless = self.counted - self.valid > HOPELESS * total
        return None if self.gone is not None or hopeless else next(self.calls, None)

    def take(self, at: int, reply: Reply | Failure) -> None:
        """Note what a call brought for the sheet `at`."""
        self.asked += 1
        if isinstance(reply, Reply):
            self.scores[at] |= reply.scores
            self.valid += 1
        elif reply.kind in NOBODY_TO_ASK and not (reply.kind is FailureKind.TIMED_OUT and self.alive()):
            self.gone = self.gone or reply
            return
        self.counted += isinstance(reply, Reply) or reply.kind is not FailureKind.OVER_CONTEXT


def _calls(examined: Examination, seat: Seat, seed: int) -> Iterator[_Paper]:
    """Yield the calls of all sheets in their order."""
    for at, sheet in enumerate(examined.sheets):
        shown = _turned(seat) if sheet.probe == "level_order" else seat
        sample = 2 if sheet.probe == "repeat" else 1
        for call in judge_calls(shown, sheet.prompt, sheet.answer, sheet.facets, seed=seed, sample=sample):
            # Asked again just as before: what is examined is the first sample, with which every score begins.
            asked = replace(call, temperature=seat.judge.temperature)
            yield _Paper(at=at, call=asked, seat=shown)


def _turned(seat: Seat) -> Seat:
    """Return the seat with a template that lists the levels from 5 to 1."""
    lines = seat.template.facet.splitlines()
    places = [at for at, line in enumerate(lines) if "{{level_" in line]
    turned = {at: lines[other] for at, other in zip(places, reversed(places), strict=True)}
    facet = "\n".join(turned.get(at, line) for at, line in enumerate(lines))
    return replace(seat, template=replace(seat.template, facet=facet))


Pairs = Mapping[tuple[str, Degradation], tuple[Scores, Scores]]
"""Scores of the reference and of a degraded copy, by prompt and fault."""


def _pairs(sheets: Sequence[Sheet], scores: Sequence[Scores]) -> Pairs:
    planted = [(sheet, given) for sheet, given in zip(sheets, scores, strict=True) if sheet.probe is None]
    best = {sheet.prompt.id: given for sheet, given in planted if sheet.degradation is None}
    return {
        (sheet.prompt.id, sheet.degradation): (best[sheet.prompt.id], given)
        for sheet, given in planted
        if sheet.degradation is not None
    }


def _general_fault(asked: int, valid: int, spread: int, probes: Sequence[Probe]) -> str | None:
    """Say what disqualifies the judge as a whole; ``None`` when nothing does."""
    if not asked:
        return None
    if valid < LEAST_VALID * asked:
        return f"barred because {valid} of {asked} replies held scores ({LEAST_VALID:.0%} are needed)"
    if spread < LEAST_SCORES_USED:
        return f"barred because it used {spread} of the five scores ({LEAST_SCORES_USED} are needed)"
    failed = faults(probes)
    return f"barred because {' and '.join(failed)}" if failed else None


def _standing(facet: Facet, pairs: Pairs, general: str | None) -> FacetStanding:
    trials = tuple(_trial(facet, kind, pairs) for kind in facet.degraded_by)
    tried = sum(trial.tried for trial in trials)
    missed = [trial for trial in trials if not _detected(trial)]
    seen = [trial for trial in trials if trial.tried and _detected(trial)]
    if not facet.degraded_by:
        reason = "cannot be examined: the rubric names no fault that lowers this facet (degraded_by)"
    elif not pairs:
        reason = "cannot be examined: no prompt has a reference"
    elif tried < LEAST_TRIED:
        reason = f"cannot be examined: {tried} of at least {LEAST_TRIED} planted faults"
    elif general is not None:
        reason = general
    elif not missed:
        reason = f"detected planted faults: {_told(seen)}"
        return FacetStanding(facet=facet.name, standing="qualified", reason=reason, trials=trials)
    elif seen and all(trial.degradation in OF_CONTENT for trial in missed):
        reason = (
            f"right about form only: it detected {_told(seen)} and missed faults of content: {_told(missed)}"
        )
        return FacetStanding(facet=facet.name, standing="form_only", reason=reason, trials=trials)
    else:
        reason = f"barred because it missed planted faults: {_told(missed)}"
    return FacetStanding(facet=facet.name, standing="barred", reason=reason, trials=trials)


def _trial(facet: Facet, kind: Degradation, pairs: Pairs) -> Trial:
    """Compare every answer degraded in this way with the reference answer of the same prompt."""
    compared = [found for (_, degradation), found in pairs.items() if degradation == kind]
    usable = [(best, worse) for best, worse in compared if facet.name in best and facet.name in worse]
    detected = sum(worse[facet.name] < best[facet.name] for best, worse in usable)
    sure = wilson(detected, len(compared))
    return Trial(
        degradation=kind,
        tried=len(compared),
        detected=detected,
        unusable=len(compared) - len(usable),
        low=sure.low,
        high=sure.high,
    )


def _detected(trial: Trial) -> bool:
    """Whether the fault was seen often enough, and more often than by chance; what was not tried was not missed."""
    if not trial.tried:
        return True
    return trial.detected >= LEAST_DETECTED * trial.tried and (trial.low or 0.0) > CHANCE


def _told(trials: Sequence[Trial]) -> str:
    return ", ".join(f"{trial.degradation} {trial.detected} of {trial.tried}" for trial in trials)
