"""Evaluations over HTTP: create, list, read, rename, cancel, retry, delete."""

import asyncio
import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Controller, MediaType, Request, Response, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Body, FromQuery, JSONBody
from litestar.serialization import encode_json
from msgspec import UNSET
from uuid_utils import uuid7

from service.api.accept import accept, title
from service.api.bodies import well_formed
from service.api.cursors import word_after, write_cursor
from service.api.formats import shown_as
from service.api.freshness import strong_tag
from service.api.guards import MERGE_PATCH
from service.api.idempotency import CREATES, Claimed, Key, receipt_for
from service.api.paging import linked
from service.api.parameters import Cursor, EvaluationId, Limit, WantedUse, Word
from service.api.problems import documented
from service.api.recent import Reading
from service.api.replies import EvaluationPage, EvaluationReply, PlanReply
from service.api.scopes import ADMIN, RUN
from service.api.serving import Serving, Wired
from service.api.shown import BASE, evaluation_reply, plan_reply
from service.api.wire import EvaluationPatch, EvaluationRequest
from service.domain.evaluations import Evaluation, Progress, Spec, Status
from service.errors import Unavailable
from service.store import evaluations as store
from service.store.searches import Search

MOST_WAITING = 200
"""Evaluations that may wait: one device has work for days."""
POLL_SECONDS = "1"
"""Where nothing is known of how long it takes."""
LONGEST_WAIT = 60


class Evaluations(Controller):
    """An evaluation is the operation: create it, follow it, read what came of it."""

    path = "/evaluations"
    tags = ("evaluations",)

    @post(
        operation_id="create_evaluation",
        security=RUN,
        status_code=202,
        opt=CREATES,
        before_request=well_formed(EvaluationRequest),
        responses={
            200: shown_as(PlanReply, "With dry_run: what it would do"),
            202: shown_as(EvaluationReply, "It is accepted and queued"),
            **documented("unparsable", "conflict", "invalid", "too-large", "not-json"),
        },
    )
    async def create(
        self,
        data: JSONBody[EvaluationRequest],
        serving: Wired,
        claim: Claimed,
        dry_run: FromQuery[bool] = False,
        idempotency_key: Key = None,
    ) -> Response[EvaluationReply] | Response[PlanReply]:
        """Accept an evaluation and queue it, or with `dry_run` say what it would do."""
        del idempotency_key  # the claim was made with it
        spec = await asyncio.to_thread(accept, data, serving.library, serving.shelf, serving.devices)
        if dry_run:
            return Response(plan_reply(await serving.plan(spec), spec), status_code=200)
        refuse_idle(serving)
        evaluation = new_evaluation(data.name or title(spec), spec, data.labels)
        response = await accepted(serving, evaluation)
        await store.add(serving.database, evaluation, receipt_for(claim, response), most_waiting=MOST_WAITING)
        await serving.engine.submit(evaluation)
        return response

    @get(operation_id="list_evaluations", responses=documented("invalid"))
    async def list_(
        self,
        request: Request[Any, Any, Any],
        serving: Wired,
        status: FromQuery[Status | None] = None,
        label: Word = None,
        candidate: Word = None,
        judge: Word = None,
        rubric: Word = None,
        prompt_set: Word = None,
        profile: Word = None,
        use: WantedUse = None,
        device: Word = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response[EvaluationPage]:
        """List evaluations, newest first; `candidate` is a candidate's name or its model's."""
        search = Search(
            status=status,
            label=label,
            candidate=candidate,
            judge=judge,
            rubric=rubric,
            prompt_set=prompt_set,
            profile=profile,
            use=use,
            device=device,
        )
        after = word_after(cursor)
        found = await store.page(serving.database, search=search, after=after, limit=limit + 1)
        shown, more = found[:limit], len(found) > limit
        next_cursor = write_cursor(shown[-1].id) if more else None
        page = EvaluationPage(items=[evaluation_reply(one) for one in shown], next_cursor=next_cursor)
        return linked(request, page, next_cursor)

    @get("/{evaluation_id:uuid}", operation_id="get_evaluation", responses=documented("not-found"))
    async def read(self, evaluation_id: EvaluationId, serving: Wired) -> Response[EvaluationReply]:
        """Read an evaluation and how far it is; Retry-After says when to look again."""
        identity = str(evaluation_id)
        recent = serving.recent
        found = recent.known(identity) or await recent.look(identity, lambda: read_now(serving, identity))
        headers = {"ETag": found.tag} | ({} if found.wait is None else {"Retry-After": found.wait})
        written: Response[Any] = Response(found.body, media_type=MediaType.JSON, headers=headers)
        return written

    @patch(
        "/{evaluation_id:uuid}",
        operation_id="describe_evaluation",
        security=RUN,
        before_request=well_formed(EvaluationPatch),
        responses=documented("unparsable", "not-found", "invalid", "too-large", "not-json"),
    )
    async def describe(
        self,
        evaluation_id: EvaluationId,
        data: Annotated[EvaluationPatch, Body(media_type=MERGE_PATCH)],
        serving: Wired,
    ) -> EvaluationReply:
        """Change the name or the labels by a merge patch (RFC 7396): null takes them away, what is left out stays."""
        current = await store.get(serving.database, str(evaluation_id))
        name = current.name if data.name is UNSET else data.name or title(current.spec)
        labels = current.labels if data.labels is UNSET else in_order(data.labels or [])
        changed = await store.describe(serving.database, current.id, name=name, labels=labels)
        return evaluation_reply(changed, await serving.progress(changed))

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
        "/{evaluation_id:uuid}/pause",
        operation_id="pause_evaluation",
        security=RUN,
        status_code=202,
        responses={
            200: ResponseSpec(EvaluationReply, generate_examples=False, description="It is paused now"),
            **documented("not-found", "conflict"),
        },
    )
    async def pause(self, evaluation_id: EvaluationId, serving: Wired) -> Response[EvaluationReply]:
        """Let an evaluation rest until it is resumed; the call under way is given up, what was kept stays."""
        await serving.engine.pause(str(evaluation_id))
        return await accepted(serving, await store.get(serving.database, str(evaluation_id)))

    @post(
        "/{evaluation_id:uuid}/resume",
        operation_id="resume_evaluation",
        security=RUN,
        status_code=202,
        responses=documented("not-found", "conflict"),
    )
    async def resume(self, evaluation_id: EvaluationId, serving: Wired) -> Response[EvaluationReply]:
        """Let a paused evaluation go on with what is missing; what was given up is left to a retry."""
        refuse_idle(serving)
        evaluation = await store.go_on(serving.database, str(evaluation_id), most_waiting=MOST_WAITING)
        await serving.engine.submit(evaluation)
        return await accepted(serving, evaluation)

    @post(
        "/{evaluation_id:uuid}/retry",
        operation_id="retry_evaluation",
        security=RUN,
        status_code=202,
        responses=documented("not-found", "conflict"),
    )
    async def retry(self, evaluation_id: EvaluationId, serving: Wired) -> Response[EvaluationReply]:
        """Queue an evaluation that is over once more: only what failed or is missing is tried again."""
        refuse_idle(serving)
        evaluation = await store.begin_attempt(
            serving.database, str(evaluation_id), most_waiting=MOST_WAITING
        )
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


