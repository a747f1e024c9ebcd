"""Break a tie: find out whether a judge may compare, and have it compare the answers of the candidates that are tied.

What is kept is never asked again: it can be stopped anywhere and asked for again.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from service.domain.asking import Session
from service.domain.evaluations import Evaluation
from service.domain.failures import Failure
from service.domain.pairs import PairVerdict
from service.gathering import comparing_seat
from service.judge.comparing import compare_answers
from service.judge.order import order_standing
from service.judge.pairs import Pair, PairCall, faceoffs, planted_pairs, shared
from service.judge.seats import Seat
from service.keeping import TRIES, House, now, tries
from service.store import attempts, pairs, qualifications, responses
from service.telling import Teller

STAGE = "pair"


@dataclass(slots=True)
class Tie:
    """The tie of one run, looked up once, when all verdicts are there.

    Attributes
    ----------
    look
        Returns the candidates that the verdicts do not tell apart.
    enough
        Says whether the time is over: nothing more is compared then.
    """

    evaluation: Evaluation
    house: House
    teller: Teller
    look: Callable[[], Awaitable[tuple[str, ...]]]
    enough: Callable[[], bool] = lambda: False
    _names: tuple[str, ...] | None = None

    async def with_last(self, key: str, session: Session) -> None:
        """Have the last judge compare while it is loaded, if it is the one to do so; `key` is its examination's."""
        database, spec = self.house.database, self.evaluation.spec
        if await qualifications.find(database, key):
            await qualifications.link(database, self.evaluation.id, key)
        wanted = await self._matches()
        if wanted is not None and wanted.seat.model.name == spec.judges[-1].model:
            await compare(self.evaluation, self.house, wanted, session, self.teller, self.enough)

    async def after(self) -> None:
        """Load the judge again for what is left, where another than the last one compares, or a run was interrupted."""
        if self.evaluation.spec.pairs is not None and (wanted := await self._matches()) is not None:
            await compare_anew(self.evaluation, self.house, wanted, self.teller, self.enough)

    async def _matches(self) -> "Matches | None":
        if self._names is None:
            self._names = await self.look()
        return await matches(self.evaluation, self.house, self._names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What the judge in `seat` is to compare: planted pairs first, then what the candidates said."""

    seat: Seat
    planted: tuple[Pair, ...]
    real: tuple[Pair, ...]


async def matches(evaluation: Evaluation, house: House, tied: Collection[str]) -> Matches | None:
    """Return what is to be compared to break the tie of `tied`; ``None`` where no judge can."""
    spec = evaluation.spec
    seat = comparing_seat(spec, tied)
    if seat is None:
        return None
    answers = await responses.all_of(house.database, evaluation.id)
    found = faceoffs(
        answers,
        spec.prompt_set.prompts,
        spec.rubric,
        seat,
        candidates=sorted(tied),
        seed=spec.seed,
    )
    return Matches(
        seat=seat,
        planted=planted_pairs(spec.prompt_set.prompts, spec.rubric, seat, spec.seed),
        real=tuple(face.pair for face in shared(tuple(found), len(tied)) if face.pair is not None),
    )


async def left(evaluation: Evaluation, house: House, wanted: Matches) -> tuple[PairCall, ...]:
    """Return what is to be asked next: planted pairs, then real ones if the judge may compare; none at the end."""
    known = {one.key: one for one in await pairs.all_of(house.database, evaluation.id)}
    lost = {
        subject for stage, subject in await attempts.given_up(house.database, evaluation.id) if stage == STAGE
    }
    planted = [call for pair in wanted.planted for call in (pair.forth, pair.back)]
    missing = [call for call in planted if call.key not in known and call.key not in lost]
    if missing:
        return tuple(missing)
    if not order_standing(wanted.seat.model.name, wanted.planted, known).able:
        return ()
    real = {call.key: call for pair in wanted.real for call in (pair.forth, pair.back)}
    return tuple(call for key, call in real.items() if key not in known and key not in lost)


async def compare(
    evaluation: Evaluation,
    house: House,
    wanted: Matches,
    session: Session,
    teller: Teller,
    enough: Callable[[], bool],
) -> bool:
    """Have the judge that is loaded in `session` compare what is left; whether it was there to the end."""
    database = house.database

    async def keep(found: PairVerdict) -> None:
        teller.heard(1)
        await pairs.keep(database, found)

    async def fail(key: str, failure: Failure) -> None:
        await attempts.record(
            database,
            evaluation=evaluation.id,
            stage=STAGE,
            subject=key,
            failure=failure,
            give_up_after=tries(failure),
        )

    for _ in range(2 * TRIES):  # planted pairs and then real ones, each with a second try of what failed
        calls = await left(evaluation, house, wanted)
        if not calls or enough():
            break
        gone = await compare_answers(
            calls,
            wanted.seat,
            evaluation=evaluation.id,
            ask=session.ask,
            keep=keep,
            fail=fail,
            now=now,
            deadline=evaluation.spec.deadline,
            concurrency=house.crowding.most(wanted.seat.model),
            enough=enough,
        )
        if gone is not None or not session.alive:
            return False
    return True


async def compare_anew(
    evaluation: Evaluation, house: House, wanted: Matches, teller: Teller, enough: Callable[[], bool]
) -> None:
    """Load the judge once more and have it compare what is left; where it cannot be loaded the tie stays as it is."""
    if not await left(evaluation, house, wanted) or enough():
        return
    opened = house.watch.sessions(house.open_session, "judge")
    async with teller.stint("judge", wanted.seat.model), opened(wanted.seat.model) as session:
        loaded = await session.load()
        if isinstance(loaded, Failure):
            await attempts.record(
                house.database,
                evaluation=evaluation.id,
                stage="judge_load",
                subject=wanted.seat.model.name,
                failure=loaded,
                give_up_after=1,
            )
            return
        await compare(evaluation, house, wanted, session, teller, enough)
