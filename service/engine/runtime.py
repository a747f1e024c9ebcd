"""DBOS behind a few functions: a queue per device that survives the process. Only this module imports dbos.

All of it blocks, and none of it may be called in an event loop's own thread: DBOS would adopt the loop and give it its
own thread pool, which fails whoever uses the loop after `destroy`.
"""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from service.errors import Conflict
from service.store.engines import dispose, plain_engine

if TYPE_CHECKING:
    from dbos import DBOSConfig

# DBOS's own default is a hash of the source code: any edit would strand what is running. What is left to do is read from
# our tables, so the workflow never changes its meaning.
VERSION = "1"

# DBOS is one per process, whatever its classes suggest.
_in_use = threading.Lock()
TWICE = "this process runs an engine already: stop that one first"


def in_use() -> bool:
    """Tell whether this process runs an engine."""
    return _in_use.locked()


class Interrupted(BaseException):
    """The process stops: nothing is to be recorded, so that the workflow resumes.

    Not an `Exception`, because DBOS writes down each of those as the workflow's result.
    """


class Runtime:
    """A running DBOS.

    Parameters
    ----------
    body
        Called in a thread of DBOS with the id of an evaluation and of the request that asked for it, again after each restart until it returns.
    executor
        Name of this process: the same after a restart, and no other process has it.
    polling
        Seconds between two looks at the queue.
    """

    def __init__(
        self,
        *,
        system_url: str,
        device: str,
        executor: str,
        body: Callable[[str, str | None], None],
        polling: float,
    ) -> None:
        self._device = device
        self._executor = executor
        self._body = body
        self._polling = polling
        self._rows = plain_engine(system_url)
        self._url = system_url
        self._workflow: Callable[[str, str, str | None], None] = self._run

    def launch(self) -> None:
        """Start DBOS. Workflows that this executor left behind go back to the queue by themselves."""
        if not _in_use.acquire(blocking=False):
            raise Conflict(TWICE)
        try:
            from dbos import DBOS

            # A handler of ours keeps DBOS from adding its own, which writes past the application's log.
            log = logging.getLogger("dbos")
            if not log.handlers:
                log.addHandler(logging.NullHandler())
            DBOS(config=self._config())
            DBOS.listen_queues([_queue(self._device)])

            def run(evaluation: str, device: str, request: str | None = None) -> None:
                self._run(evaluation, device, request)

            # DBOS would count every restart against its limit; `recoveries` counts only those that got nowhere.
            self._workflow = DBOS.workflow(name="run", max_recovery_attempts=None)(run)
            DBOS.launch()
            # Both limits: the first holds across processes, the second for calls that outlive their workflow.
            DBOS.register_queue(
                _queue(self._device),
                global_concurrency=1,
                worker_concurrency=1,
                polling_interval_sec=self._polling,
            )
        except BaseException:
            self.destroy()
            raise

    def destroy(self) -> None:
        """Stop DBOS at once; what was running stays recorded as running."""
        from dbos import DBOS

        try:
            # The registry goes too: the next engine of this process registers a workflow of its own.
            DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=0)
            dispose(self._rows)
        finally:
            _in_use.release()

    def enqueue(self, evaluation: str, attempt: int, device: str, request: str | None = None) -> None:
        """Queue one attempt at an evaluation; a second time is no second run. `request` is the id of who asked for it."""
        from dbos import DBOS, SetWorkflowID

        with SetWorkflowID(_workflow_id(evaluation, attempt)):
            DBOS.enqueue_workflow(_queue(device), self._workflow, evaluation, device, request)

    def clear(self) -> frozenset[str]:
        """Forget the device's workflows that nobody will run any more, and return the ids of the others.

        Those of an executor that is gone would hold the device's only place for ever.
        """
        from dbos import DBOS

        known = DBOS.list_workflows(queue_name=_queue(self._device), load_input=False, load_output=False)
        live = frozenset(
            workflow.workflow_id
            for workflow in known
            if workflow.app_version == VERSION
            and (
                workflow.status == "ENQUEUED"
                or (workflow.status == "PENDING" and workflow.executor_id == self._executor)
            )
        )
        dead = [workflow.workflow_id for workflow in known if workflow.workflow_id not in live]
        if dead:
            DBOS.delete_workflows(dead)
        return live

    def is_live(self, evaluation: str, attempt: int, live: frozenset[str]) -> bool:
        """Tell whether an attempt is among the ids that `clear` returned."""
        return _workflow_id(evaluation, attempt) in live

    def _run(self, evaluation: str, device: str, request: str | None) -> None:
        del device  # only for whoever reads DBOS's tables
        self._body(evaluation, request)

    def _config(self) -> "DBOSConfig":
        from dbos import DBOSPortableJSONSerializer

        return {
            "name": "slm-judge",
            "system_database_url": self._url,
            "system_database_engine": self._rows,
            "application_version": VERSION,
            "executor_id": self._executor,
            "max_executor_threads": 16,
            "notification_listener_polling_interval_sec": 1.0,
            # The default is pickle: whoever can write to the database could run code here.
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            # Nothing leaves the machine: no traces, no logs, no remote control.
            "enable_otlp": False,
            "conductor_key": None,
        }


def _queue(device: str) -> str:
    return f"device:{device}"


def _workflow_id(evaluation: str, attempt: int) -> str:
    return f"{evaluation}:{attempt}"