async def read_now(serving: Serving, identity: str) -> Reading:
    """Read an evaluation and how far it is, and write down how that is shown."""
    evaluation = await store.get(serving.database, identity)
    progress = await serving.progress(evaluation)
    body = encode_json(evaluation_reply(evaluation, progress))
    return Reading(
        body=body, tag=strong_tag(body), wait=None if evaluation.status.at_rest else wait(progress)
    )


def refuse_idle(serving: Serving) -> None:
    """Refuse what would wait for ever, before anything is stored.

    Raises
    ------
    Unavailable
        If this service runs no evaluations.
    """
    if not serving.engine.running:
        msg = (
            "This service runs no evaluation now (it was started to read only, it stops, or another process has its "
            "device): ask one that does, or start it with `slm-judge serve`."
        )
        raise Unavailable(msg)


def new_evaluation(name: str, spec: Spec, labels: Iterable[str] = ()) -> Evaluation:
    """Return a queued evaluation under a fresh id that sorts by time."""
    return Evaluation(
        id=str(uuid7()),
        name=name,
        spec=spec,
        status=Status.QUEUED,
        created_at=datetime.now(UTC),
        labels=in_order(labels),
    )


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Return each label once, in order."""
    return tuple(sorted(set(labels)))


def wait(progress: Progress) -> str:
    """Return the whole seconds after which it is worth looking again: until it is done, one minute at most."""
    left = progress.seconds_left
    return POLL_SECONDS if left is None else str(min(LONGEST_WAIT, max(1, math.ceil(left))))


async def accepted(serving: Serving, evaluation: Evaluation) -> Response[EvaluationReply]:
    """Return 202 with where to look and when."""
    progress = await serving.progress(evaluation)
    headers = {"Location": f"{BASE}/evaluations/{evaluation.id}", "Retry-After": wait(progress)}
    reply = evaluation_reply(evaluation, progress)
    return Response(
        reply,
        status_code=200 if evaluation.status in {Status.CANCELLED, Status.PAUSED} else 202,
        headers=headers,
    )
