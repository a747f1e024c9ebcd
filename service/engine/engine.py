"""The engine: takes evaluations, runs them one at a time per device, and takes them up again after any end."""

import asyncio
import concurrent.futures
import logging
from contextlib import AbstractAsyncContextManager

from service.domain.evaluations import Evaluation, Status
from service.engine.device import Device
from service.engine.performing import STOPS, Patience, Run, nothing_after, perform
from service.engine.runtime import TWICE, Interrupted, Runtime, in_use
from service.errors import Conflict, DatabaseUnavailable, DeviceInUse, ServiceError, Unavailable
from service.observability.context import bound, current
from service.store import evaluations
from service.store.claims import Claim
from service.store.database import Database

log = logging.getLogger(__name__)

# Seconds that running work has to end by itself when the process stops.
GRACE = 2.0


class Engine:
    """Runs the evaluations of one device; one engine at a time per process.

    Parameters
    ----------
    system_url
        Where DBOS keeps its queue: a file of its own on SQLite, or the service's own database on PostgreSQL. It may be
        lost without harm: at the next start the evaluations themselves say what is left to do.
    device
        Whose evaluations run here. Those of other devices can be submitted and cancelled, and run there.
    executor
        Name of this process: the same after a restart, and no other process has it.
    run
        Does the work of an evaluation, or what is left of it. Returning means success; a `ServiceError` means failure,
        with its message as the reason.
    after
        Does what is due once an evaluation has ended and its end is stored, before the device takes the next one; it
        raises nothing.
    polling
        Seconds between two looks at the queue.
    """

    def __init__(
        self,
        *,
        system_url: str,
        device: str,
        executor: str,
        run: Run,
        database: Database,
        polling: float = 0.5,
        patience: Patience | None = None,
        after: Run = nothing_after,
    ) -> None:
        self._system_url = system_url
        self._device = device
        self._executor = executor
        self._run = run
        self._after = after
        self._database = database
        self._polling = polling
        self._patience = patience or Patience()
        self._runtime: Runtime | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: set[str] = set()
        self._place = Device()
        self._claim = Claim(database, device)
        self._watch: asyncio.Task[None] | None = None
        self._ending = asyncio.Lock()

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped: evaluations have somebody to run them."""
        return self._runtime is not None

    async def start(self) -> None:
        """Start, and take up what an earlier process left unfinished.

        Raises
        ------
        Conflict
            If this process runs an engine already.
        DeviceInUse
            If another process works for the device.
        Unavailable
            If the queue's database cannot be opened.
        """
        if in_use():
            raise Conflict(TWICE)
        self._stopping = False
        await self._take_device()
        self._loop = asyncio.get_running_loop()
        runtime = Runtime(
            system_url=self._system_url,
            device=self._device,
            executor=self._executor,
            body=self._body,
            polling=self._polling,
        )
        try:
            await asyncio.to_thread(runtime.launch)
        except ServiceError:
            await self._claim.let_go()
            raise
        except Exception as error:
            await self._claim.let_go()
            msg = (
                f"the queue's database cannot be used ({type(error).__name__}: {error}): check that it can be written "
                "to; if it is damaged, delete it, for nothing is lost with it"
            )
            raise Unavailable(msg) from error
        self._runtime = runtime
        self._watch = asyncio.create_task(self._keep_device())
        try:
            await self._take_up(runtime)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop at once. What was running stays `running` and resumes at the next start.

        Called again meanwhile, it waits for the end of the first: whoever has called it may start an engine anew.
        """
        async with self._ending:
            runtime, self._runtime = self._runtime, None
            if runtime is None:
                return
            self._stopping = True
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks, timeout=GRACE)
            await asyncio.to_thread(runtime.destroy)
            if self._watch is not None and self._watch is not asyncio.current_task():
                self._watch.cancel()
                await asyncio.gather(self._watch, return_exceptions=True)
            await self._claim.let_go()

    async def _take_device(self) -> None:
        try:
            async with asyncio.timeout(self._patience.claim):
                while not await self._claim.take():  # noqa: ASYNC110  # nobody tells when another process ends
                    await asyncio.sleep(self._patience.poll / 2)
        except TimeoutError:
            msg = (
                f"the device '{self._device}' is in use by another process on this database: stop that one, or name "
                "another device with SLM_JUDGE_DEVICE"
            )
            raise DeviceInUse(msg) from None

    async def _keep_device(self) -> None:
        """Look after the claim, which a restart of the database ends; stop at once if somebody else has the device."""
        while True:
            await asyncio.sleep(self._patience.watch)
            try:
                ours = await self._claim.take()
            except DatabaseUnavailable:
                continue
            if not ours:
                log.error(
                    "another process has taken the device %s: nothing is run here any more", self._device
                )
                await self.stop()
                return

    async def submit(self, evaluation: Evaluation) -> None:
        """Queue a stored evaluation for its device. Submitting an attempt twice is one run."""
        runtime = self._started()
        await asyncio.to_thread(
            runtime.enqueue,
            evaluation.id,
            evaluation.attempt,
            evaluation.spec.device,
            current().get("request_id"),
        )

    async def cancel(self, evaluation: str) -> Status:
        """Cancel an evaluation, wherever it runs, and return where it stands now.

        One that waits is `cancelled` at once; one that runs is `cancelling` and ends within about a second.

        Raises
        ------
        NotFound
            If nobody knows it.
        Conflict
            If it is over.
        """
        await self._move(evaluation, Status.CANCELLED, Status.PAUSED)
        await self._move(evaluation, Status.CANCELLING, Status.PAUSING)
        return await self._stop_it(evaluation, Status.CANCELLING, "cancel")

    async def pause(self, evaluation: str) -> Status:
        """Pause an evaluation, wherever it runs, and return where it stands now: what was kept stays.

        One that waits is `paused` at once; one that runs is `pausing` and stops within about a second. It goes on, with
        its model loaded and warmed again, when `store.evaluations.go_on` has queued it and it is submitted.

        Raises
        ------
        NotFound
            If nobody knows it.
        Conflict
            If it is over, or to be cancelled.
        """
        return await self._stop_it(evaluation, Status.PAUSING, "pause")

    async def _stop_it(self, evaluation: str, asked: Status, what: str) -> Status:
        granted = STOPS[asked]
        if await self._move(evaluation, granted, Status.QUEUED):
            return granted
        await self._move(evaluation, asked, Status.RUNNING)
        found = await evaluations.get(self._database, evaluation)
        if found.status not in {asked, granted}:
            msg = f"evaluation {evaluation} is {found.status} already: there is nothing to {what}"
            raise Conflict(msg)
        # Interrupted earlier and waiting for its turn to resume: nobody is there to see that it is to stop.
        waits = found.spec.device == self._device and evaluation not in self._running
        if waits and await self._move(evaluation, granted, asked):
            return granted
        return found.status

    def borrow(self, what: str) -> AbstractAsyncContextManager[None]:
        """Have the device for a short piece of work; an evaluation whose turn comes meanwhile waits for its end.

        Raises
        ------
        Conflict
            On entering, if an evaluation or another such piece has it.
        """
        return self._place.tried(what)

    def wait_for(self, what: str) -> AbstractAsyncContextManager[None]:
        """Have the device for a longer piece of work as soon as nobody else has it, and evaluations wait for its end."""
        return self._place.measured(what)

    async def _take_up(self, runtime: Runtime) -> None:
        """Queue what is unfinished and has no workflow; finish what was only left to be cancelled or paused."""
        live = await asyncio.to_thread(runtime.clear)
        for evaluation in await evaluations.unfinished(self._database, self._device):
            if evaluation.status in STOPS:
                await self._move(evaluation.id, STOPS[evaluation.status], evaluation.status)
            elif not runtime.is_live(evaluation.id, evaluation.attempt, live):
                await self.submit(evaluation)

    async def _move(self, evaluation: str, to: Status, only_from: Status) -> bool:
        return await evaluations.set_status(self._database, evaluation, to, only_from=frozenset({only_from}))

    def _started(self) -> Runtime:
        if self._runtime is None:
            msg = "the engine does not run: start the service first"
            raise Unavailable(msg)
        return self._runtime

    def _body(self, evaluation: str, request: str | None) -> None:
        """Run an evaluation on the service's own event loop, and wait for it in this thread of DBOS."""
        if self._loop is None or self._loop.is_closed():
            raise Interrupted
        work = asyncio.run_coroutine_threadsafe(self._attempt(evaluation, request), self._loop)
        # In slices: a loop that was closed without `stop` must not keep the interpreter from exiting.
        while not work.done():
            concurrent.futures.wait([work], timeout=1.0)
            if self._loop.is_closed() and not work.done():
                raise Interrupted
        try:
            work.result()
        except concurrent.futures.CancelledError:
            raise Interrupted from None

    async def _attempt(self, evaluation: str, request: str | None) -> None:
        task = asyncio.current_task()
        if self._stopping or task is None:
            raise asyncio.CancelledError
        self._tasks.add(task)
        try:
            # A check that is under way ends first.
            with bound(evaluation=evaluation, request_id=request):
                async with self._place.measured(f"evaluation {evaluation}"):
                    self._running.add(evaluation)
                    await perform(self._database, evaluation, self._run, self._patience, self._after)
        finally:
            self._running.discard(evaluation)
            self._tasks.discard(task)
