"""The entrance: an index with curl lines, health, and the pages that problem types point to."""

from typing import Any

from litestar import MediaType, Request, Response, get

from service.api.parameters import Name
from service.api.problems import BY_SLUG, documented
from service.api.replies import Index, Live
from service.api.serving import Wired
from service.api.shown import BASE
from service.errors import NotFound
from service.store.database import ping


@get("/", operation_id="get_index", tags=["entrance"], responses=documented())
async def index(request: Request[Any, Any, Any], serving: Wired) -> Index:
    """Say where to go from here."""
    here = str(request.base_url).rstrip("/")
    names = ("evaluations", "models", "rubrics", "prompt-sets", "profiles", "recommendation", "defaults")
    body = '{"candidates": ["tiny-s", "tiny-m"], "judge": "tiny-judge", "rubric": "tiny", "prompt_set": "tiny", "profile": "tiny"}'
    return Index(
        service="slm-judge",
        version=serving.version,
        links={name: f"{BASE}/{name}" for name in names}
        | {"openapi": "/schema/openapi.json", "health": "/health/ready"},
        try_=[
            f"curl {here}{BASE}/models",
            f"curl {here}{BASE}/evaluations -H 'Content-Type: application/json' -d '{body}'",
            f"curl {here}{BASE}/recommendation",
        ],
    )


@get("/health/live", operation_id="get_live", tags=["entrance"], responses=documented())
async def live(serving: Wired) -> Live:
    """Answer if the process does."""
    return Live(status="alive", version=serving.version)


@get("/health/ready", operation_id="get_ready", tags=["entrance"], responses=documented("unavailable"))
async def ready(serving: Wired) -> Live:
    """Answer if the database does."""
    await ping(serving.database)
    return Live(status="ready", version=serving.version)


@get("/problems/{slug:str}", operation_id="get_problem", tags=["entrance"], responses=documented("not-found"))
async def problem_page(slug: Name) -> Response[str]:
    """Explain one sort of problem."""
    kind = BY_SLUG.get(slug)
    if kind is None:
        raise NotFound(f"There is no problem '{slug[:60]}'. Known problems: {', '.join(BY_SLUG)}.")
    text = f"{kind.title} ({kind.status})\n\n{kind.cure}\n"
    return Response(text, media_type=MediaType.TEXT)


HANDLERS = (index, live, ready, problem_page)
