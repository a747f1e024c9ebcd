"""Crowding: how many judges' calls may be under way at one endpoint, whichever judges and evaluations they are of."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from service.domain.asking import Answer, OpenSession, Question, Session
from service.domain.endpoints import Endpoint
from service.domain.failures import Failure
from service.domain.models import Loaded, Memory, Model


class Crowding:
    """The endpoints that say how much they take; all others take what a judge is given by default."""

    def __init__(self, endpoints: Sequence[Endpoint] = (), *, default: int = 2) -> None:
        self._default = default
        self._most = {one.name: one.concurrency for one in endpoints if one.concurrency is not None}
        self._places = {name: asyncio.Semaphore(most) for name, most in self._most.items()}

    def most(self, model: Model) -> int:
        """Return how many calls of one judge may be in flight."""
        return self._most.get(model.endpoint or "", self._default)

    def sessions(self, open_session: OpenSession) -> OpenSession:
        """Return `open_session` with each call waiting until its endpoint has a place for it."""

        @asynccontextmanager
        async def open_in_turn(model: Model) -> AsyncIterator[Session]:
            place = self._places.get(model.endpoint or "")
            async with open_session(model) as session:
                yield session if place is None else InTurn(session, place)

        return open_in_turn


@dataclass(frozen=True, slots=True)
class InTurn:
    """A session whose calls wait for a place; a call's deadline begins when it has one."""

    inner: Session
    place: asyncio.Semaphore

    @property
    def pid(self) -> int:
        """Process id of the runner."""
        return self.inner.pid

    @property
    def alive(self) -> bool:
        """Whether the process can still answer."""
        return self.inner.alive

    async def load(self) -> Loaded | Failure:
        """Load the model."""
        return await self.inner.load()

    async def ask(self, question: Question) -> Answer | Failure:
        """Wait for a place, then ask the model."""
        async with self.place:
            return await self.inner.ask(question)

    async def memory(self) -> Memory:
        """Measure the memory of the process tree."""
        return await self.inner.memory()
