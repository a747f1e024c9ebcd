"""Surveying: step 3 from stored rows, as rarely as can be; what it comes to is kept beside them once an evaluation is over.

Reading and scoring thousands of rows takes seconds; what comes of it is a third of a megabyte. It is found again only while
nothing that it was made from has changed, neither a row nor the code that made it, so nothing is ever stale.
"""

import asyncio
import hashlib
import logging
from dataclasses import replace
from functools import cache
from importlib import metadata
from pathlib import Path

import msgspec

from service.domain.evaluations import Evaluation
from service.domain.findings import Item
from service.ending import facets_of_judges, reached, unjudged
from service.errors import ServiceError
from service.gathering import (
    NOT_LOOKED_UP,
    Rows,
    barred_voices,
    canaries_of,
    items_of,
    loads_of,
    meetings_of,
    outcomes_of,
    telling_samples,
    works_of,
)
from service.judge.jury import kin_of
from service.judge.work import merged
from service.keeping import House
from service.library import Library
from service.progressing import failed_answers, progress_of
from service.remembering import Survey
from service.store import (
    annotations,
    attempts,
    canaries,
    evaluations,
    loads,
    looks,
    pairs,
    progress,
    qualifications,
    responses,
    surveys,
    verdicts,
)
from service.store.changes import Stamp, stamp
from service.store.database import Database

log = logging.getLogger(__name__)

MAKERS = (
    "domain",
    "judge",
    "library",
    "score",
    "ending.py",
    "gathering.py",
    "progressing.py",
    "remembering.py",
    "surveying.py",
)
"""Where the code is that a survey comes of."""


async def survey(evaluation: Evaluation, house: House) -> tuple[Survey, Stamp | None]:
    """Return what the stored rows of `evaluation` say, and what tells this state of it from all others.

    Returns
    -------
    Survey
        Remembered by this process, kept in the database, or made now and kept: equal to the last bit.
    Stamp or None
        ``None`` while the evaluation goes on: nothing of it is kept then.
    """
    key = await _state(evaluation, house.database)
    if key is None:
        return await _make(evaluation, house.database), None
    found = house.memory.surveys.find(key)
    if found is None:
        found = await _kept(key, evaluation, house.database) or await _make_and_keep(key, evaluation, house)
        house.memory.surveys.keep(key, found)
    # It may have been given another name and other labels since.
    return replace(found, evaluation=evaluation), key


async def settle(identity: str, house: House) -> None:
    """Survey an evaluation that has just ended, so that whoever asks for its ranking need not wait for that.

    What goes wrong is logged: the first to ask makes up for it.
    """
    try:
        evaluation = await evaluations.get(house.database, identity)
        if evaluation.status.over:
            await survey(evaluation, house)
    except ServiceError as error:
        log.warning("evaluation %s is surveyed when it is asked for: %s", identity, error)


def prepare(library: Library) -> None:
    """Import what ranking needs and read the licences, which takes a second: behind the start, before the first request."""
    import service.rank.order
    import service.score.evidence
    import service.score.people
    import service.score.side_by_side
    import service.score.summary
    import service.score.sway  # noqa: F401

    one_thread()
    made_by()
    _decoder()
    try:
        library.licence_terms("MIT", "commercial", "any model")
    except ServiceError as error:
        log.warning("the licences cannot be read: %s", error)


