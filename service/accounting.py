"""Account for every verdict that was wanted: its score, or why there is none, with the judge's reply as it came."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.domain.canaries import CanaryFinding
from service.domain.evaluations import Evaluation, Spec, Status
from service.domain.judged import OutcomeKind, Told
from service.domain.responses import Attempt, Response
from service.domain.stopping import overtaken
from service.domain.verdicts import Verdict
from service.ending import reached, unjudged
from service.gathering import canaries_of, works_of
from service.judge.outcomes import State, places_of
from service.judge.work import Place
from service.store import attempts, canaries, looks, responses, verdicts
from service.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldCanary:
    """How one answer of known grade was graded, with what was put before the judge and what it replied."""

    finding: CanaryFinding
    answer: str | None
    rationale: str | None
    raw: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which verdicts to tell of; ``None`` lets all pass."""

    outcome: OutcomeKind | None = None
    judge: str | None = None
    candidate: str | None = None
    prompt: str | None = None
    facet: str | None = None


async def told_verdicts(
    evaluation: Evaluation, database: Database, sought: Sought, *, start: int = 0, limit: int = 50
) -> tuple[tuple[Told, ...], bool]:
    """Return what became of the wanted verdicts from number `start` on, in canonical order, and whether there are more.

    Only the page's replies are read; to number the verdicts all answers are needed.
    """
    spec = evaluation.spec
    tries: dict[str, list[Attempt]] = {}
    for attempt in await attempts.all_of(database, evaluation.id):
        if attempt.stage == "verdict" and not attempt.forgiven:
            tries.setdefault(attempt.subject, []).append(attempt)
    lost = await attempts.given_up(database, evaluation.id)
    seen = await looks.all_of(database, evaluation.id)
    state = State(
        kept=await verdicts.kept_keys(database, evaluation.id),
        failed={key: found[-1].failure.kind for key, found in tries.items()},
        given_up=frozenset(subject for stage, subject in lost if stage == "verdict"),
        ended=evaluation.status is Status.SUCCEEDED,
        spared=unjudged(spec, reached(spec, seen)),
        out_of_time=overtaken(seen) is not None,
    )
    answers = await responses.all_of(database, evaluation.id)
    # Thousands of fingerprints: not on the event loop that answers everybody else.
    found = await asyncio.to_thread(lambda: list(_fitting(spec, answers, state, sought)))
    shown = found[start : start + limit]
    rows = await verdicts.of_keys(database, evaluation.id, [place.key for _, place, _ in shown])
    kept = {row.key: row for row in rows}
    told = tuple(
        _told(judge, place, outcome, kept.get(place.key), tries.get(place.key, []))
        for judge, place, outcome in shown
    )
    return told, len(found) > start + limit


def _fitting(
    spec: Spec, answers: Sequence[Response], state: State, sought: Sought
) -> Iterator[tuple[str | None, Place, OutcomeKind]]:
    wanted = {name: getattr(sought, name) for name in ("judge", "candidate", "prompt", "facet", "outcome")}
    asked = {judge.model: judge.samples for judge in spec.judges}
    for judge, place, check in places_of(works_of(spec, answers)):
        further = judge is not None and place.sample > asked[judge]
        if further and place.key not in state.kept and place.key not in state.failed:
            continue  # a sample that was not needed
        by, outcome = None if check else judge, state.outcome(place, check=check)
        own = (by, place.slot.candidate, place.slot.prompt, place.facet, outcome)
        if all(one in {None, mine} for one, mine in zip(wanted.values(), own, strict=True)):
            yield by, place, outcome


def _told(
    judge: str | None, place: Place, outcome: OutcomeKind, kept: Verdict | None, tries: Sequence[Attempt]
) -> Told:
    slot, last = place.slot, None if kept is not None or not tries else tries[-1].failure
    return Told(
        candidate=slot.candidate,
        prompt=slot.prompt,
        pass_number=slot.pass_number,
        round_number=slot.round_number,
        facet=place.facet,
        judge=judge,
        sample=place.sample,
        outcome=outcome,
        score=None if kept is None else kept.score,
        rationale=None if kept is None else kept.rationale,
        raw=kept.raw if kept is not None else last.raw if last is not None else None,
        failure=None if last is None else last.kind,
        message=None if last is None else last.message,
        tries=len(tries),
    )


async def told_canaries(evaluation: Evaluation, database: Database) -> tuple[ToldCanary, ...]:
    """Return how each answer of known grade was graded, with the judge's reply."""
    rows = await canaries.all_of(database, evaluation.id)
    tried = await attempts.all_of(database, evaluation.id)
    kept = {(row.judge, row.name): row for row in rows}
    failed = {one.subject: one.failure.raw for one in tried if one.stage == "canary" and not one.forgiven}
    return tuple(
        ToldCanary(
            finding=one,
            answer=row.answer if row is not None else None,
            rationale=row.rationale if row is not None else None,
            raw=row.raw if row is not None else failed.get(f"{one.judge}/{one.name}"),
        )
        for one in canaries_of(evaluation.spec, rows, tried)
        for row in (kept.get((one.judge, one.name)),)
    )
