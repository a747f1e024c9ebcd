"""Routes: every handler in one application, with its guards, its problems and its description."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.middleware import DefineMiddleware

from service.api import docs, endpoints, entrance, events, moving, problem_pages, shelves, validation
from service.api.access import Turnstile
from service.api.annotations import Annotations
from service.api.comparison import comparison
from service.api.defaults import Defaults
from service.api.description import openapi_config
from service.api.evaluations import Evaluations
from service.api.freshness import Freshness
from service.api.guards import Gatekeeper, add_safety_headers
from service.api.idempotency import Once, claim_of
from service.api.judged import Judged
from service.api.judges import Judges
from service.api.judgings import Judgings
from service.api.methods import answer_head
from service.api.parameters import refuse_unknown_parameters
from service.api.problems import HANDLERS
from service.api.recommendation import recommendation
from service.api.results import Results
from service.api.scopes import declare_reading
from service.api.serving import Serving
from service.api.shown import BASE
from service.api.watching import watch

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def litestar_app(
    serving: Serving, *, lifespan: Sequence[Lifespan] = (), max_body: int = 4 * 1024 * 1024
) -> Litestar:
    """Return the application.

    Parameters
    ----------
    lifespan
        What starts before the first request and ends after the last.
    max_body
        Largest request body in bytes.
    """
    api = Router(
        BASE,
        route_handlers=[
            Evaluations,
            Results,
            Judged,
            events.follow,
            comparison,
            recommendation,
            Defaults,
            Judges,
            Judgings,
            *shelves.HANDLERS,
            *endpoints.HANDLERS,
            validation.validation,
            *moving.HANDLERS,
            Annotations,
        ],
    )
    app = Litestar(
        route_handlers=[*entrance.HANDLERS, *problem_pages.HANDLERS, *docs.HANDLERS, api],
        guards=[refuse_unknown_parameters],
        dependencies={
            "serving": Provide(lambda: serving, sync_to_thread=False),
            "claim": Provide(claim_of, sync_to_thread=False),
        },
        exception_handlers=HANDLERS,
        middleware=[
            DefineMiddleware(Gatekeeper, hosts=frozenset(host.lower() for host in serving.hosts)),
            DefineMiddleware(Turnstile, access=serving.access),
            DefineMiddleware(Freshness),
            DefineMiddleware(Once, serving=serving),
        ],
        before_send=[add_safety_headers],
        request_max_body_size=max_body,
        # A server that stops ends the streams before it waits for what is still being answered.
        state=State({"end_streams": serving.streams.close}),
        lifespan=list(lifespan),
        logging_config=None,
        openapi_config=openapi_config(serving.version),
    )
    return answer_head(watch(declare_reading(app), serving.metrics))
