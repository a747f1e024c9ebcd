"""Question and Answer: what goes to a runner and what comes back, with the times the runner stamped itself."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

from service.domain.failures import Failure, FailureKind
from service.domain.models import Loaded, Memory, Model

Role = Literal["system", "user", "assistant"]
Token = tuple[str, tuple[tuple[str, float], ...]]
"""A token's text, and the likeliest in its place with their log-probabilities, where it may be part of a score."""
FormatKind = Literal["lark", "json_schema", "tool", "json_object"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One chat message."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How tokens are drawn. All of it is always sent: a default of the runtime is never relied on."""

    temperature: float
    max_tokens: int
    seed: int
    top_p: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A constraint on the answer's text.

    Attributes
    ----------
    kind
        ``lark``: a Lark grammar; ``json_schema``: a raw JSON schema; ``tool``: a tool whose arguments fit the schema and
        that must be called; ``json_object``: any JSON object.
    definition
        The grammar, or the schema as JSON text.
    """

    kind: FormatKind
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One chat request. `deadline` is in seconds; past it the runner's process is killed.

    Attributes
    ----------
    fresh
        Nothing kept of an earlier request may spare the model any of this one, where the runtime can be told so: its
        time would be that of a question asked before.
    logprobs
        Ask for the likeliest tokens too; a runner that cannot tell them leaves them out.
    """

    messages: tuple[Message, ...]
    sampling: Sampling
    deadline: float
    format: Format | None = None
    fresh: bool = False
    logprobs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model said, with stamps on the runner's monotonic clock (nanoseconds, comparable only with each other).

    Attributes
    ----------
    finish
        ``stop``, ``length`` or what the runtime said.
    prompt_tokens, completion_tokens
        As the runtime counted; ``None`` when it does not say.
    sent, first, last, end
        Handed over; first and last non-empty text; stream closed. `first` and `last` are ``None`` without text.
    chunks
        Stamp and length in characters of each piece of text, in order of arrival; pieces that arrived together share a
        stamp.
    first_visible
        First text that is not reasoning; ``None`` where the runner does not tell them apart.
    first_tokens
        Tokens that had come with the first text, where the runtime counts as it goes.
    hidden_tokens
        Tokens that were counted and never sent, as reasoning often is; all of them where that cannot be told.
    server_reported
        The server's own timings and counts, under the server's own names.
    left_out
        Fields that were not sent because the endpoint refuses them.
    tokens
        Where they were asked for and the runner tells them.
    """

    text: str
    finish: str
    prompt_tokens: int | None
    completion_tokens: int | None
    sent: int
    first: int | None
    last: int | None
    end: int
    chunks: tuple[tuple[int, int], ...] = ()
    first_visible: int | None = None
    first_tokens: int | None = None
    hidden_tokens: int = 0
    server_reported: dict[str, float] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    tokens: tuple[Token, ...] = ()


Ask = Callable[[Question], Awaitable[Answer | Failure]]
"""The port through which a step asks a loaded model. A failure comes back as a value."""


class Session(Protocol):
    """A runner process that holds one model, as the steps see it. Failures come back as values."""

    @property
    def pid(self) -> int:
        """Process id of the runner."""
        ...

    @property
    def alive(self) -> bool:
        """Whether the process can still answer."""
        ...

    async def load(self) -> Loaded | Failure:
        """Load the model."""
        ...

    async def ask(self, question: Question) -> Answer | Failure:
        """Ask the model; several questions may be under way at once."""
        ...

    async def memory(self) -> Memory:
        """Measure the memory of the process tree; never while an answer is timed."""
        ...


OpenSession = Callable[[Model], AbstractAsyncContextManager[Session]]
"""The port through which a step gets a fresh process for a model; leaving the context ends the process."""


REFUSALS = 3
"""So many fields an endpoint may refuse one after the other."""


async def ask_again(ask: Ask, question: Question) -> Answer | Failure:
    """Ask, and once more for each field that the endpoint refuses, which is then left out.

    For whatever is not timed: a timed question is asked once, and such a refusal is a failure of that one try.
    """
    reply = await ask(question)
    for _ in range(REFUSALS):
        if not (isinstance(reply, Failure) and reply.kind is FailureKind.UNSUPPORTED):
            break
        reply = await ask(question)
    return reply
