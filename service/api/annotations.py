"""Annotations over HTTP: hand answers out without names, take people's scores back, and say how far the judge agrees."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import QueryParameter

from service.annotating import Given, Task, accepted, read_csv, read_jsonl, tasks, tasks_csv, tasks_jsonl
from service.api.annotation_replies import (
    AgreementReply,
    AnnotationList,
    AnnotationReply,
    AnnotationsRequest,
    AskedFacet,
    KeptReply,
    TaskReply,
    TasksReply,
)
from service.api.bodies import body_faults
from service.api.formats import CSV, JSON, Format, choose, download, shown_as
from service.api.parameters import EvaluationId, FormatName
from service.api.problems import documented
from service.api.scopes import READ, RUN
from service.api.serving import Serving, Wired
from service.domain.evaluations import Evaluation
from service.domain.findings import Item
from service.domain.responses import Slot
from service.errors import Fault, Invalid
from service.report.figures import plain
from service.store import annotations as store
from service.store import evaluations

JSONL = Format(name="jsonl", media_type="application/x-ndjson")
KINDS = (JSON, CSV, JSONL)
AT_ONCE = 500
Annotator = Annotated[
    str | None,
    QueryParameter(
        min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$", description="Whoever scores."
    ),
]
Many = Annotated[int, QueryParameter(ge=1, le=1000, description="How many answers to hand out.")]


class Annotations(Controller):
    """People score the same answers as the judge, 1 to 5, without knowing who gave them."""

    path = "/evaluations/{evaluation_id:uuid}"
    tags = ("results",)

    @get(
        "/annotations/tasks",
        operation_id="list_annotation_tasks",
        security=READ,
        opt={"formats": KINDS},
        responses={200: shown_as(TasksReply)} | documented("not-found", "not-acceptable", "invalid"),
    )
    async def hand_out(
        self,
        request: Request[Any, Any, Any],
        evaluation_id: EvaluationId,
        serving: Wired,
        annotator: Annotator = None,
        limit: Many = 60,
        format_: FormatName = None,
    ) -> Response[TasksReply] | Response[str]:
        """Hand out what a person may score next, the most useful first, as JSON, or as CSV or JSON lines to fill in."""
        kind = choose(request, format_, KINDS)
        evaluation = await evaluations.get(serving.database, str(evaluation_id))
        who = _named(annotator)
        known = await store.all_of(serving.database, evaluation.id, who)
        found = tasks(evaluation, await _items(serving, evaluation), known, who)
        facets = evaluation.spec.rubric.facets
        if kind is JSON:
            asked = [
                AskedFacet(facet=one.name, question=one.question, levels=list(one.levels)) for one in facets
            ]
            reply = TasksReply(facets=asked, items=[_task(one) for one in found[:limit]], left=len(found))
            return Response(reply, headers={"Vary": "Accept"})
        write = tasks_csv if kind is CSV else tasks_jsonl
        headers = download(f"annotations-{evaluation.id}", kind)
        return Response(write(found[:limit], facets), media_type=kind.media_type, headers=headers)

    @post(
        "/annotations",
        operation_id="add_annotations",
        security=RUN,
        status_code=201,
        opt={"takes": tuple(kind.media_type for kind in KINDS), "body": AnnotationsRequest},
        responses=documented("unparsable", "not-found", "invalid", "too-large", "not-json"),
    )
    async def take_back(
        self,
        request: Request[Any, Any, Any],
        evaluation_id: EvaluationId,
        serving: Wired,
        annotator: Annotator = None,
    ) -> KeptReply:
        """Keep a person's scores, all of them or none: JSON, or the CSV or JSON lines handed out, filled in."""
        evaluation = await evaluations.get(serving.database, str(evaluation_id))
        who, given = _given(await request.body(), _media_type(request), evaluation, annotator)
        items = await _items(serving, evaluation)
        found = accepted(given, evaluation, items, who, datetime.now(UTC))
        await store.keep(serving.database, found)
        return KeptReply(kept=len(found))

    @get(
        "/annotations",
        operation_id="list_annotations",
        security=READ,
        responses=documented("not-found", "invalid"),
    )
    async def read(
        self, evaluation_id: EvaluationId, serving: Wired, annotator: Annotator = None
    ) -> AnnotationList:
        """List people's scores, of everybody or of one person."""
        evaluation = await evaluations.get(serving.database, str(evaluation_id))
        found = await store.all_of(serving.database, evaluation.id, annotator)
        return AnnotationList(
            items=[
                AnnotationReply(**{name: getattr(one, name) for name in AnnotationReply.__struct_fields__})
                for one in found
            ]
        )

    @get("/agreement", operation_id="get_agreement", security=READ, responses=documented("not-found"))
    async def agreement(self, evaluation_id: EvaluationId, serving: Wired) -> AgreementReply:
        """Say how far the judge agrees with people on each facet, and what quality people would give."""
        evaluation = await evaluations.get(serving.database, str(evaluation_id))
        found = (await serving.find(evaluation, None)).people
        if found is None:
            nothing = "nobody has scored an answer yet"
            return AgreementReply(
                annotators=[], items=0, facets=[], corrections=[], counted=False, needed=20, reason=nothing
            )
        return msgspec.convert(plain(found), AgreementReply)


def _given(
    body: bytes, media_type: str, evaluation: Evaluation, annotator: str | None
) -> tuple[str, list[Given]]:
    """Return who sent which scores."""
    facets = evaluation.spec.rubric.facets
    if media_type == CSV.media_type:
        return _named(annotator), read_csv(body, facets)
    if media_type == JSONL.media_type:
        return _named(annotator), read_jsonl(body)
    faults = body_faults(body or b"null", AnnotationsRequest)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise Invalid(f"{faults[0].pointer or 'The body'}: {faults[0].detail}{more}", faults[:50])
    sent = msgspec.json.decode(body, type=AnnotationsRequest)
    return sent.annotator, [
        Given(item=one.item, facet=one.facet, score=one.score, where=f"/scores/{at}", note=one.note)
        for at, one in enumerate(sent.scores)
    ]


def _named(annotator: str | None) -> str:
    if annotator is None:
        detail = "say who scores, as in ?annotator=ann: several people are told apart by it"
        raise Invalid(f"annotator: {detail}", [Fault(pointer="", parameter="annotator", detail=detail)])
    return annotator


def _media_type(request: Request[Any, Any, Any]) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


async def _items(serving: Serving, evaluation: Evaluation) -> list[Item]:
    """Return every answer, some hundreds at a time."""
    found: list[Item] = []
    after: Slot | None = None
    while page := await serving.items(evaluation, candidate=None, prompt=None, after=after, limit=AT_ONCE):
        found += page
        last = page[-1]
        after = Slot(
            candidate=last.candidate,
            prompt=last.prompt,
            pass_number=last.pass_number,
            round_number=last.round_number,
        )
    return found


def _task(task: Task) -> TaskReply:
    return TaskReply(**{name: getattr(task, name) for name in Task.__dataclass_fields__})
