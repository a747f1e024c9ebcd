"""Serving: everything that handlers reach, filled once by the composition root."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from service.api.access import Access
from service.api.recent import Recent
from service.api.streams import Streams
from service.domain.asking import Answer
from service.domain.evaluations import Evaluation, Foreseen, Plan, Progress, Spec, Status
from service.domain.failures import Failure, FailureKind
from service.domain.findings import Findings, Item
from service.domain.models import Loaded, Model
from service.domain.responses import Slot
from service.domain.selection import Profile
from service.examining import Examiner
from service.library import Library
from service.models.catalog import CatalogView
from service.models.endpoint_views import SeenModel
from service.models.shelf import Shelf
from service.observability.metrics import Metrics
from service.store.database import Database
from service.validating import Validated


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a smoke check saw: the load, and the answer or why there is none."""

    loaded: Loaded
    answer: Answer | Failure


class Engine(Protocol):
    """What runs evaluations and forgets none."""

    @property
    def running(self) -> bool:
        """Whether what is submitted is run."""
        ...

    async def submit(self, evaluation: Evaluation) -> None:
        """Start or queue an evaluation that is stored already; harmless twice."""
        ...

    async def cancel(self, evaluation: str) -> Status:
        """Stop an evaluation and return where it stands now; what was kept stays. `Conflict` if it is over."""
        ...

    async def pause(self, evaluation: str) -> Status:
        """Let an evaluation rest and return where it stands now; what was kept stays. `Conflict` if it is over."""
        ...

    def borrow(self, what: str) -> AbstractAsyncContextManager[None]:
        """Have the device for a check: no evaluation starts meanwhile. `Conflict` if somebody else has it."""
        ...


class FindItems(Protocol):
    """Reads answers with their verdicts in canonical order, from behind the slot `after`."""

    async def __call__(
        self,
        evaluation: Evaluation,
        *,
        candidate: str | None,
        prompt: str | None,
        after: Slot | None,
        limit: int,
    ) -> tuple[Item, ...]:
        """Return up to `limit` items."""
        ...


async def no_probe(model: Model) -> SeenModel | Failure:
    """Try nothing: there are no endpoints."""
    return Failure(kind=FailureKind.REJECTED, message=f"'{model.name}' is behind no endpoint.")


class Validate(Protocol):
    """Looks models up where they are listed and asks each one prompt."""

    async def __call__(
        self, names: Sequence[str], *, prompt: str, max_tokens: int, deadline: float
    ) -> tuple[Validated, ...]:
        """Return a row for each model; without `names` for every model at hand."""
        ...


async def no_validation(
    names: Sequence[str], *, prompt: str, max_tokens: int, deadline: float
) -> tuple[Validated, ...]:
    """Validate nothing: there is nobody to ask."""
    del names, prompt, max_tokens, deadline
    return ()


async def no_endpoints() -> object:
    """Ask nobody: there are no endpoints."""
    return None


async def nothing_needed() -> Mapping[str, str]:
    """Return that nothing is needed to be ready."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What the API works with.

    Attributes
    ----------
    find
        Recomputes everything known of an evaluation from stored rows, ranked by another profile where one is given.
    plan
        Says what a specification will do, without doing any of it.
    foresee
        Says what judging the answers of an evaluation again would take.
    progress
        Counts how far an evaluation is.
    check
        Loads a model in a process of its own, asks it one prompt with so many tokens at most, and ends the process.
    examiner
        Examines judges apart from evaluations.
    refresh
        Asks the Foundry catalog and the endpoints.
    probe
        Tries what a model behind an endpoint honours, and keeps it.
    validate
        Tells of each target model whether it is listed and answers.
    see_endpoints
        Asks the endpoints for what they are and their models, and keeps that.
    runtime
        The runtime that is installed here, as loads name it.
    devices
        Devices that evaluations may ask for; the first is the default.
    hosts
        Hosts, with port, under which this service may be called.
    metrics
        What was counted.
    ready
        Looks at each thing that the service needs: ``ok``, or what is wrong.
    streams
        Those who follow events.
    recent
        What was read a moment ago.
    access
        What callers must bring and how often they may come; by default nothing, and as often as they like.
    """

    database: Database
    library: Library
    shelf: Shelf
    engine: Engine
    find: Callable[[Evaluation, Profile | None], Awaitable[Findings]]
    plan: Callable[[Spec], Awaitable[Plan]]
    foresee: Callable[[Spec, str], Awaitable[Foreseen]]
    progress: Callable[[Evaluation], Awaitable[Progress]]
    items: FindItems
    check: Callable[[Model, str, int], Awaitable[Checked | Failure]]
    refresh: Callable[[], Awaitable[CatalogView]]
    examiner: Examiner
    streams: Streams
    recent: Recent
    version: str
    devices: tuple[str, ...] = ("local",)
    runtime: str | None = None
    hosts: tuple[str, ...] = ()
    access: Access = field(default_factory=Access)
    metrics: Metrics = field(default_factory=Metrics)
    ready: Callable[[], Awaitable[Mapping[str, str]]] = nothing_needed
    probe: Callable[[Model], Awaitable[SeenModel | Failure]] = no_probe
    validate: Validate = no_validation
    see_endpoints: Callable[[], Awaitable[object]] = no_endpoints


Wired = NamedDependency[SkipValidation[Serving]]
"""How a handler asks for it."""
