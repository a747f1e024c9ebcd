"""What became of each verdict, with the judge's own reply: the evidence behind every score and every missing one."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.params import FromQuery

from service.accounting import Sought, told_canaries, told_verdicts
from service.api.cursors import read_cursor, write_cursor
from service.api.judged_replies import CanaryList, CanaryReply, VerdictPage, VerdictReply
from service.api.paging import linked
from service.api.parameters import Cursor, EvaluationId, Limit, Word
from service.api.problems import documented
from service.api.serving import Wired
from service.domain.judged import OutcomeKind
from service.errors import Fault, Invalid
from service.store import evaluations as store

AnyRequest = Request[Any, Any, Any]


class Judged(Controller):
    """Read what the judges said, verdict by verdict."""

    path = "/evaluations/{evaluation_id:uuid}"
    tags = ("results",)

    @get("/verdicts", operation_id="list_verdicts", responses=documented("not-found", "invalid"))
    async def verdicts(
        self,
        request: AnyRequest,
        evaluation_id: EvaluationId,
        serving: Wired,
        outcome: FromQuery[OutcomeKind | None] = None,
        judge: Word = None,
        candidate: Word = None,
        prompt: Word = None,
        facet: Word = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response[VerdictPage]:
        """List every verdict that was wanted: its score, or why there is none, with the reply as it came."""
        evaluation = await store.get(serving.database, str(evaluation_id))
        start = _start(cursor)
        sought = Sought(outcome=outcome, judge=judge, candidate=candidate, prompt=prompt, facet=facet)
        found, more = await told_verdicts(evaluation, serving.database, sought, start=start, limit=limit)
        page = VerdictPage(
            items=[VerdictReply.of(one) for one in found],
            next_cursor=write_cursor(start + limit) if more else None,
        )
        return linked(request, page, page.next_cursor)

    @get("/canaries", operation_id="list_canaries", responses=documented("not-found"))
    async def canaries(self, evaluation_id: EvaluationId, serving: Wired) -> CanaryList:
        """List the answers of known grade that each judge graded along with the candidates'."""
        evaluation = await store.get(serving.database, str(evaluation_id))
        found = await told_canaries(evaluation, serving.database)
        return CanaryList(items=[CanaryReply.of(one) for one in found])


def _start(cursor: str | None) -> int:
    """Return the number of the first verdict of a page."""
    match [0] if cursor is None else read_cursor(cursor):
        case [int() as start] if 0 <= start < 2**31:
            return start
    detail = "use the next_cursor of the page before, or leave it away for the first page"
    fault = Fault(pointer="", parameter="cursor", detail=detail)
    raise Invalid(f"The cursor is not one of this list: {detail}.", [fault])
