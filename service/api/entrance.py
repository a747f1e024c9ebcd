"""The entrance: an index with curl lines, and health."""

from typing import Any

from litestar import Request, get

from service.api.problems import documented
from service.api.replies import Index, Live
from service.api.scopes import OPEN
from service.api.serving import Wired
from service.api.shown import BASE
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
        | {"docs": "/docs", "openapi": "/schema/openapi.json", "health": "/health/ready"},
        try_=[
            f"curl {here}{BASE}/models",
            f"curl {here}{BASE}/evaluations -H 'Content-Type: application/json' -d '{body}'",
            f"curl {here}{BASE}/recommendation",
        ],
    )


@get("/health/live", operation_id="get_live", security=OPEN, tags=["entrance"], responses=documented())
async def live(serving: Wired) -> Live:
    """Answer if the process does."""
    return Live(status="alive", version=serving.version)


@get("/health/ready", operation_id="get_ready", tags=["entrance"], responses=documented("unavailable"))
async def ready(serving: Wired) -> Live:
    """Answer if the database does."""
    await ping(serving.database)
    return Live(status="ready", version=serving.version)


HANDLERS = (index, live, ready)
