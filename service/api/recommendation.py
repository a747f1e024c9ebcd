"""The recommendation: which model should be the default for a use and a device, and how old that answer is."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromQuery

from service.api.choosing import find
from service.api.freshness import weak_tag
from service.api.parameters import WantedUse, Word
from service.api.problems import documented
from service.api.replies import RecommendationReply, Source
from service.api.serving import Serving, Wired
from service.api.staleness import stale
from service.domain.evaluations import Evaluation, Status
from service.domain.selection import Use
from service.errors import Conflict, Fault, Invalid
from service.library.adjusting import Adjustment
from service.store import evaluations as store
from service.store.searches import Search


@get(
    "/recommendation",
    operation_id="get_recommendation",
    tags=["results"],
    responses=documented("not-found", "conflict", "invalid"),
)
async def recommendation(
    serving: Wired,
    evaluation: FromQuery[UUID | None] = None,
    use: WantedUse = None,
    device: Word = None,
    profile: Word = None,
) -> Response[RecommendationReply]:
    """Recommend a default model from one evaluation, or from the newest succeeded one that fits; "none" is an answer."""
    if evaluation is not None:
        one = await _succeeded(serving, str(evaluation))
        if device is not None and device != one.spec.device:
            detail = f"evaluation {one.id} was measured on '{one.spec.device}': leave the device away, or the evaluation"
            raise Invalid(f"device: {detail}", [Fault(pointer="", parameter="device", detail=detail)])
        return _tagged(await from_evaluation(serving, one, profile, Adjustment(use=use)))
    fitting = Search(status=Status.SUCCEEDED, use=use, device=device, profile=profile)
    newest = await store.page(serving.database, search=fitting, limit=1)
    found = await from_evaluation(serving, newest[0], None) if newest else nothing_fits(use, device, profile)
    return _tagged(found)


async def from_evaluation(
    serving: Serving, evaluation: Evaluation, profile: str | None, adjustment: Adjustment | None = None
) -> RecommendationReply:
    """Return the recommendation of one evaluation with its age and what changed since."""
    findings = await find(serving, evaluation.id, profile, adjustment)
    changed = await asyncio.to_thread(lambda: list(stale(serving, findings)))
    made = findings.ranking.recommendation
    spec, finished = evaluation.spec, evaluation.finished_at
    models = {candidate.name: candidate.model for candidate in spec.candidates}
    return RecommendationReply(
        decision=made.decision,
        candidate=made.candidate,
        model=None if made.candidate is None else models.get(made.candidate),
        runner_up=made.runner_up,
        tie_set=list(made.tie_set),
        reasons=list(made.reasons),
        cautions=list(made.cautions),
        obligations=list(made.obligations),
        missing=list(made.missing),
        would_change=list(made.would_change),
        nearest_miss=made.nearest_miss,
        equals=list(made.equals),
        evaluation=Source(id=evaluation.id, name=evaluation.name, finished_at=finished),
        profile=findings.ranking.profile,
        use=findings.profile.use,
        device=spec.device,
        age_seconds=None
        if finished is None
        else max(0.0, round((datetime.now(UTC) - finished).total_seconds(), 3)),
        stale=changed,
    )


def nothing_fits(use: Use | None, device: str | None, profile: str | None) -> RecommendationReply:
    """Say honestly that nothing was measured yet that would answer."""
    asked = [
        f"{name} {value}" for name, value in (("use", use), ("device", device), ("profile", profile)) if value
    ]
    about = f" for {', '.join(asked)}" if asked else ""
    return RecommendationReply(
        decision="none",
        candidate=None,
        model=None,
        runner_up=None,
        tie_set=[],
        reasons=[f"No evaluation has succeeded{about} yet."],
        cautions=[],
        obligations=[],
        missing=[f"one evaluation that succeeds{about}: POST /api/v1/evaluations"],
        would_change=[],
        nearest_miss=None,
        equals=[],
        evaluation=None,
        profile=profile,
        use=use,
        device=device,
        age_seconds=None,
        stale=[],
    )


def _tagged(reply: RecommendationReply) -> Response[RecommendationReply]:
    """Tag the answer by all of it but its age, which no two requests share."""
    lasting = msgspec.json.encode(msgspec.structs.replace(reply, age_seconds=None))
    return Response(reply, headers={"ETag": weak_tag(lasting)})


async def _succeeded(serving: Serving, id_: str) -> Evaluation:
    evaluation = await store.get(serving.database, id_)
    if evaluation.status is not Status.SUCCEEDED:
        raise Conflict(
            f"Evaluation {id_} is {evaluation.status}: only one that succeeded recommends anything."
        )
    return evaluation
