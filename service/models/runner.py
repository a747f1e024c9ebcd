"""Parent side of a runner: load a model in the child process and ask it, many questions at once.

Whatever goes wrong comes back as a `Failure`: a model that dies, hangs or talks nonsense costs one child process and
nothing else.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.domain.asking import Answer, Question
from service.domain.failures import Failure, FailureKind
from service.domain.models import Loaded, Memory, Model
from service.models import protocol
from service.models.child import Child
from service.models.memory import process_tree_memory
from service.models.shortage import Advise


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a runner may take, in seconds."""

    start: float = 60.0
    load: float = 600.0
    grace: float = 2.0


class Runner:
    """One child process that holds one model. Use it through `opening.open_runner`."""

    def __init__(
        self,
        model: Model,
        *,
        command: Sequence[str],
        limits: Limits,
        url: str | None = None,
        advise: Advise | None = None,
    ) -> None:
        self._model = model
        self._advise = advise
        self._url = url
        self._limits = limits
        self._child = Child(
            command, longest_line=protocol.LONGEST_LINE, on_line=self._deliver, on_end=self._died
        )
        self._ids = itertools.count(1)
        self._pending: dict[int, asyncio.Future[protocol.Answered | protocol.Loaded | Failure]] = {}
        self._ready: asyncio.Future[protocol.Ready | Failure] = asyncio.get_running_loop().create_future()
        self._death: Failure | None = None

    @property
    def pid(self) -> int:
        """Process id; 0 before the process exists."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether the process is there and has not broken the protocol."""
        return self._death is None and self._child.running

    def refuse(self, failure: Failure) -> None:
        """Let every load and question fail like this, without any process."""
        self._death = failure

    async def start(self, environment: Mapping[str, str]) -> None:
        """Start the process and wait until it says ready; a process that does not is remembered as dead."""
        try:
            await self._child.start(environment)
        except OSError as error:
            self._death = Failure(
                kind=FailureKind.LOAD_FAILED,
                message=f"The runner could not be started: {error.strerror or error}.",
            )
            return
        try:
            # Not `wait_for`: before Python 3.12 it loses a cancellation that meets the result.
            async with asyncio.timeout(self._limits.start):
                await asyncio.shield(self._ready)
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
            refuses=list(self._model.refuses),
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
            fresh=question.fresh,
            logprobs=question.logprobs,
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
            first_tokens=reply.first_tokens,
            hidden_tokens=reply.hidden_tokens,
            server_reported=reply.server_reported,
            left_out=tuple(reply.left_out),
            tokens=tuple(reply.tokens),
        )

    async def memory(self) -> Memory:
        """Measure the process tree; a model behind an endpoint is not in it."""
        if self._model.runner == "http":
            return Memory(resident=None, peak=None, method="behind an endpoint")
        return await asyncio.to_thread(process_tree_memory, self.pid)

    async def close(self) -> None:
        """End the process."""
        await self._child.close(patience=self._limits.grace)

    async def _exchange(
        self, identity: int, order: protocol.Load | protocol.Ask, deadline: float
    ) -> protocol.Answered | protocol.Loaded | Failure:
        reply = await self._answered(identity, order, deadline)
        if isinstance(reply, Failure) and self._advise is not None:
            # It may look at every process of the machine: not on the event loop.
            return await asyncio.to_thread(self._advise, self._model, reply)
        return reply

    async def _answered(
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
            await self._child.write(line)
            async with asyncio.timeout(deadline + self._limits.grace):
                return await asyncio.shield(future)
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
                    await self._child.write(protocol.encode(protocol.Cancel(id=identity)))
            raise
        finally:
            self._pending.pop(identity, None)

    def _deliver(self, line: bytes) -> None:
        """Hand one line to who waits for it."""
        message = protocol.decode_from_runner(line)
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

    async def _kill(self, failure: Failure) -> None:
        await self._child.kill(failure, patience=self._limits.grace)
        self._died(failure)


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
