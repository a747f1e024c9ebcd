"""How the steps keep what they find: their ports, bound to the database.

The steps know no database and the database knows no steps; here they meet. The rule for giving up is here too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from service.domain.asking import Answer, OpenSession
from service.domain.evaluations import Evaluation, Spec
from service.domain.failures import Failure, FailureKind
from service.domain.models import Loaded, Model
from service.domain.paces import Pace
from service.domain.responses import Load, Response
from service.domain.verdicts import Qualification, Verdict
from service.errors import ServiceError
from service.gathering import seat_of
from service.judge import Examination, examination, qualification_key, sitting
from service.judge.canaries import CanaryCall, canary_calls
from service.judge.seats import Seat
from service.judge.work import Work
from service.library.library import Library
from service.measure import answers
from service.models.crowding import Crowding
from service.observability.metrics import Metrics
from service.observability.sessions import Watch
from service.remembering import Memory
from service.store import (
    attempts,
    canaries,
    evaluations,
    judgings,
    loads,
    paces,
    qualifications,
    responses,
    verdicts,
)
from service.store.database import Database
from service.telling import Teller

TRIES = 2
"""Tries of one call before it is given up."""

HOPELESS = frozenset(
    {
        FailureKind.LOAD_FAILED,
        FailureKind.REJECTED,
        FailureKind.OVER_CONTEXT,
        FailureKind.UNPARSABLE,
        FailureKind.TRUNCATED,
        FailureKind.REFUSED,
        FailureKind.UNDECIDED,
        FailureKind.EMPTY,
        FailureKind.NAME_UNKNOWN,
        FailureKind.TLS_FAILED,
        FailureKind.UNAUTHORISED,
        FailureKind.NOT_FOUND,
        FailureKind.MALFORMED,
        FailureKind.OVERSIZED,
    }
)
"""What comes again for certain, since the seed is the same: given up at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What an evaluation runs in.

    Attributes
    ----------
    crowding
        How many judge calls may be in flight at once; answers are always timed one at a time.
    memory
        What is remembered between two rankings.
    watch
        Where loads, calls and verdicts are counted.
    """

    database: Database
    library: Library
    open_session: OpenSession
    crowding: Crowding = field(default_factory=Crowding)
    memory: Memory = field(default_factory=Memory)
    watch: Watch = field(default_factory=Watch)

    @property
    def open_judge(self) -> OpenSession:
        """Opens a session for a judge: watched, and each call in its turn at an endpoint that is bounded."""
        return self.crowding.sessions(self.watch.sessions(self.open_session, "judge"))


async def measuring_ports(
    evaluation: Evaluation, house: House, teller: Teller, enough: Callable[[], bool]
) -> answers.Ports:
    """Return the ports of step 1 for `evaluation`, with what is kept and given up by now; `enough` ends a candidate's turn."""
    database = house.database

    async def keep_load(load: Load) -> None:
        await loads.keep(database, load)

    async def keep_response(response: Response) -> None:
        teller.heard(1, response.timing.end / 1e9)
        await responses.keep(database, response, teller.due())

    async def fail(
        *,
        stage: str,
        subject: str,
        failure: Failure,
        candidate: str,
        prompt: str | None = None,
        final: bool = False,
    ) -> bool:
        attempt = await attempts.record(
            database,
            evaluation=evaluation.id,
            stage=stage,
            subject=subject,
            failure=failure,
            give_up_after=1 if final else tries(failure),
            candidate=candidate,
            prompt=prompt,
        )
        return attempt.given_up

    return answers.Ports(
        open_session=house.watch.sessions(house.open_session, "candidate"),
        keep_load=keep_load,
        keep_response=keep_response,
        fail=fail,
        kept=await responses.kept_slots(database, evaluation.id),
        given_up=await attempts.given_up(database, evaluation.id),
        enough=enough,
    )


@dataclass(slots=True)
class _Entry:
    """Verdicts that wait for a transaction."""

    found: Sequence[Verdict]
    kept: bool = False


