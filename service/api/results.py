"""What came of an evaluation: items, ranking, report."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get
from litestar.response import Stream

from service.api.choosing import Anchors, Detail, Gates, Weights, details, find
from service.api.cursors import slot_after, write_cursor
from service.api.formats import CSV, HTML, JSON, MARKDOWN, choose, download, shown_as
from service.api.paging import linked
from service.api.parameters import Cursor, EvaluationId, FormatName, Limit, WantedUse, Word
from service.api.problems import documented
from service.api.ranking_replies import RankingReply
from service.api.replies import ItemPage
from service.api.report_replies import ReportReply
from service.api.serving import Serving, Wired
from service.api.shown import item_reply
from service.domain.evaluations import Evaluation
from service.domain.findings import Findings
from service.domain.responses import Slot
from service.library.adjusting import Adjustment
from service.report.document import document
from service.report.markdown import markdown
from service.report.page import POLICY, html_page
from service.report.standing import standing
from service.report.table import candidates_csv, item_columns, item_rows, rows_csv
from service.store import evaluations as store

AnyRequest = Request[Any, Any, Any]
CHUNK = 500
ITEM_FORMATS = (JSON, CSV)
RANKING_FORMATS = (JSON, CSV)
REPORT_FORMATS = (JSON, CSV, MARKDOWN, HTML)


class Results(Controller):
    """Read what is known now; complete once the evaluation has succeeded."""

    path = "/evaluations/{evaluation_id:uuid}"
    tags = ("results",)

    @get(
        "/items",
        operation_id="list_items",
        opt={"formats": ITEM_FORMATS},
        responses={200: shown_as(ItemPage)} | documented("not-found", "not-acceptable", "invalid"),
    )
    async def items(
        self,
        request: AnyRequest,
        evaluation_id: EvaluationId,
        serving: Wired,
        candidate: Word = None,
        prompt: Word = None,
        cursor: Cursor = None,
        limit: Limit = 50,
        format_: FormatName = None,
    ) -> Response[ItemPage] | Stream:
        """List answers with their scores; as CSV all of them at once."""
        kind = choose(request, format_, ITEM_FORMATS)
        evaluation = await store.get(serving.database, str(evaluation_id))
        if kind is CSV:
            rows = all_rows(serving, evaluation, candidate, prompt)
            return Stream(rows, media_type=CSV.media_type, headers=download(f"items-{evaluation.id}", CSV))
        page = await item_page(serving, evaluation, candidate, prompt, slot_after(cursor), limit)
        return linked(request, page, page.next_cursor, Vary="Accept")

    @get(
        "/ranking",
        operation_id="get_ranking",
        opt={"formats": RANKING_FORMATS},
        responses={200: shown_as(RankingReply)} | documented("not-found", "not-acceptable", "invalid"),
    )
    async def ranking(
        self,
        request: AnyRequest,
        evaluation_id: EvaluationId,
        serving: Wired,
        profile: Word = None,
        weights: Weights = None,
        gates: Gates = None,
        anchors: Anchors = None,
        use: WantedUse = None,
        detail: Detail = None,
        format_: FormatName = None,
    ) -> Response[RankingReply] | Response[str]:
        """Rank the candidates, by another profile or with other weights, gates, anchors or use; nothing is run again."""
        kind = choose(request, format_, RANKING_FORMATS)
        wanted = details(detail)
        changes = Adjustment(weights=weights, gates=gates, anchors=anchors, use=use)
        findings = await find(serving, str(evaluation_id), profile, changes)
        if kind is CSV:
            headers = download(f"ranking-{evaluation_id}", CSV)
            return Response(candidates_csv(findings), media_type=CSV.media_type, headers=headers)
        reply = msgspec.convert(standing(findings, wanted), RankingReply)
        return Response(reply, headers={"Vary": "Accept"})

    @get(
        "/report",
        operation_id="get_report",
        opt={"formats": REPORT_FORMATS},
        responses={200: shown_as(ReportReply)} | documented("not-found", "not-acceptable", "invalid"),
    )
    async def report(
        self,
        request: AnyRequest,
        evaluation_id: EvaluationId,
        serving: Wired,
        profile: Word = None,
        weights: Weights = None,
        gates: Gates = None,
        anchors: Anchors = None,
        use: WantedUse = None,
        format_: FormatName = None,
    ) -> Response[ReportReply] | Response[str]:
        """Report everything as JSON, the candidates as CSV, or a page for people as Markdown or HTML."""
        kind = choose(request, format_, REPORT_FORMATS)
        changes = Adjustment(weights=weights, gates=gates, anchors=anchors, use=use)
        findings = await find(serving, str(evaluation_id), profile, changes)
        text = await asyncio.to_thread(WRITERS[kind.name], findings)
        headers = download(f"report-{evaluation_id}", kind)
        if kind is HTML:
            headers["Content-Security-Policy"] = f"{POLICY}; frame-ancestors 'none'"
        return Response(text, media_type=kind.media_type, headers=headers)


def _json(findings: Findings) -> str:
    return json.dumps(document(findings), ensure_ascii=False, indent=1, allow_nan=False)


WRITERS = {"json": _json, "csv": candidates_csv, "md": markdown, "html": html_page}


async def item_page(
    serving: Serving,
    evaluation: Evaluation,
    candidate: str | None,
    prompt: str | None,
    after: Slot | None,
    limit: int,
) -> ItemPage:
    """Return one page of answers and where the next one begins."""
    found = await serving.items(evaluation, candidate=candidate, prompt=prompt, after=after, limit=limit + 1)
    shown, more = found[:limit], len(found) > limit
    last = shown[-1] if more else None
    return ItemPage(
        items=[item_reply(item) for item in shown],
        next_cursor=None
        if last is None
        else write_cursor(last.candidate, last.prompt, last.pass_number, last.round_number),
    )


async def all_rows(
    serving: Serving, evaluation: Evaluation, candidate: str | None, prompt: str | None
) -> AsyncIterator[str]:
    """Yield the CSV of all answers, some hundreds at a time."""
    facets = [facet.name for facet in evaluation.spec.rubric.facets]
    yield rows_csv([item_columns(facets)])
    after: Slot | None = None
    while found := await serving.items(
        evaluation, candidate=candidate, prompt=prompt, after=after, limit=CHUNK
    ):
        yield rows_csv(item_rows(found, facets))
        last = found[-1]
        after = Slot(
            candidate=last.candidate,
            prompt=last.prompt,
            pass_number=last.pass_number,
            round_number=last.round_number,
        )
