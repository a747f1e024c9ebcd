"""Models in this process: a session that answers by a function of the question and remembers what it was asked."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from service.domain.asking import Answer, OpenSession, Question, Session
from service.domain.failures import Failure
from service.domain.models import Loaded, Memory, Model

Says = Callable[[Question], str | Failure]


@dataclass
class ScriptedSession:
    """One model; `opened` counts its loads."""

    says: Says
    asked: list[Question] = field(default_factory=list)
    opened: int = 0
    pid: int = 1
    alive: bool = True

    async def load(self) -> Loaded | Failure:
        self.opened += 1
        return Loaded(seconds=0.01, model_id="m", device="cpu", runtime="scripted")

    async def ask(self, question: Question) -> Answer | Failure:
        self.asked.append(question)
        await asyncio.sleep(0)
        said = self.says(question)
        if isinstance(said, Failure):
            return said
        return Answer(
            text=said,
            finish="stop",
            prompt_tokens=9,
            completion_tokens=9,
            sent=0,
            first=1_000_000,
            last=2_000_000,
            end=2_100_000,
        )

    async def memory(self) -> Memory:
        return Memory(resident=1, peak=1, method="none")


def opening(models: Mapping[str, ScriptedSession]) -> OpenSession:
    """Return how a house opens these models, by name."""

    @asynccontextmanager
    async def open_session(model: Model) -> AsyncIterator[Session]:
        yield models[model.name]

    return open_session


def shown_facets(question: Question) -> tuple[str, ...]:
    """Return the facets whose levels a judge is shown by one of the general templates."""
    shown = question.messages[-1].content
    if question.messages[-1].content.startswith("Your reply could not be read"):
        shown = question.messages[1].content
    return tuple(re.findall(r"^([a-z_]+): .*\n1 = ", shown, re.MULTILINE))
