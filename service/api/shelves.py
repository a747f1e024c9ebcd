"""What can be asked and who can be asked: rubrics, prompt sets, profiles and models, to read; one smoke check."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from litestar import Controller, Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from service.api import shelf_replies
from service.api.bodies import well_formed
from service.api.paging import cut, linked
from service.api.parameters import Cursor, Limit, Name, ShelfName, Word
from service.api.problems import documented
from service.api.scopes import RUN
from service.api.serving import Serving, Wired
from service.api.shown import catalog_reply, check_reply, model_reply, show
from service.api.wire import CheckRequest
from service.domain.evaluations import Status
from service.domain.failures import Failure
from service.errors import Conflict
from service.store import evaluations as store

AnyRequest = Request[Any, Any, Any]


class Named(Protocol):
    """Whatever has a name of its own."""

    @property
    def name(self) -> str:
        """The name that requests use."""


@get(
    "/rubrics", operation_id="list_rubrics", tags=["library"], responses=documented("broken-file", "invalid")
)
async def rubrics(
    request: AnyRequest, serving: Wired, cursor: Cursor = None, limit: Limit = 50
) -> Response[shelf_replies.RubricPage]:
    """List the rubrics."""
    found = await asyncio.to_thread(serving.library.rubrics)
    items, next_cursor = cut(found, by_name, cursor, limit)
    page = shelf_replies.RubricPage(
        items=show(items, list[shelf_replies.RubricReply]), next_cursor=next_cursor
    )
    return linked(request, page, next_cursor)


@get("/rubrics/{name:str}", operation_id="get_rubric", tags=["library"], responses=documented("not-found"))
async def rubric(name: ShelfName, serving: Wired) -> shelf_replies.RubricReply:
    """Read one rubric."""
    return show(await asyncio.to_thread(serving.library.rubric, name), shelf_replies.RubricReply)


@get(
    "/prompt-sets",
    operation_id="list_prompt_sets",
    tags=["library"],
    responses=documented("broken-file", "invalid"),
)
async def prompt_sets(
    request: AnyRequest, serving: Wired, cursor: Cursor = None, limit: Limit = 50
) -> Response[shelf_replies.PromptSetPage]:
    """List the prompt sets with their prompts."""
    found = await asyncio.to_thread(serving.library.prompt_sets)
    items, next_cursor = cut(found, by_name, cursor, limit)
    page = shelf_replies.PromptSetPage(
        items=show(items, list[shelf_replies.PromptSetReply]), next_cursor=next_cursor
    )
    return linked(request, page, next_cursor)


@get(
    "/prompt-sets/{name:str}",
    operation_id="get_prompt_set",
    tags=["library"],
    responses=documented("not-found"),
)
async def prompt_set(name: ShelfName, serving: Wired) -> shelf_replies.PromptSetReply:
    """Read one prompt set."""
    return show(await asyncio.to_thread(serving.library.prompt_set, name), shelf_replies.PromptSetReply)


@get(
    "/profiles",
    operation_id="list_profiles",
    tags=["library"],
    responses=documented("broken-file", "invalid"),
)
async def profiles(
    request: AnyRequest, serving: Wired, cursor: Cursor = None, limit: Limit = 50
) -> Response[shelf_replies.ProfilePage]:
    """List the selection profiles, quantities in base units."""
    found = await asyncio.to_thread(serving.library.profiles)
    items, next_cursor = cut(found, by_name, cursor, limit)
    page = shelf_replies.ProfilePage(
        items=show(items, list[shelf_replies.ProfileReply]), next_cursor=next_cursor
    )
    return linked(request, page, next_cursor)


@get("/profiles/{name:str}", operation_id="get_profile", tags=["library"], responses=documented("not-found"))
async def profile(name: ShelfName, serving: Wired) -> shelf_replies.ProfileReply:
    """Read one selection profile."""
    return show(await asyncio.to_thread(serving.library.profile, name), shelf_replies.ProfileReply)


class Models(Controller):
    """Every model that a request may name."""

    path = "/models"
    tags = ("models",)

    @get(operation_id="list_models", responses=documented("invalid"))
    async def list_(
        self,
        request: AnyRequest,
        serving: Wired,
        capability: Word = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response[shelf_replies.ModelPage]:
        """List models, built-in ones, own directories and the catalog as it was last seen; nothing is asked for it."""
        page = await asyncio.to_thread(model_page, serving, capability, cursor, limit)
        return linked(request, page, page.next_cursor)

    @get("/{name:str}", operation_id="get_model", responses=documented("not-found"))
    async def read(self, name: Name, serving: Wired) -> shelf_replies.ModelReply:
        """Read one model."""
        return model_reply(await asyncio.to_thread(serving.shelf.model, name))

    @post("/refresh", operation_id="refresh_models", security=RUN, status_code=200, responses=documented())
    async def refresh(self, serving: Wired) -> shelf_replies.CatalogReply:
        """Ask the Foundry catalog now; one that cannot be reached is an answer, with the reason."""
        return catalog_reply(await serving.refresh())

    @post(
        "/{name:str}/check",
        operation_id="check_model",
        security=RUN,
        status_code=200,
        before_request=well_formed(CheckRequest),
        responses=documented("unparsable", "not-found", "conflict", "invalid"),
    )
    async def check(
        self, name: Name, data: JSONBody[CheckRequest], serving: Wired
    ) -> shelf_replies.CheckReply:
        """Ask one model one prompt in a process of its own; refused while an evaluation is timed."""
        model = await asyncio.to_thread(serving.shelf.model, name)
        async with untimed(serving, f"a check of '{name}'"):
            found = await serving.check(model, data.prompt, data.max_tokens)
        if isinstance(found, Failure):
            return check_reply(name, None, found)
        return check_reply(name, found.loaded.seconds, found.answer)


def by_name(one: Named) -> str:
    """Return what a list is ordered by."""
    return one.name


HANDLERS: tuple[type[Controller] | BaseRouteHandler, ...] = (
    rubrics,
    rubric,
    prompt_sets,
    prompt_set,
    profiles,
    profile,
    Models,
)


def model_page(
    serving: Serving, capability: str | None, cursor: str | None, limit: int
) -> shelf_replies.ModelPage:
    """Return a page of models, the state of the catalog, and the directories that are no model with the reason."""
    models = [one for one in serving.shelf.models() if capability is None or capability in one.capabilities]
    shown, next_cursor = cut(models, by_name, cursor, limit)
    unreadable: list[dict[str, Any]] = [
        {"path": one.path, "reason": one.reason} for one in serving.shelf.unreadable()
    ]
    return shelf_replies.ModelPage(
        items=[model_reply(one) for one in shown],
        next_cursor=next_cursor,
        catalog=catalog_reply(serving.shelf.catalog()),
        unreadable=unreadable,
    )


@asynccontextmanager
async def untimed(serving: Serving, what: str) -> AsyncIterator[None]:
    """Have the device for `what`: a second model on it would spoil the times of an evaluation, and none starts meanwhile.

    Raises
    ------
    Conflict
        If an evaluation is being timed, with the one to wait for.
    """
    async with serving.engine.borrow(what):
        running = await store.page(serving.database, status=Status.RUNNING, limit=1)
        if running:
            raise Conflict(f"Evaluation {running[0].id} is being timed: ask again when it is over.")
        yield
