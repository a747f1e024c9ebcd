"""The entrance: an index with curl lines, and health."""

import asyncio
from typing import Any

from litestar import MediaType, Request, Response, get

from service.api.problems import documented
from service.api.replies import Index, Live, Ready
from service.api.scopes import OPEN
from service.api.serving import Wired
from service.api.shown import BASE
from service.errors import Unavailable
from service.observability.metrics import exposition
from service.store.database import ping
from service.store.evaluations import count_by_status


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
        | {
            "docs": "/docs",
            "openapi": "/schema/openapi.json",
            "health": "/health/ready",
            "metrics": "/metrics",
        },
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
async def ready(serving: Wired) -> Ready:
    """Answer if the service can do its work: the database is there and migrated, evaluations run, the disk has room."""
    await ping(serving.database)
    checks = dict(await serving.ready())
    wrong = [f"{name}: {said}" for name, said in checks.items() if said != "ok"]
    if wrong:
        raise Unavailable("; ".join(wrong))
    return Ready(status="ready", version=serving.version, checks=checks)


@get(
    "/metrics",
    operation_id="get_metrics",
    tags=["entrance"],
    media_type=MediaType.TEXT,
    responses=documented("unavailable"),
)
async def metrics(serving: Wired) -> Response[str]:
    """Say in Prometheus's format what was counted."""
    counts = await count_by_status(serving.database)
    body, media_type = await asyncio.to_thread(
        exposition, serving.metrics, evaluations=counts, version=serving.version
    )
    # The framework adds the charset by itself, and a second one would make the header unreadable.
    return Response(body.decode(), media_type=media_type.removesuffix("; charset=utf-8"))


HANDLERS = (index, live, ready, metrics)
