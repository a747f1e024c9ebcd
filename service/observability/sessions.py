"""Sessions under observation: every load and every call counted, logged and traced after it is over, never during it."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from service.domain.asking import Answer, OpenSession, Question, Session
from service.domain.failures import Failure
from service.domain.models import Loaded, Memory, Model
from service.observability.metrics import Metrics
from service.observability.traces import NoTraces, Traces, call_attributes, load_attributes

Role = Literal["candidate", "judge", "check"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Where observations go."""

    metrics: Metrics = field(default_factory=Metrics)
    traces: Traces = field(default_factory=NoTraces)

    def sessions(self, open_session: OpenSession, role: Role) -> OpenSession:
        """Return `open_session` with its sessions under observation."""

        @asynccontextmanager
        async def open_watched(model: Model) -> AsyncIterator[Session]:
            async with open_session(model) as session:
                said = {"model": model.name, "role": role, "pid": session.pid}
                _log.info("runner started", extra=said)
                try:
                    yield Watched(session, model, role, self)
                finally:
                    _log.info("runner let go", extra=said)

        return open_watched


@dataclass(frozen=True, slots=True)
class Watched:
    """A session that is watched from outside."""

    inner: Session
    model: Model
    role: Role
    watch: Watch

    @property
    def pid(self) -> int:
        """Process id of the runner."""
        return self.inner.pid

    @property
    def alive(self) -> bool:
        """Whether the process can still answer."""
        return self.inner.alive

    async def load(self) -> Loaded | Failure:
        """Load the model, then note it."""
        begin = time.monotonic()
        loaded = await self.inner.load()
        seconds, outcome = time.monotonic() - begin, _outcome(loaded)
        self.watch.metrics.loads.add(self.role, outcome)
        said = {"model": self.model.name, "role": self.role, "pid": self.pid, "seconds": round(seconds, 3)}
        if isinstance(loaded, Failure):
            _log.warning("model not loaded", extra={**said, "failure": outcome})
        else:
            _log.info("model loaded", extra=said)
        attributes, error = load_attributes(self.model, self.role), _error(loaded)
        self.watch.traces.past(f"load {self.model.name}", attributes, seconds=seconds, error=error)
        return loaded

    async def ask(self, question: Question) -> Answer | Failure:
        """Ask the model, then note what came of it: figures, never words."""
        begin = time.monotonic()
        reply = await self.inner.ask(question)
        waited = time.monotonic() - begin
        seconds = (reply.end - reply.sent) / 1e9 if isinstance(reply, Answer) else waited
        self._count(reply, seconds)
        attributes = call_attributes(self.model, self.role, question, reply)
        self.watch.traces.past(f"chat {self.model.name}", attributes, seconds=seconds, error=_error(reply))
        if isinstance(reply, Failure):
            said = {"model": self.model.name, "role": self.role, "failure": reply.kind.value}
            _log.info("call failed", extra={**said, "seconds": round(seconds, 3)})
        return reply

    async def memory(self) -> Memory:
        """Measure the memory of the process tree."""
        return await self.inner.memory()

    def _count(self, reply: Answer | Failure, seconds: float) -> None:
        metrics = self.watch.metrics
        metrics.calls.add(self.role, _outcome(reply))
        metrics.model_seconds.add(self.role, by=seconds)
        if isinstance(reply, Answer):
            metrics.model_tokens.add(self.role, "in", by=reply.prompt_tokens or 0)
            metrics.model_tokens.add(self.role, "out", by=reply.completion_tokens or 0)
            if reply.first is not None:
                metrics.first_token.observe(self.role, value=(reply.first - reply.sent) / 1e9)


def _outcome(reply: object) -> str:
    return _error(reply) or "ok"


def _error(reply: object) -> str | None:
    return reply.kind.value if isinstance(reply, Failure) else None
