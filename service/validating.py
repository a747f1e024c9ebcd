"""Validate target models: each is listed by whoever serves it, and each answers one chat request."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from service.domain.asking import Answer
from service.domain.failures import Failure, FailureKind
from service.domain.models import Loaded, Model
from service.errors import NotFound
from service.measure.smoke import Smoke
from service.models.endpoint_views import EndpointView
from service.models.shelf import Shelf

MOST = 100
"""Models of one validation."""

Check = Callable[[Model], Awaitable[Smoke | Failure]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated:
    """How one target did.

    Attributes
    ----------
    model
        ``None`` where nothing has this name.
    listed
        Whether its source lists it now; ``None`` where an endpoint answers but has no list to look into.
    answer
        What it said, or why it said nothing.
    loaded
        ``None`` where it did not come to that.
    """

    name: str
    model: Model | None
    listed: bool | None
    answer: Answer | Failure
    loaded: Loaded | None = None

    @property
    def good(self) -> bool:
        """Whether it answers and nothing says that it is not there."""
        return self.listed is not False and isinstance(self.answer, Answer)

    @property
    def reason(self) -> str | None:
        """Why it is not good, in words that say what to do."""
        if isinstance(self.answer, Failure):
            return self.answer.message
        if self.listed is False and self.model is not None:
            return (
                f"It answers, but the endpoint '{self.model.endpoint}' does not list '{self.model.remote}': an "
                "unlisted model can go without notice; name a listed one in the settings."
            )
        return None


async def validate(
    names: Sequence[str], shelf: Shelf, *, see: Callable[[], Awaitable[object]], check: Check, deadline: float
) -> tuple[Validated, ...]:
    """Look each model up and ask it once, one at a time; a model that fails costs nothing but its row.

    Parameters
    ----------
    names
        The targets; none: every model that is at hand (see `at_hand`), and a row for each endpoint that is away.
    see
        Asks the endpoints for their lists.
    check
        Asks one model one prompt in a process of its own.
    deadline
        Seconds that one model may take, its load included.
    """
    if shelf.endpoints:
        await see()
    models, views = await asyncio.to_thread(lambda: (shelf.models(), shelf.views()))
    known = {model.name: model for model in models}
    seen = {view.name: view for view in views}
    wanted = names or [model.name for model in models if at_hand(model)][:MOST]
    found = [await _one(name, known, seen, shelf, check, deadline) for name in dict.fromkeys(wanted)]
    if not names:
        served = {model.endpoint for model in models}
        found += [_away(view) for view in views if view.state == "unreachable" and view.name not in served]
    return tuple(found)


def at_hand(model: Model) -> bool:
    """Tell whether a model can be asked without a download.

    Foundry Local's service lists its whole catalog, so of its models only loaded ones count.
    """
    if model.source != "endpoint":
        return model.path is not None
    reported = model.server_reported
    return model.dialect != "foundry" or (reported is not None and reported.loaded is True)


def listing(model: Model, view: EndpointView | None) -> bool | None:
    """Tell whether the source of `model` lists it; ``None`` where it has no list."""
    if model.source != "endpoint" or view is None:
        return True
    if view.state != "fresh":
        return False
    if not any(one.listed for one in view.models):
        return None
    found = view.model(str(model.remote))
    return found is not None and found.listed


async def _one(
    name: str,
    known: dict[str, Model],
    seen: dict[str, EndpointView],
    shelf: Shelf,
    check: Check,
    deadline: float,
) -> Validated:
    model = known.get(name)
    if model is None:
        return Validated(name=name, model=None, listed=False, answer=await _unknown(name, shelf))
    view = seen.get(model.endpoint or "")
    listed = listing(model, view)
    if view is not None and view.state == "unreachable":
        # Seen a moment ago: asking would end the same way.
        return Validated(name=name, model=model, listed=listed, answer=_away(view).answer)
    try:
        async with asyncio.timeout(deadline):
            found = await check(model)
    except TimeoutError:
        found = Failure(
            kind=FailureKind.TIMED_OUT,
            message=f"It did not load and answer within {deadline:g} s: look at what runs beside it, or give it longer.",
        )
    if isinstance(found, Failure):
        return Validated(name=name, model=model, listed=listed, answer=found)
    return Validated(name=name, model=model, listed=listed, answer=found.answer, loaded=found.loaded)


def _away(view: EndpointView) -> Validated:
    """Return the row of an endpoint that cannot be reached and of whose models nothing is known."""
    kind = FailureKind(view.kind) if view.kind else FailureKind.UNREACHABLE
    failure = Failure(kind=kind, message=view.reason or f"The endpoint '{view.name}' cannot be reached.")
    return Validated(name=view.name, model=None, listed=False, answer=failure)


async def _unknown(name: str, shelf: Shelf) -> Failure:
    try:
        await asyncio.to_thread(shelf.model, name)
    except NotFound as error:
        return Failure(kind=FailureKind.NOT_FOUND, message=error.message)
    return Failure(
        kind=FailureKind.NOT_FOUND, message=f"There was no model '{name}' a moment ago: ask again."
    )