@dataclass(slots=True, kw_only=True)
class Verdicts:
    """Keeps the verdicts of one evaluation and counts failed tries at them, as those of a ``judge`` or of a ``check``."""

    evaluation: str
    database: Database
    teller: Teller
    metrics: Metrics = field(default_factory=Metrics)
    by: Literal["judge", "check"] = "judge"
    _wanted: dict[str, int] = field(default_factory=dict)
    _waiting: list[_Entry] = field(default_factory=list)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def keep(self, found: Sequence[Verdict]) -> None:
        """Keep verdicts; those kept before stay as they are. On return they are stored.

        Whoever comes while a transaction is under way shares the next one: a transaction costs more than a verdict. Each
        waits for its own, so no more is ever lost than what is in flight. Where a shared one fails each tries its own.
        """
        entry = _Entry(found)
        self._waiting.append(entry)
        async with self._turn:
            if entry.kept:
                return
            try:
                await self._write(tuple(self._waiting))
            except ServiceError:
                if len(self._waiting) == 1:
                    raise
                await self._write((entry,))
            finally:
                self._waiting = [one for one in self._waiting if not one.kept and one is not entry]

    async def _write(self, batch: Sequence[_Entry]) -> None:
        await verdicts.keep(
            self.database, [verdict for one in batch for verdict in one.found], self.teller.due()
        )
        for one in batch:
            one.kept = True
            self.teller.heard(len(one.found))
            for verdict in one.found:
                self.metrics.verdicts.add(verdict.by.partition(":")[0], "scored")

    async def fail(self, key: str, failure: Failure) -> None:
        """Record a failed try at the verdict under `key`."""
        await attempts.record(
            self.database,
            evaluation=self.evaluation,
            stage="verdict",
            subject=key,
            failure=failure,
            # One that hangs has had its whole limit: a second time would double the worst case.
            give_up_after=1 if failure.kind is FailureKind.TIMED_OUT else tries(failure),
        )
        self.metrics.verdicts.add(self.by, failure.kind.value)

    async def want(self, what: str, number: int) -> None:
        """Note how many verdicts are wanted: those wanted first, and of each judge those of further samples."""
        self._wanted[what] = number
        await evaluations.want(self.database, self.evaluation, sum(self._wanted.values()))

    async def shorten(self) -> tuple[int, int]:
        """Want no more than there is or was given up; return how many were left out then, and of how many."""
        settled, wanted = len(await self.kept() | await self.given_up()), sum(self._wanted.values())
        if settled < wanted:
            await evaluations.want(self.database, self.evaluation, settled)
        return max(0, wanted - settled), wanted

    async def kept(self) -> frozenset[str]:
        """Return the keys of the verdicts that are there."""
        return await verdicts.kept_keys(self.database, self.evaluation)

    async def given_up(self) -> frozenset[str]:
        """Return the keys of the verdicts that nobody will try again."""
        pairs = await attempts.given_up(self.database, self.evaluation)
        return frozenset(subject for stage, subject in pairs if stage == "verdict")


def judging_ports(
    evaluation: Evaluation,
    house: House,
    seat: Seat,
    teller: Teller,
    more: Callable[[], Awaitable[Work]],
    birds: tuple[CanaryCall, ...] = (),
    enough: Callable[[], bool] = lambda: False,
) -> sitting.Ports:
    """Return the ports of step 2 for the judge in `seat`.

    Parameters
    ----------
    more
        Says which further samples are wanted of it.
    birds
        The answers of known grade that it is to grade too.
    enough
        Says whether the time is over.
    """
    database = house.database
    book = Verdicts(evaluation=evaluation.id, database=database, teller=teller, metrics=house.watch.metrics)

    async def keep_load(load: Load) -> None:
        teller.loaded()
        await loads.keep(database, load)

    async def keep_qualification(found: Qualification) -> None:
        await qualifications.keep(database, found)
        await qualifications.link(database, evaluation.id, found.key)

    async def fail_load(failure: Failure) -> None:
        await attempts.record(
            database,
            evaluation=evaluation.id,
            stage="judge_load",
            subject=seat.model.name,
            failure=failure,
            give_up_after=sitting.DEATHS_IN_A_ROW,
        )

    return sitting.Ports(
        open_session=house.open_judge,
        keep_load=keep_load,
        keep_qualification=keep_qualification,
        keep=book.keep,
        fail=book.fail,
        fail_load=fail_load,
        more=more,
        canaries=_canary_ports(evaluation, database, seat, birds),
        enough=enough,
    )


