"""The comparison: an evaluation against an earlier one, or two candidates of one evaluation against each other."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.params import FromQuery, QueryParameter

from service.api.comparison_replies import ComparisonReply
from service.api.formats import JSON, MARKDOWN, choose, download, shown_as
from service.api.parameters import EvaluationId, FormatName, Word
from service.api.problems import documented
from service.api.serving import Serving, Wired
from service.comparing import Wanted, compare, may_compare
from service.domain.comparisons import EvaluationComparison, Terms
from service.domain.evaluations import Evaluation
from service.errors import Fault, Invalid, NotFound
from service.report.versus import comparison_markdown, comparison_record
from service.store import evaluations as store

Margin = Annotated[
    float, QueryParameter(ge=0, le=4, description="Points of quality, 1 to 5, that do not matter.")
]
Tolerance = Annotated[
    float, QueryParameter(ge=0, le=1, description="Share by which times, rates and sizes may differ.")
]
Only = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=200,
        description="Figures to compare, separated by commas; fewer claims need less evidence each.",
    ),
]


FORMATS = (JSON, MARKDOWN)


@get(
    "/evaluations/{evaluation_id:uuid}/comparison",
    operation_id="get_comparison",
    opt={"formats": FORMATS},
    tags=["results"],
    responses={200: shown_as(ComparisonReply)}
    | documented("not-found", "not-acceptable", "conflict", "invalid"),
)
async def comparison(
    request: Request[Any, Any, Any],
    evaluation_id: EvaluationId,
    serving: Wired,
    baseline: FromQuery[UUID | None] = None,
    candidate: Word = None,
    against: Word = None,
    only: Only = None,
    margin: Margin = 0.1,
    tolerance: Tolerance = 0.05,
    format_: FormatName = None,
) -> Response[ComparisonReply] | Response[str]:
    """Compare with a baseline of the same prompts and rubric, or two candidates of this evaluation; as JSON or Markdown."""
    kind = choose(request, format_, FORMATS)
    wanted = Wanted(
        candidate=candidate,
        against=against,
        only=tuple(name.strip() for name in only.split(",")) if only else (),
        terms=Terms(margin=margin, tolerance=tolerance),
    )
    found = await compared(serving, str(evaluation_id), None if baseline is None else str(baseline), wanted)
    if kind is MARKDOWN:
        headers = download(f"comparison-{evaluation_id}", MARKDOWN)
        return Response(comparison_markdown(found), media_type=MARKDOWN.media_type, headers=headers)
    reply = msgspec.convert(comparison_record(found), ComparisonReply)
    return Response(reply, headers={"Vary": "Accept"})


async def compared(serving: Serving, id_: str, baseline: str | None, wanted: Wanted) -> EvaluationComparison:
    """Return the comparison from stored rows; a refusal comes before any arithmetic."""
    here = await store.get(serving.database, id_)
    there = here if baseline is None else await _baseline(serving, baseline)
    may_compare(here, there, wanted)
    findings = await serving.find(here, None)
    other = findings if there.id == here.id else await serving.find(there, None)
    return await asyncio.to_thread(compare, findings, other, wanted)


async def _baseline(serving: Serving, id_: str) -> Evaluation:
    try:
        return await store.get(serving.database, id_)
    except NotFound as error:
        raise Invalid(
            error.message, [Fault(pointer="", parameter="baseline", detail=error.message)]
        ) from error
