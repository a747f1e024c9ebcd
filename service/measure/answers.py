"""Ask one candidate everything it owes, in as few loads as it takes, and keep each answer as it comes."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from uuid_utils.compat import uuid7

from service.domain.asking import Answer, OpenSession, Question, Session
from service.domain.evaluations import Evaluation, Spec
from service.domain.failures import OF_THE_ENDPOINT, PASSING, Failure
from service.domain.models import Candidate
from service.domain.responses import Load, Response, Slot
from service.measure.questions import question
from service.measure.schedule import derive_seed, schedule
from service.measure.timing import timing
from service.measure.warming import warm_up

DEATHS_IN_A_ROW = 3
"""So many processes lost without one answer between them, and the candidate is given up."""

FAULTS_IN_A_ROW = 3
"""So many prompts in a row on which an endpoint failed as a whole, and its process counts as lost."""


class Fail(Protocol):
    """Record a failed try and say whether it was the last one."""

    async def __call__(
        self,
        *,
        stage: str,
        subject: str,
        failure: Failure,
        candidate: str,
        prompt: str | None = None,
        final: bool = False,
    ) -> bool:
        """Return whether the subject is given up."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What this step needs from outside.

    Attributes
    ----------
    kept
        Slots that have their answer already.
    given_up
        ``(stage, subject)`` pairs that are not tried again.
    enough
        Says before each load and call whether the candidate's time is over: then neither is begun.
    """

    open_session: OpenSession
    keep_load: Callable[[Load], Awaitable[None]]
    keep_response: Callable[[Response], Awaitable[object]]
    fail: Fail
    kept: frozenset[Slot]
    given_up: frozenset[tuple[str, str]]
    enough: Callable[[], bool] = lambda: False


def load_subject(candidate: str, pass_number: int) -> str:
    """Return the name under which failures to load are counted."""
    return f"{candidate}/pass {pass_number}"


def slot_subject(slot: Slot) -> str:
    """Return the name under which failures of one slot are counted."""
    return f"{slot.candidate}/{slot.prompt}/pass {slot.pass_number}/round {slot.round_number}"


async def measure_candidate(
    evaluation: Evaluation, candidate: Candidate, pass_number: int, ports: Ports
) -> None:
    """Collect every answer that `candidate` still owes in this pass.

    Each turn of the loop is one load: start the process, load, one cold request, warm-up, timed requests, memory. A
    process that dies is started again for what is left. It ends because every failed try is counted: a slot is given
    up after its tries, and the candidate after `DEATHS_IN_A_ROW` processes that gave nothing. What its time does not reach is
    left as it is.
    """
    spec = evaluation.spec
    if ("load", load_subject(candidate.name, pass_number)) in ports.given_up:
        return
    todo = [
        slot
        for slot in schedule(spec, candidate.name, pass_number)
        if slot not in ports.kept and ("answer", slot_subject(slot)) not in ports.given_up
    ]
    fruitless = turn = 0
    while todo and not ports.enough():
        async with ports.open_session(spec.model(candidate.model)) as session:
            outcome = await _one_load(evaluation, candidate, pass_number, session, todo, ports, turn=turn)
        if outcome.death is None:
            continue
        fruitless = 0 if outcome.kept else fruitless + 1
        turn += outcome.before_answers
        if not outcome.before_answers and fruitless < DEATHS_IN_A_ROW:
            continue
        given_up = await ports.fail(
            stage="load",
            subject=load_subject(candidate.name, pass_number),
            failure=outcome.death,
            candidate=candidate.name,
            final=fruitless >= DEATHS_IN_A_ROW,
        )
        if given_up:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """How one load ended: answers kept in it, and how its process died, if it did.

    `before_answers` says that it died while loading or warming up: no slot has been blamed for it.
    """

    kept: int
    death: Failure | None = None
    before_answers: bool = False


async def _one_load(
    evaluation: Evaluation,
    candidate: Candidate,
    pass_number: int,
    session: Session,
    todo: list[Slot],
    ports: Ports,
    *,
    turn: int,
) -> _Outcome:
    """Take one process from load to memory; slots answered or given up leave `todo`."""
    spec = evaluation.spec
    before = await session.memory()
    loaded = await session.load()
    if isinstance(loaded, Failure):
        return _Outcome(kept=0, death=loaded, before_answers=True)
    load = Load(
        id=new_id(),
        evaluation=evaluation.id,
        role="candidate",
        name=candidate.name,
        pass_number=pass_number,
        pid=session.pid,
        model_id=loaded.model_id,
        device=loaded.device,
        runtime=loaded.runtime,
        seconds=loaded.seconds,
        started_at=datetime.now(UTC),
        context=loaded.context,
        before=before,
    )
    await ports.keep_load(load)
    warm = await warm_up(spec, candidate, session, turn=turn, enough=ports.enough)
    if isinstance(warm, Failure):
        return _Outcome(kept=0, death=warm, before_answers=True)
    load = replace(
        load,
        cold_first_token=warm.cold_first_token,
        cold_latency=warm.cold_latency,
        warmups=warm.requests,
        runtime=_runtime(loaded.runtime, warm.left_out),
        after=await session.memory(),
    )
    await ports.keep_load(load)
    outcome = await _timed(evaluation, candidate, session, load, todo, ports)
    if session.alive:
        await ports.keep_load(replace(load, after=await session.memory()))
    return outcome


async def _timed(
    evaluation: Evaluation, candidate: Candidate, session: Session, load: Load, todo: list[Slot], ports: Ports
) -> _Outcome:
    """Ask slot after slot, one at a time; stop when the process is gone, or the endpoint behind it as good as gone."""
    spec = evaluation.spec
    kept = in_a_row = 0
    for position, slot in enumerate(tuple(todo)):
        if ports.enough():
            break
        reply = await session.ask(_slot_question(spec, candidate, slot))
        if isinstance(reply, Answer):
            await ports.keep_response(
                Response(
                    evaluation=evaluation.id,
                    slot=slot,
                    load=load.id,
                    text=reply.text,
                    finish=reply.finish,
                    timing=timing(reply),
                    order=position,
                    created_at=datetime.now(UTC),
                )
            )
            kept += 1
            in_a_row = 0
            todo.remove(slot)
            continue
        given_up = await ports.fail(
            stage="answer",
            subject=slot_subject(slot),
            failure=reply,
            candidate=candidate.name,
            prompt=slot.prompt,
        )
        todo.remove(slot)
        if not given_up:
            # Last in the queue: one bad prompt must not cost a process before each of the good ones.
            todo.append(slot)
        in_a_row = in_a_row + 1 if reply.kind in OF_THE_ENDPOINT | PASSING else 0
        if not session.alive or in_a_row >= FAULTS_IN_A_ROW:
            return _Outcome(kept=kept, death=reply)
    return _Outcome(kept=kept)


def _slot_question(spec: Spec, candidate: Candidate, slot: Slot) -> Question:
    prompt = next(prompt for prompt in spec.prompt_set.prompts if prompt.id == slot.prompt)
    seed = derive_seed(spec.seed, slot.prompt, slot.round_number)
    return question(candidate, prompt, seed=seed, deadline=spec.deadline)


def _runtime(name: str, left_out: tuple[str, ...]) -> str:
    """Return the runtime with what it was not asked for.

    Examples
    --------
    >>> _runtime("vllm over http", ("seed",))
    'vllm over http, without seed'
    """
    return f"{name}, without {' and '.join(left_out)}" if left_out else name


def new_id() -> str:
    """Return a UUIDv7 as text."""
    identity: uuid.UUID = uuid7()
    return str(identity)