def _canary_ports(
    evaluation: Evaluation, database: Database, seat: Seat, birds: tuple[CanaryCall, ...]
) -> sitting.CanaryPorts:
    judge = seat.model.name

    async def done() -> frozenset[str]:
        graded = await canaries.all_of(database, evaluation.id)
        lost = await attempts.given_up(database, evaluation.id)
        mine = {
            subject.removeprefix(f"{judge}/")
            for stage, subject in lost
            if stage == "canary" and subject.startswith(f"{judge}/")
        }
        return frozenset(one.name for one in graded if one.judge == judge) | mine

    async def keep(bird: CanaryCall, scores: Sequence[Verdict]) -> None:
        await canaries.keep(database, bird.verdict(scores, evaluation=evaluation.id, judge=judge, at=now()))

    async def fail(bird: CanaryCall, failure: Failure) -> None:
        await attempts.record(
            database,
            evaluation=evaluation.id,
            stage="canary",
            subject=f"{judge}/{bird.name}",
            failure=failure,
            # None of them is worth another load.
            give_up_after=1,
            prompt=bird.call.prompt.id,
        )

    return sitting.CanaryPorts(calls=birds, done=done, keep=keep, fail=fail)


def reach(spec: Spec, seat: Seat) -> str | None:
    """Return where verdicts of the judge in `seat` may be taken over from: an evaluation's judgings, or anywhere.

    A model of unknown version may be another one by now under the same name. Its verdicts are taken over only where
    somebody asked for the same answers to be judged again.
    """
    return spec.source if seat.model.version is None else None


async def take_over(
    evaluation: Evaluation,
    house: House,
    seat: Seat,
    wanted: Collection[str],
    birds: Sequence[CanaryCall] = (),
) -> None:
    """Give `evaluation` those of the `wanted` verdicts and canaries that exist elsewhere under the same address."""
    root = reach(evaluation.spec, seat)
    if root is None and seat.model.version is None:
        return
    missing = frozenset(wanted) - await verdicts.kept_keys(house.database, evaluation.id)
    await judgings.take_over(house.database, evaluation.id, sorted(missing), root=root)
    if birds:
        await canaries.take_over(house.database, evaluation.id, [one.key for one in birds], root=root)


def birds_for(spec: Spec, answers: Sequence[Response], seat: Seat) -> tuple[CanaryCall, ...]:
    """Return the answers of known grade that the judge in `seat` is to grade along with `answers`."""
    return canary_calls(spec.canaries, answers, spec.prompt_set.prompts, spec.rubric, seat, seed=spec.seed)


async def unexamined(spec: Spec, database: Database, library: Library) -> frozenset[str]:
    """Return the judges of `spec` whose examination would have to be held."""
    found = set()
    for judge in spec.judges:
        seat = seat_of(spec, judge)
        _, key = await asyncio.to_thread(examined_in, seat, spec, library)
        if await qualifications.find(database, key) is None:
            found.add(judge.model)
    return frozenset(found)


def examined_in(seat: Seat, spec: Spec, library: Library) -> tuple[Examination, str]:
    """Return what the judge in `seat` is asked before it judges for `spec`, with the key of the result.

    A tenth of a second of processor time: call it off the event loop.
    """
    examined = examination(spec.prompt_set.prompts, spec.rubric, seat, library.injections(), library.plants())
    return examined, qualification_key(examined, seat, spec.seed)


async def keep_first_pace(
    database: Database, device: str, model: Model, loaded: Loaded, answer: Answer | Failure
) -> None:
    """Keep what a smoke check took as a first figure of the model's pace; a failure says nothing of that."""
    if isinstance(answer, Failure):
        return
    pace = Pace(
        role="candidate",
        model=model.name,
        device=device,
        version=model.version,
        calls=1,
        seconds_per_call=(answer.end - answer.sent) / 1e9,
        load_seconds=loaded.seconds,
    )
    await paces.keep(database, f"check of {model.name}", pace)


def tries(failure: Failure) -> int:
    """Return how often a call that failed like this is tried in all."""
    return 1 if failure.kind in HOPELESS else TRIES


def now() -> datetime:
    """Return the time, aware of its zone."""
    return datetime.now(UTC)
