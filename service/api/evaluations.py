"""Evaluations over HTTP: create, list, read, cancel, retry, delete."""

import asyncio
from datetime import UTC, datetime

from litestar import Controller, Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody
from uuid_utils import uuid7

from service.api.accept import accept, title
from service.api.bodies import well_formed
from service.api.cursors import id_after, write_cursor
from service.api.parameters import Cursor, EvaluationId, Limit
from service.api.problems import documented
from service.api.replies import EvaluationPage, EvaluationReply, PlanReply
from service.api.scopes import ADMIN, RUN
from service.api.serving import Serving, Wired
from service.api.shown import BASE, evaluation_reply, plan_reply
from service.api.wire import EvaluationRequest
from service.domain.evaluations import Evaluation, Spec, Status
from service.store import evaluations as store

POLL_SECONDS = "1"


class Evaluations(Controller):
    """An evaluation is the operation: create it, follow it, read what came of it."""

    path = "/evaluations"
    tags = ("evaluations",)

    @post(
        operation_id="create_evaluation",
        security=RUN,
        status_code=202,
        before_request=well_formed(EvaluationRequest),
        responses={
            200: ResponseSpec(
                PlanReply, generate_examples=False, description="With dry_run: what it would do"
            ),
            **documented("unparsable", "invalid", "too-large", "not-json"),
        },
    )
    async def create(
        self, data: JSONBody[EvaluationRequest], serving: Wired, dry_run: FromQuery[bool] = False
    ) -> Response[EvaluationReply] | Response[PlanReply]:
        """Accept an evaluation and queue it, or with `dry_run` say what it would do."""
        spec = await asyncio.to_thread(accept, data, serving.library, serving.shelf, serving.devices)
        if dry_run:
            return Response(plan_reply(serving.plan(spec), spec), status_code=200)
        evaluation = new_evaluation(title(data, spec), spec)
        await store.add(serving.database, evaluation)
        await serving.engine.submit(evaluation)
        return await accepted(serving, evaluation)

    @get(operation_id="list_evaluations", responses=documented("invalid"))
    async def list_(
        self,
        serving: Wired,
        status: FromQuery[Status | None] = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> EvaluationPage:
        """List evaluations, newest first."""
        after = id_after(cursor)
        found = await store.page(serving.database, status=status, after=after, limit=limit + 1)
        shown, more = found[:limit], len(found) > limit
        return EvaluationPage(
            items=[evaluation_reply(one) for one in shown],
            next_cursor=write_cursor(shown[-1].id) if more else None,
        )

    @get("/{evaluation_id:uuid}", operation_id="get_evaluation", responses=documented("not-found"))
    async def read(self, evaluation_id: EvaluationId, serving: Wired) -> Response[EvaluationReply]:
        """Read an evaluation and how far it is; Retry-After says when to look again."""
        evaluation = await store.get(serving.database, str(evaluation_id))
        progress = await serving.progress(evaluation)
        headers = {} if evaluation.status.over else {"Retry-After": POLL_SECONDS}
        return Response(evaluation_reply(evaluation, progress), headers=headers)

    @post(
        "/{evaluation_id:uuid}/cancel",
        operation_id="cancel_evaluation",
        security=RUN,
        status_code=202,
        responses={
            200: ResponseSpec(EvaluationReply, generate_examples=False, description="It is cancelled now"),
            **documented("not-found", "conflict"),
        },
    )
    async def cancel(self, evaluation_id: EvaluationId, serving: Wired) -> Response[EvaluationReply]:
        """Stop an evaluation; what was kept stays. Harmless on one that is cancelled already."""
        await serving.engine.cancel(str(evaluation_id))
        return await accepted(serving, await store.get(serving.database, str(evaluation_id)))

    @post(
        "/{evaluation_id:uuid}/retry",
        operation_id="retry_evaluation",
        security=RUN,
        status_code=202,
        responses=documented("not-found", "conflict"),
    )
    async def retry(self, evaluation_id: EvaluationId, serving: Wired) -> Response[EvaluationReply]:
        """Queue an evaluation that is over once more: only what failed or is missing is tried again."""
        evaluation = await store.begin_attempt(serving.database, str(evaluation_id))
        await serving.engine.submit(evaluation)
        return await accepted(serving, evaluation)

    @delete(
        "/{evaluation_id:uuid}",
        operation_id="delete_evaluation",
        security=ADMIN,
        responses=documented("not-found", "conflict"),
    )
    async def remove(self, evaluation_id: EvaluationId, serving: Wired) -> None:
        """Delete an evaluation that is over, with everything kept for it."""
        await store.delete(serving.database, str(evaluation_id))


def new_evaluation(name: str, spec: Spec) -> Evaluation:
    """Return a queued evaluation under a fresh id that sorts by time."""
    return Evaluation(
        id=str(uuid7()), name=name, spec=spec, status=Status.QUEUED, created_at=datetime.now(UTC)
    )


async def accepted(serving: Serving, evaluation: Evaluation) -> Response[EvaluationReply]:
    """Return 202 with where to look and when."""
    headers = {"Location": f"{BASE}/evaluations/{evaluation.id}", "Retry-After": POLL_SECONDS}
    reply = evaluation_reply(evaluation, await serving.progress(evaluation))
    return Response(reply, status_code=200 if evaluation.status is Status.CANCELLED else 202, headers=headers)
