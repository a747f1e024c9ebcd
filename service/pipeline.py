"""The map: five steps from an accepted evaluation to a recommendation. Read this first.

1. measure   every candidate answers every prompt, timed, in a process of its own
2. judge     every answer is scored by a check or by a qualified judge, or a failure is recorded
3. score     verdicts and samples become estimates with intervals
4. rank      estimates become gates, utilities, a ranking and a recommendation
5. report    all of it becomes JSON, CSV, Markdown or HTML, where a report is asked for (`service.report`)

`run` does steps 1 and 2, which cost time: what is kept is never asked again, so it can be stopped anywhere and run
again. `find` does steps 3 (`service.surveying`) and 4 from the stored rows, as often as anybody likes.
"""

import asyncio
from dataclasses import replace
from functools import partial

from service import __version__
from service.budgeting import measuring_budget
from service.domain.evaluations import Evaluation
from service.domain.findings import Findings
from service.domain.pairs import SideBySide
from service.domain.selection import Profile, Ranking
from service.ending import told
from service.errors import ServiceError
from service.gathering import warned
from service.keeping import House, measuring_ports, unexamined
from service.library import Library
from service.measure.answers import measure_candidate
from service.measure.schedule import candidate_order
from service.pairing import Tie
from service.progressing import measured
from service.remembering import Draw, Survey, draw_anew
from service.sittings import judge_all
from service.store import attempts, evaluations, paces, progress
from service.surveying import one_thread, read, score, survey
from service.telling import Teller, telling

TOO_SHORT = "The time budget was over before the first answer: raise time_budget, or leave it out."


async def run(identity: str, house: House) -> None:
    """Take the evaluation called `identity` through the steps that ask models.

    Raises
    ------
    NotFound
        If it was deleted.
    ServiceError
        If no candidate gave a single answer: there is nothing to rank.
    """
    evaluation = await evaluations.get(house.database, identity)
    with house.watch.traces.during("evaluation", {"slm_judge.evaluation": identity}):
        await _run(evaluation, house)


async def _run(evaluation: Evaluation, house: House) -> None:
    before = await progress.count(house.database, evaluation.id)
    versions = [(model.name, model.version) for model in evaluation.spec.models]
    known = await paces.known(house.database, evaluation.spec.device, versions)
    ahead = await unexamined(evaluation.spec, house.database, house.library)
    async with telling(evaluation, house.database, before.active_seconds, known, ahead) as teller:
        if evaluation.spec.source is None and not measured(evaluation.spec, before):
            await _measure(evaluation, house, teller)
        if not (await progress.count(house.database, evaluation.id)).answers:
            tries = await attempts.all_of(house.database, evaluation.id)
            reasons = {attempt.failure.message for attempt in tries} or {TOO_SHORT}
            raise ServiceError(f"No candidate gave an answer: {' '.join(sorted(reasons))}")
        by = partial(_rank_by, evaluation, house)
        tie = Tie(evaluation, house, teller, partial(_tied, evaluation, house))
        await judge_all(evaluation, house, teller, by, lambda found: choose(found, house.library), tie)


async def _measure(evaluation: Evaluation, house: House, teller: Teller) -> None:
    """Step 1, candidate by candidate: nothing else runs on the device while one is timed."""
    spec = evaluation.spec
    candidates = {candidate.name: candidate for candidate in spec.candidates}
    budget = measuring_budget(spec, lambda: teller.active)
    turns = [(number, name) for number in range(1, spec.passes + 1) for name in candidate_order(spec, number)]
    for at, (pass_number, name) in enumerate(turns):
        ports = await measuring_ports(evaluation, house, teller, budget.slice(len(turns) - at))
        async with teller.stint("candidate", spec.model(candidates[name].model)):
            await measure_candidate(evaluation, candidates[name], pass_number, ports)


async def _rank_by(evaluation: Evaluation, house: House, prompts: int) -> Ranking:
    """Rank by the scores on the first so many prompts in drawn order, to see whether more could change the choice."""
    rows = await read(evaluation.id, house.database)
    surveyed = await asyncio.to_thread(score, evaluation, rows, prompts)
    return (await asyncio.to_thread(choose, surveyed, house.library)).ranking


async def _tied(evaluation: Evaluation, house: House) -> tuple[str, ...]:
    """Return the candidates of a tie among whom there is something to choose by the verdicts kept so far; else none."""
    from service.rank.recommend import undetermined

    found = await find(evaluation, house)
    return undetermined(found.ranking.candidates, found.profile)


async def find(evaluation: Evaluation, house: House, profile: Profile | None = None) -> Findings:
    """Score and rank what is stored of `evaluation`, by its own profile or by another one.

    The use that the licence must allow is the evaluation's own, unless another profile brings its own.
    """
    surveyed, key = await survey(evaluation, house)
    draw = partial(house.memory.drawn, key)
    # Arithmetic: not on the event loop that answers everybody else.
    return await asyncio.to_thread(choose, surveyed, house.library, profile, draw=draw)


def choose(
    surveyed: Survey, library: Library, profile: Profile | None = None, *, draw: Draw = draw_anew
) -> Findings:
    """Step 4: measurements to a ranking and a recommendation."""
    from service.rank.order import rank
    from service.score.evidence import against
    from service.score.side_by_side import side_by_side

    one_thread()
    spec = surveyed.evaluation.spec
    terms = profile or replace(spec.profile, use=spec.use)
    licences = library.licences()
    scores = tuple(
        replace(one, licence=licences.terms(spec.model(one.model).licence, terms.use, one.model))
        for one in surveyed.scores
    )
    met: list[SideBySide] = []

    def settle(tied: tuple[str, ...]) -> tuple[str, str] | None:
        if surveyed.order is None:
            return None
        met.append(side_by_side(meetings=surveyed.meetings, candidates=tied, standing=surveyed.order))
        return None if met[0].preferred is None else (met[0].preferred, met[0].reason)

    ranking = rank(scores=scores, profile=terms, drawn=draw(scores, terms, spec.seed), settle=settle)
    made = warned(ranking.recommendation, surveyed.canaries)
    ranking = replace(ranking, recommendation=told(made, surveyed.progress, spec, terms))
    first = next((one.candidate for one in ranking.candidates if one.rank == 1), None)
    return Findings(
        evaluation=surveyed.evaluation,
        progress=surveyed.progress,
        scores=scores,
        ranking=ranking,
        profile=terms,
        qualifications=surveyed.qualifications,
        loads=surveyed.loads,
        attempts=surveyed.attempts,
        samples=surveyed.samples,
        version=__version__,
        evidence=against(found=surveyed.evidence, scores=scores, first=first),
        people=surveyed.people,
        looks=surveyed.looks,
        outcomes=surveyed.outcomes,
        bias=surveyed.bias,
        canaries=surveyed.canaries,
        side_by_side=met[0] if met else None,
    )
