"""Moving over HTTP: one evaluation as a file, and back into another data directory."""

import asyncio
from typing import Any

from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec

from service.api.parameters import EvaluationId
from service.api.problems import ProblemException, documented
from service.api.replies import EvaluationReply
from service.api.scopes import READ, RUN
from service.api.serving import Serving, Wired
from service.api.shown import BASE, evaluation_reply
from service.domain.archives import Archive
from service.errors import Conflict, NotFound
from service.moving import MOST_PACKED, digest_of, pack, unpack
from service.store import archives
from service.store import evaluations as store

GZIP = "application/gzip"


@get(
    "/evaluations/{evaluation_id:uuid}/export",
    operation_id="export_evaluation",
    tags=["evaluations"],
    security=READ,
    media_type=GZIP,
    responses=documented("not-found", "conflict"),
)
async def export(evaluation_id: EvaluationId, serving: Wired) -> Response[bytes]:
    """Export an evaluation that is over, with everything kept of it, as one file; no secrets and no paths are in it."""
    id_ = str(evaluation_id)
    evaluation = await store.get(serving.database, id_)
    if not evaluation.status.over:
        raise Conflict(
            f"Evaluation {id_} is {evaluation.status}: wait until it is over, or cancel it, then export it."
        )
    archive = await archives.take(serving.database, id_)
    packed = await asyncio.to_thread(pack, archive)
    disposition = f'attachment; filename="evaluation-{id_}.jsonl.gz"'
    return Response(packed, media_type=GZIP, headers={"Content-Disposition": disposition})


@post(
    "/evaluations/import",
    operation_id="import_evaluation",
    tags=["evaluations"],
    security=RUN,
    status_code=201,
    opt={"takes": (GZIP,)},
    request_max_body_size=MOST_PACKED,
    responses={
        200: ResponseSpec(
            EvaluationReply, generate_examples=False, description="It was here already, just the same"
        ),
        **documented("conflict", "invalid", "too-large", "not-json"),
    },
)
async def import_(request: Request[Any, Any, Any], serving: Wired) -> Response[EvaluationReply]:
    """Import what export wrote, under its own id; the same file twice is harmless."""
    body = await request.body()
    if not body:
        raise ProblemException("invalid", "The body is empty: send the file that export wrote.")
    archive = await asyncio.to_thread(unpack, body)
    known = await _known(serving, archive)
    if known is not None:
        return await _reply(serving, known, status=200)
    await archives.put(serving.database, archive)
    return await _reply(serving, archive, status=201)


async def _known(serving: Serving, archive: Archive) -> Archive | None:
    """Return what is stored under the archive's id, if anything.

    Raises
    ------
    Conflict
        If that is not the same.
    """
    id_ = archive.evaluation.id
    try:
        there = await archives.take(serving.database, id_)
    except NotFound:
        return None
    same = await asyncio.to_thread(lambda: digest_of(there) == digest_of(archive))
    if not same:
        raise Conflict(
            f"There is another evaluation {id_} already, which is not the same: delete it first to import this one."
        )
    return there


async def _reply(serving: Serving, archive: Archive, *, status: int) -> Response[EvaluationReply]:
    evaluation = archive.evaluation
    reply = evaluation_reply(evaluation, await serving.progress(evaluation))
    where = {"Location": f"{BASE}/evaluations/{evaluation.id}"}
    return Response(reply, status_code=status, headers=where)


HANDLERS = (export, import_)
