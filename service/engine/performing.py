"""Perform one evaluation from start to end: its status, its cancellation, and what becomes of a failure."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from service.domain.evaluations import Status
from service.errors import DatabaseUnavailable, NotFound, ServiceError
from service.store import evaluations, recoveries
from service.store.database import Database

log = logging.getLogger(__name__)

T = TypeVar("T")

Run = Callable[[str], Awaitable[None]]

STOPS = {Status.CANCELLING: Status.CANCELLED, Status.PAUSING: Status.PAUSED}
"""What somebody asked of a running evaluation, and where it stands once its work has ended."""

STARTABLE = frozenset({Status.QUEUED, Status.RUNNING})

# A path in a message is of no use to a reader elsewhere and tells about the machine: only its last part stays.
PATH = re.compile(r"(?<![\w:/.\\])(?:[A-Za-z]:)?(?:[/\\][^/\\\s'\":,;]+)+[/\\]([^/\\\s'\":,;]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to go on with something that does not work.

    Attributes
    ----------
    recoveries, seconds
        An evaluation fails when it was resumed this often, for at least this long, and nothing was ever kept. Either
        alone proves nothing: a service killed three times in a row has not had the time to do anything.
    poll
        Seconds between two looks at whether somebody wants it cancelled.
    claim
        Seconds to wait for a device that another process has: one that was just killed may still be about to lose it.
    watch
        Seconds between two looks at whether the device is still ours.
    reconnect
        Pauses before trying again when the database does not answer.
    """

    recoveries: int = 3
    seconds: float = 60.0
    poll: float = 0.5
    claim: float = 5.0
    watch: float = 2.0
    reconnect: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the work ended."""

    status: Status
    reason: str | None = None


async def nothing_after(evaluation: str) -> None:
    """Do nothing once an evaluation is over."""
    del evaluation


async def perform(
    database: Database, evaluation: str, run: Run, patience: Patience, after: Run = nothing_after
) -> None:
    """Run an evaluation unless it is over, write down how it ended, and do what is due `after` that.

    Being cancelled from outside means that the process stops: the evaluation stays `running` and resumes later.
    """

    async def write(ending: Ending) -> None:
        await _insist(lambda: _write(database, evaluation, ending), patience)
        log.info("evaluation ended", extra={"status": ending.status.value})
        await after(evaluation)

    def begin() -> Awaitable[bool]:
        return evaluations.set_status(database, evaluation, Status.RUNNING, only_from=STARTABLE)

    if not await _insist(begin, patience):
        await write(Ending(status=Status.CANCELLED))
        return
    fruitless = await _insist(lambda: recoveries.note_start(database, evaluation), patience)
    if fruitless.recoveries >= patience.recoveries and fruitless.seconds >= patience.seconds:
        reason = (
            f"the service ended {fruitless.recoveries} times while it ran this evaluation, and nothing was kept in "
            "between: find out what ended it (memory, as a rule), then retry, perhaps with smaller models"
        )
        await write(Ending(status=Status.FAILED, reason=reason))
        return
    try:
        log.info("evaluation begun", extra={"recoveries": fruitless.recoveries})
        await write(await _work(database, evaluation, run, patience))
    except asyncio.CancelledError:
        # Stopped on purpose, which says nothing against the evaluation.
        with suppress(ServiceError):
            await recoveries.forget(database, evaluation)
        raise


CLEANING_UP = 5.0
"""Seconds that cancelled work has to end what it started before it is told again."""


async def _work(database: Database, evaluation: str, run: Run, patience: Patience) -> Ending:
    """Run until the work ends or nobody wants it any more."""
    pauses = list(patience.reconnect)
    work = asyncio.ensure_future(run(evaluation))
    unwanted = asyncio.create_task(_unwanted(database, evaluation, patience.poll))
    try:
        while True:
            await asyncio.wait({work, unwanted}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                unwanted.result()
                return Ending(status=Status.CANCELLED)
            error = None if work.cancelled() else work.exception()
            if not isinstance(error, DatabaseUnavailable) or not pauses:
                return _ending(evaluation, work)
            # What is left to do is read from the rows, so running once more is always right.
            log.warning("evaluation %s waits for the database: %s", evaluation, error)
            work = asyncio.ensure_future(_later(run, evaluation, pauses.pop(0)))
    finally:
        unwanted.cancel()
        while not work.done():
            # Asked again: before Python 3.12 a cancellation that meets a result can be lost.
            work.cancel()
            await asyncio.wait({work}, timeout=CLEANING_UP)
        await asyncio.gather(work, unwanted, return_exceptions=True)


async def _unwanted(database: Database, evaluation: str, poll: float) -> None:
    """Return once the evaluation is to stop; whoever wants that may be another process, so its row is asked."""
    wanted = True
    while wanted:
        await asyncio.sleep(poll)
        try:
            wanted = await evaluations.status_of(database, evaluation) is Status.RUNNING
        except DatabaseUnavailable:
            continue
        except NotFound:
            return


async def _later(run: Run, evaluation: str, pause: float) -> None:
    await asyncio.sleep(pause)
    await run(evaluation)


def _ending(evaluation: str, work: asyncio.Future[None]) -> Ending:
    """Return what finished work means for its evaluation."""
    if work.cancelled():
        return Ending(status=Status.FAILED, reason="the work was cancelled from within: please report this")
    error = work.exception()
    if error is None:
        return Ending(status=Status.SUCCEEDED)
    if isinstance(error, ServiceError):
        return Ending(status=Status.FAILED, reason=without_paths(error.message))
    log.error("evaluation %s failed", evaluation, exc_info=error)
    return Ending(
        status=Status.FAILED, reason=without_paths(f"{type(error).__name__}: {error}".removesuffix(": "))
    )


async def _insist(query: Callable[[], Awaitable[T]], patience: Patience) -> T:
    """Ask the database again while it does not answer: giving up would leave the evaluation to the next restart."""
    for pause in patience.reconnect:
        try:
            return await query()
        except DatabaseUnavailable as error:
            log.warning("the database is asked again in %s s: %s", pause, error)
            await asyncio.sleep(pause)
    return await query()


async def _write(database: Database, evaluation: str, ending: Ending) -> None:
    """Write an ending; whoever asked for a cancellation or pause in the meantime gets that instead."""
    # One that ended by itself while it was to pause has ended.
    running = frozenset({Status.RUNNING, Status.PAUSING})
    if ending.status is Status.CANCELLED or not await evaluations.set_status(
        database, evaluation, ending.status, only_from=running, reason=ending.reason
    ):
        for asked, granted in STOPS.items():
            await evaluations.set_status(database, evaluation, granted, only_from=frozenset({asked}))


def without_paths(message: str) -> str:
    """Return `message` with every absolute path cut to its last part.

    Examples
    --------
    >>> without_paths("cannot open '/home/me/models/a.onnx': no such file")
    "cannot open 'a.onnx': no such file"
    >>> without_paths("http://127.0.0.1:5273/v1/models and/or 3/4/5 stay")
    'http://127.0.0.1:5273/v1/models and/or 3/4/5 stay'
    """
    return PATH.sub(r"\1", message)
