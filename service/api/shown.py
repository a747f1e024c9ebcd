"""From the domain to the wire: evaluations, progress, models and items as the service shows them."""

from typing import TypeVar

import msgspec

from service.api import replies, shelf_replies
from service.api.accept import cautions
from service.domain.asking import Answer
from service.domain.evaluations import Evaluation, Plan, Progress, Spec
from service.domain.failures import Failure
from service.domain.findings import Item
from service.domain.models import Model
from service.models.catalog import CatalogView

BASE = "/api/v1"
T = TypeVar("T")


def show(value: object, kind: type[T]) -> T:
    """Return a domain object as the wire object with the same field names."""
    return msgspec.convert(value, kind, from_attributes=True)


def evaluation_reply(evaluation: Evaluation, progress: Progress | None = None) -> replies.EvaluationReply:
    """Return an evaluation with its inputs as they were frozen, and links to what can be read of it."""
    spec = evaluation.spec
    here = f"{BASE}/evaluations/{evaluation.id}"
    return replies.EvaluationReply(
        id=evaluation.id,
        name=evaluation.name,
        labels=list(evaluation.labels),
        status=evaluation.status.value,
        reason=evaluation.reason,
        attempt=evaluation.attempt,
        created_at=evaluation.created_at,
        started_at=evaluation.started_at,
        finished_at=evaluation.finished_at,
        candidates=show(spec.candidates, list[replies.CandidateReply]),
        judges=show(spec.judges, list[replies.JudgeReply]),
        rubric=show(spec.rubric, replies.Named),
        prompt_set=show(spec.prompt_set, replies.Named),
        prompts=len(spec.prompt_set.prompts),
        profile=show(spec.profile, replies.Named),
        use=spec.use,
        device=spec.device,
        rounds=spec.rounds,
        passes=spec.passes,
        warmup=spec.warmup,
        seed=spec.seed,
        deadline=spec.deadline,
        answers_of=spec.source,
        stop_when=None if spec.stop_when is None else show(spec.stop_when, replies.StopReply),
        time_budget=spec.time_budget,
        pairwise="off" if spec.pairs is None else "auto",
        cautions=[*cautions(spec), *(() if progress is None else progress.shortfalls)],
        links={"self": here}
        | {name: f"{here}/{name}" for name in ("events", "items", "ranking", "report", "cancel")},
        progress=None if progress is None else progress_reply(progress),
    )


def plan_reply(plan: Plan, spec: Spec) -> replies.PlanReply:
    """Return a plan with what deserves a second look."""
    fields = {name: getattr(plan, name) for name in Plan.__dataclass_fields__}
    return replies.PlanReply(**{**fields, "cautions": [*cautions(spec), *plan.cautions]})


def item_reply(item: Item) -> replies.ItemReply:
    """Return one answer with what was said of it."""
    fields = {name: getattr(item, name) for name in Item.__dataclass_fields__}
    fields["server_reported"] = dict(item.server_reported)
    return replies.ItemReply(pass_=fields.pop("pass_number"), round=fields.pop("round_number"), **fields)


def model_reply(model: Model) -> shelf_replies.ModelReply:
    """Return a model; one without a directory has to be downloaded before it can be asked."""
    return shelf_replies.ModelReply(
        name=model.name,
        source=model.source,
        description=model.description,
        family=model.family,
        licence=model.licence,
        capabilities=list(model.capabilities),
        disk_bytes=model.disk_bytes,
        context=model.context,
        version=model.version,
        device=model.device,
        cached=model.path is not None or model.source == "endpoint",
    )


def catalog_reply(view: CatalogView) -> shelf_replies.CatalogReply:
    """Return what is known of the Foundry catalog."""
    return show(
        {
            "state": view.state,
            "checked_at": view.checked_at,
            "models": len(view.models),
            "reason": view.reason,
        },
        shelf_replies.CatalogReply,
    )


def check_reply(model: str, load_seconds: float | None, answer: Answer | Failure) -> shelf_replies.CheckReply:
    """Return how a model did on one prompt; a failure is an answer too."""
    failed = isinstance(answer, Failure)
    return shelf_replies.CheckReply(
        model=model,
        ok=not failed,
        text=None if isinstance(answer, Failure) else answer.text,
        finish=None if isinstance(answer, Failure) else answer.finish,
        load_seconds=load_seconds,
        first_token_seconds=None if isinstance(answer, Failure) else _seconds(answer.sent, answer.first),
        latency_seconds=None if isinstance(answer, Failure) else _seconds(answer.sent, answer.last),
        prompt_tokens=None if isinstance(answer, Failure) else answer.prompt_tokens,
        completion_tokens=None if isinstance(answer, Failure) else answer.completion_tokens,
        failure={"kind": answer.kind.value, "message": answer.message}
        if isinstance(answer, Failure)
        else None,
    )


def progress_reply(progress: Progress) -> replies.ProgressReply:
    """Return how far an evaluation is, with the share of what is settled."""
    wanted = progress.answers_wanted + progress.verdicts_wanted
    settled = (
        progress.answers_kept + progress.answers_failed + progress.verdicts_kept + progress.verdicts_failed
    ) + sum(count for _, count in progress.not_reached)
    fields = {name: getattr(progress, name) for name in Progress.__dataclass_fields__}
    fields |= {name: list(fields[name]) for name in ("notes", "shortfalls")}
    fields["not_reached"] = dict(progress.not_reached)
    return replies.ProgressReply(share=min(1.0, settled / wanted) if wanted else 0.0, **fields)


def _seconds(start: int, end: int | None) -> float | None:
    return None if end is None else (end - start) / 1e9
