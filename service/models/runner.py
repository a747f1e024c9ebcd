"""Parent side of a runner: start the child process, talk to it, and end it whatever it does.

Whatever goes wrong comes back as a `Failure`: a model that dies, hangs or talks nonsense costs one child process and
nothing else.
"""

import asyncio
import contextlib
import itertools
import os
import signal
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.domain.asking import Answer, Question
from service.domain.failures import Failure, FailureKind
from service.domain.models import Loaded, Memory, Model
from service.models import protocol
from service.models.deaths import explain_death, out_of_memory_kills
from service.models.memory import process_tree_memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a runner may take, in seconds."""

    start: float = 60.0
    load: float = 600.0
    grace: float = 2.0


class Runner:
    """One child process that holds one model. Use it through `opening.open_runner`.

    Attributes
    ----------
    pid
        Process id; 0 before the process exists.
    """

    def __init__(
        self, model: Model, *, command: Sequence[str], limits: Limits, url: str | None = None
    ) -> None:
        self.pid = 0
        self._model = model
        self._url = url
        self._command = tuple(command)
        self._limits = limits
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._drain: asyncio.Task[None] | None = None
        self._ids = itertools.count(1)
        self._pending: dict[int, asyncio.Future[protocol.Answered | protocol.Loaded | Failure]] = {}
        self._ready: asyncio.Future[protocol.Ready | Failure] = asyncio.get_running_loop().create_future()
        self._errors: deque[str] = deque(maxlen=40)
        self._death: Failure | None = None
        self._killed_for: Failure | None = None
        self._kills_before = out_of_memory_kills()

    @property
    def alive(self) -> bool:
        """Whether the process is there and has not broken the protocol."""
        return self._death is None and self._process is not None and self._process.returncode is None

    def refuse(self, failure: Failure) -> None:
        """Let every load and question fail like this, without any process."""
        self._death = failure

    async def start(self, environment: Mapping[str, str]) -> None:
        """Start the process and wait until it says ready; a process that does not is remembered as dead."""
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=protocol.LONGEST_LINE,
                start_new_session=True,
                env=dict(environment),
            )
        except OSError as error:
            self._death = Failure(
                kind=FailureKind.LOAD_FAILED,
                message=f"The runner could not be started: {error.strerror or error}.",
            )
            return
        self.pid = self._process.pid
        self._reader = asyncio.create_task(self._read())
        self._drain = asyncio.create_task(self._collect_errors())
        try:
            await asyncio.wait_for(asyncio.shield(self._ready), self._limits.start)
        except TimeoutError:
            await self._kill(
                Failure(
                    kind=FailureKind.SILENT,
                    message=f"The runner said nothing for {self._limits.start:g} s after it was started.",
                )
            )

    async def load(self) -> Loaded | Failure:
        """Load the model into the process."""
        runtime = self._ready.result() if self._ready.done() else None
        if self._death is not None or not isinstance(runtime, protocol.Ready):
            return self._death or _gone()
        order = protocol.Load(
            name=self._model.remote or self._model.name,
            path=self._model.path,
            alias=self._model.name if self._model.source == "catalog" else None,
            endpoint=self._model.endpoint,
            url=self._url,
            dialect=self._model.dialect,
        )
        reply = await self._exchange(0, order, self._limits.load)
        if isinstance(reply, Failure):
            return reply if reply.kind != FailureKind.REJECTED else _as_load_failure(reply)
        if not isinstance(reply, protocol.Loaded):
            return Failure(kind=FailureKind.UNEXPECTED, message="The runner answered a load with an answer.")
        return Loaded(
            seconds=reply.seconds,
            model_id=reply.model_id,
            device=reply.device,
            runtime=reply.runtime or runtime.runtime,
            context=reply.context,
            capabilities=reply.capabilities,
        )

    async def ask(self, question: Question) -> Answer | Failure:
        """Ask the loaded model. Past the deadline and a grace the whole process is killed."""
        identity = next(self._ids)
        order = protocol.Ask(
            id=identity,
            messages=[{"role": message.role, "content": message.content} for message in question.messages],
            temperature=question.sampling.temperature,
            max_tokens=question.sampling.max_tokens,
            seed=question.sampling.seed,
            top_p=question.sampling.top_p,
            deadline=question.deadline,
            format_kind=question.format.kind if question.format else None,
            format=question.format.definition if question.format else None,
        )
        reply = await self._exchange(identity, order, question.deadline)
        if isinstance(reply, Failure):
            return reply
        if not isinstance(reply, protocol.Answered):
            return Failure(kind=FailureKind.UNEXPECTED, message="The runner answered a question with a load.")
        return Answer(
            text=reply.text,
            finish=reply.finish,
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
            sent=reply.sent,
            first=reply.first,
            last=reply.last,
            end=reply.end,
            chunks=tuple(reply.chunks),
            first_visible=reply.first_visible,
            server_reported=reply.server_reported,
        )

    async def memory(self) -> Memory:
        """Measure the process tree; a model behind an endpoint is not in it."""
        if self._model.runner == "http":
            return Memory(resident=None, peak=None, method="behind an endpoint")
        return await asyncio.to_thread(process_tree_memory, self.pid)

    async def close(self) -> None:
        """End the process: politely if it listens, by signal if it does not."""
        if self._process is None:
            return
        self._killed_for = self._killed_for or Failure(
            kind=FailureKind.CANCELLED, message="The runner was closed."
        )
        if self._process.returncode is None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), self._limits.grace)
        self._signal_group()
        await self._process.wait()
        for task in (self._reader, self._drain):
            if task is not None:
                # A grandchild may hold the pipes open: the tasks are not waited for longer than the process.
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        self._process._transport.close()  # type: ignore[attr-defined] # noqa: SLF001  # asyncio offers no other way to let go of the pipes

    async def _exchange(
        self, identity: int, order: protocol.Load | protocol.Ask, deadline: float
    ) -> protocol.Answered | protocol.Loaded | Failure:
        if not self.alive:
            return self._death or _gone()
        line = protocol.encode(order)
        if len(line) >= protocol.LONGEST_LINE:
            return Failure(kind=FailureKind.REJECTED, message="The prompt is longer than 8 MiB: shorten it.")
        future: asyncio.Future[protocol.Answered | protocol.Loaded | Failure]
        future = asyncio.get_running_loop().create_future()
        self._pending[identity] = future
        try:
            await self._write(line + b"\n")
            return await asyncio.wait_for(asyncio.shield(future), deadline + self._limits.grace)
        except TimeoutError:
            late = Failure(
                kind=FailureKind.TIMED_OUT,
                message=f"No answer within {deadline:g} s; the model's process was ended.",
            )
            await self._kill(late)
            return late
        except asyncio.CancelledError:
            if isinstance(order, protocol.Ask):
                with contextlib.suppress(OSError):
                    await self._write(protocol.encode(protocol.Cancel(id=identity)) + b"\n")
            raise
        finally:
            self._pending.pop(identity, None)

    async def _write(self, line: bytes) -> None:
        if self._process is None or self._process.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            # A process that died while we wrote is reported by the reader, with its reason.
            self._process.stdin.write(line)
            await self._process.stdin.drain()

    async def _read(self) -> None:
        """Hand every line to who waits for it, until the process ends or talks nonsense."""
        if self._process is None or self._process.stdout is None:
            return
        broken: str | None = None
        try:
            while line := await self._process.stdout.readline():
                self._deliver(protocol.decode_from_runner(line))
        except ValueError as error:
            # Also msgspec's decode errors: too long a line, not JSON, or JSON of another shape.
            broken = f"The runner broke its protocol ({type(error).__name__}): it was ended."
            self._signal_group()
        code = await self._process.wait()
        if self._drain is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._drain), 1.0)
        if broken is not None:
            self._died(Failure(kind=FailureKind.UNEXPECTED, message=broken))
        else:
            self._died(
                self._killed_for
                or explain_death(code, "\n".join(self._errors), out_of_memory_kills() > self._kills_before)
            )

    def _deliver(self, message: protocol.FromRunner) -> None:
        match message:
            case protocol.Ready():
                if not self._ready.done():
                    self._ready.set_result(message)
            case protocol.Loaded():
                self._resolve(0, message)
            case protocol.Answered():
                self._resolve(message.id, message)
            case protocol.Failed():
                self._resolve(message.id, _failure(message))
            case protocol.Bye():
                pass

    def _resolve(self, identity: int, reply: protocol.Answered | protocol.Loaded | Failure) -> None:
        # An answer that nobody waits for any more came past its deadline.
        future = self._pending.get(identity)
        if future is not None and not future.done():
            future.set_result(reply)

    def _died(self, failure: Failure) -> None:
        self._death = self._death or failure
        for future in self._pending.values():
            if not future.done():
                future.set_result(self._death)
        if not self._ready.done():
            self._ready.set_result(self._death)

    async def _collect_errors(self) -> None:
        """Keep the last lines of standard error: a native crash explains itself there."""
        if self._process is None or self._process.stderr is None:
            return
        while piece := await self._process.stderr.read(65536):
            self._errors.extend(piece.decode("utf-8", "replace").splitlines())

    async def _kill(self, failure: Failure) -> None:
        self._killed_for = failure
        self._signal_group()
        if self._reader is not None:
            await asyncio.wait({self._reader}, timeout=self._limits.grace)
        self._died(failure)

    def _signal_group(self) -> None:
        """End the process and everything it started."""
        if self._process is None:
            return
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        elif self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()


def _failure(message: protocol.Failed) -> Failure:
    try:
        kind = FailureKind(message.kind)
    except ValueError:
        kind = FailureKind.UNEXPECTED
    return Failure(kind=kind, message=message.message, raw=message.raw)


def _as_load_failure(failure: Failure) -> Failure:
    return Failure(kind=FailureKind.LOAD_FAILED, message=failure.message, raw=failure.raw)


def _gone() -> Failure:
    return Failure(kind=FailureKind.RUNNER_DIED, message="The model's process is gone.")