@cache
def one_thread() -> None:
    """Leave matrices to one thread, once numpy is there: ours are small, and two take four times as long."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")


@cache
def made_by() -> str:
    """Return what tells the code that makes surveys from any other code, down to the last digit of a figure."""
    found = hashlib.sha256()
    here = Path(__file__).parent
    for maker in MAKERS:
        place = here / maker
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            found.update(b"%b\0%b\0" % (file.name.encode(), file.read_bytes()))
    for library in ("msgspec", "numpy", "scipy"):
        found.update(metadata.version(library).encode())
    return found.hexdigest()


def pack(found: Survey) -> bytes:
    """Return a survey as bytes; numbers keep every bit."""
    return msgspec.msgpack.encode(found)


def unpack(body: bytes) -> Survey:
    """Return the survey in bytes of `pack`."""
    return _decoder().decode(body)


async def _state(evaluation: Evaluation, database: Database) -> Stamp | None:
    """Return what tells the state of an evaluation from all others; ``None`` while it still goes on.

    It is read before the rows: should one be added in between, the state that is remembered never comes again.
    """
    if not evaluation.status.over:
        return None
    found = await stamp(database, evaluation.id)
    return found if found[:2] == (evaluation.status.value, evaluation.attempt) else None


async def _kept(key: Stamp, evaluation: Evaluation, database: Database) -> Survey | None:
    body = await surveys.find(database, evaluation.id, _mark(key))
    return None if body is None else await asyncio.to_thread(unpack, body)


async def _make_and_keep(key: Stamp, evaluation: Evaluation, house: House) -> Survey:
    body = await asyncio.to_thread(pack, await _make(evaluation, house.database))
    try:
        await surveys.keep(house.database, evaluation.id, _mark(key), body)
    except ServiceError as error:  # deleted meanwhile, or the disk is full: whoever asked gets the answer
        log.warning("the survey of evaluation %s is not kept: %s", evaluation.id, error)
    # As it will be read: whoever asks first gets the same bytes as everybody after.
    return await asyncio.to_thread(unpack, body)


async def _make(evaluation: Evaluation, database: Database) -> Survey:
    rows = await read(evaluation.id, database)
    # Arithmetic: not on the event loop that answers everybody else.
    return await asyncio.to_thread(score, evaluation, rows)


def _mark(key: Stamp) -> str:
    """Return the state of the rows and the code as text."""
    return f"{made_by()} {msgspec.json.encode(key).decode()}"


@cache
def _decoder() -> msgspec.msgpack.Decoder[Survey]:
    return msgspec.msgpack.Decoder(Survey)


async def read(evaluation: str, database: Database) -> Rows:
    """Return everything stored of an evaluation."""
    return Rows(
        answers=await responses.all_of(database, evaluation),
        verdicts=await verdicts.all_of(database, evaluation),
        loads=await loads.all_of(database, evaluation),
        attempts=await attempts.all_of(database, evaluation),
        given_up=await attempts.given_up(database, evaluation),
        qualifications=await qualifications.of_evaluation(database, evaluation),
        annotations=await annotations.all_of(database, evaluation),
        canaries=await canaries.all_of(database, evaluation),
        verdicts_wanted=(await progress.count(database, evaluation)).verdicts_wanted,
        looks=await looks.all_of(database, evaluation),
        pairs=await pairs.all_of(database, evaluation),
    )


def score(evaluation: Evaluation, rows: Rows, prompts: int | None = None) -> Survey:
    """Step 3: rows to each candidate's measurements; what the licence allows is left to `choose`.

    Scores on the first `prompts` in drawn order count; ``None``: on all that judging came to.
    """
    # Half a second of numpy and scipy: see `prepare`.
    from service.score.evidence import evidence
    from service.score.people import corrected, people
    from service.score.summary import summarise
    from service.score.sway import sways

    one_thread()
    spec = evaluation.spec
    works = works_of(spec, rows.answers)
    work = merged([each for _, each in works])
    items = items_of(spec, rows.answers, work, rows.verdicts, rows.qualifications)
    own: dict[str, list[Item]] = {candidate.name: [] for candidate in spec.candidates}
    for item in items:
        own[item.candidate].append(item)
    barred = barred_voices(rows.qualifications)
    counts = rows.counts()
    unscored = frozenset(
        (facet.name, prompt.id)
        for prompt in spec.prompt_set.prompts
        for facet in spec.rubric.facets
        if not prompt.scored_on(facet.name)
    )
    passed_over = unjudged(spec, reached(spec, rows.looks) if prompts is None else prompts)
    judged, spared = facets_of_judges(spec), any(one.decision == "stop" for one in rows.looks)
    scores = tuple(
        summarise(
            candidate=candidate,
            model=spec.model(candidate.model),
            prompts=[prompt.id for prompt in spec.prompt_set.prompts],
            rubric=spec.rubric,
            items=own[candidate.name],
            loads=loads_of(candidate.name, rows.loads),
            expected=len(spec.prompt_set.prompts) * spec.rounds * spec.passes,
            failed=failed_answers(spec, candidate.name, len(own[candidate.name]), counts.given_up),
            barred=barred,
            licence=NOT_LOOKED_UP,
            unscored=unscored,
            unjudged=passed_over,
            judged_facets=judged,
            spared=spared,
        )
        for candidate in spec.candidates
    )
    meetings, order = meetings_of(spec, rows.answers, rows.pairs)
    said = people(evaluation=evaluation.id, annotations=rows.annotations, items=items, scores=scores)
    return Survey(
        evaluation=evaluation,
        progress=progress_of(evaluation, counts),
        scores=corrected(scores=scores, found=said),
        evidence=evidence(scores=scores),
        qualifications=rows.qualifications,
        loads=rows.loads,
        attempts=rows.attempts,
        samples=telling_samples(spec, items),
        people=said,
        looks=rows.looks,
        outcomes=outcomes_of(evaluation, works, rows),
        canaries=canaries_of(spec, rows.canaries, rows.attempts),
        meetings=meetings,
        order=order,
        bias=sways(
            items=items,
            facets=[facet.name for facet in spec.rubric.facets],
            kin=kin_of(spec),
            strange={judge.model for judge in spec.judges if not spec.model(judge.model).family},
        ),
    )
