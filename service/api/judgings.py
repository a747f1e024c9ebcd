"""Judgings over HTTP: judge stored answers again with another judge, rubric or template, and compare two judgings."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody
from msgspec import UNSET

from service.api import evaluations
from service.api.accept import (
    Acceptance,
    cautions,
    facet_faults,
    look_up_models,
    look_up_templates,
    purpose_faults,
    refusal,
    stop_faults,
    stop_rule,
    unscored_faults,
)
from service.api.bodies import well_formed
from service.api.evaluations import accepted, new_evaluation, refuse_idle
from service.api.formats import shown_as
from service.api.idempotency import CREATES, Claimed, Key, receipt_for
from service.api.judging import asked_judges, judge_faults, kin_faults
from service.api.judging_replies import JudgingComparisonReply, JudgingPlanReply
from service.api.parameters import EvaluationId
from service.api.problems import documented
from service.api.replies import EvaluationPage, EvaluationReply
from service.api.scopes import RUN
from service.api.serving import Serving, Wired
from service.api.shown import evaluation_reply, show
from service.api.wire import JudgingRequest
from service.domain.evaluations import Evaluation, Spec
from service.errors import Conflict, Fault, Invalid, NotFound
from service.judge.work import contexts_again
from service.judgings import JudgingComparison, compare_judgings, may_compare_judgings
from service.library import Library
from service.models.shelf import Shelf
from service.report.figures import plain
from service.store import evaluations as store
from service.store import judgings as kept

MOST_ITEMS = 1_000_000


class Judgings(Controller):
    """A judging is an evaluation that took over the answers of another one: nothing is measured again."""

    path = "/evaluations/{evaluation_id:uuid}/judgings"
    tags = ("judges",)

    @post(
        operation_id="judge_again",
        security=RUN,
        status_code=202,
        opt=CREATES,
        before_request=well_formed(JudgingRequest),
        responses={
            200: ResponseSpec(
                JudgingPlanReply, generate_examples=False, description="With dry_run: what it would take"
            ),
            202: shown_as(EvaluationReply, "It is accepted and queued"),
            **documented("unparsable", "not-found", "conflict", "invalid", "too-large", "not-json"),
        },
    )
    async def create(
        self,
        evaluation_id: EvaluationId,
        data: JSONBody[JudgingRequest],
        serving: Wired,
        claim: Claimed,
        dry_run: FromQuery[bool] = False,
        idempotency_key: Key = None,
    ) -> Response[EvaluationReply] | Response[JudgingPlanReply]:
        """Judge the answers of an evaluation that is over again; verdicts that nothing changed for are taken over."""
        del idempotency_key  # the claim was made with it
        source = await store.get(serving.database, str(evaluation_id))
        if not source.status.over:
            raise Conflict(f"Evaluation {source.id} is {source.status}: judge its answers when it is over.")
        spec = await asyncio.to_thread(judging_spec, data, source, serving.library, serving.shelf)
        said = cautions(spec)
        foreseen = await serving.foresee(spec, source.id)
        if not foreseen.answers:
            raise Conflict(f"Evaluation {source.id} has no answers to judge.")
        if dry_run:
            fields = {name: getattr(foreseen, name) for name in foreseen.__dataclass_fields__}
            return Response(JudgingPlanReply(**fields, cautions=said), status_code=200)
        refuse_idle(serving)
        evaluation = new_evaluation((data.name or f"{source.name}, judged again")[:200], spec)
        response = await accepted(serving, evaluation)
        response.content = msgspec.structs.replace(response.content, cautions=said)
        await kept.add(
            serving.database,
            evaluation,
            source.id,
            receipt_for(claim, response),
            most_waiting=evaluations.MOST_WAITING,
        )
        await serving.engine.submit(evaluation)
        return response

    @get(operation_id="list_judgings", responses=documented("not-found"))
    async def list_(self, evaluation_id: EvaluationId, serving: Wired) -> EvaluationPage:
        """List the judgings of the same answers, newest first; the evaluation that asked for the answers comes last."""
        found = await store.get(serving.database, str(evaluation_id))
        root = found.spec.source or found.id
        items = [evaluation_reply(one) for one in await kept.of(serving.database, root)]
        with suppress(NotFound):  # deleted since: what took its answers over stands for itself
            items.append(evaluation_reply(await store.get(serving.database, root)))
        return EvaluationPage(items=items, next_cursor=None)

    @get(
        "/comparison",
        operation_id="compare_judgings",
        responses=documented("not-found", "conflict", "invalid"),
    )
    async def compare(
        self, evaluation_id: EvaluationId, serving: Wired, baseline: FromQuery[UUID]
    ) -> JudgingComparisonReply:
        """Compare with another judging of the same answers: agreement facet by facet, and whether the choice changed."""
        here = await store.get(serving.database, str(evaluation_id))
        try:
            there = await store.get(serving.database, str(baseline))
        except NotFound as error:
            raise Invalid(
                error.message, [Fault(pointer="", parameter="baseline", detail=error.message)]
            ) from error
        may_compare_judgings(here, there)
        return show(plain(await _compared(serving, here, there)), JudgingComparisonReply)


async def _compared(serving: Serving, here: Evaluation, there: Evaluation) -> JudgingComparison:
    findings = await serving.find(here, None), await serving.find(there, None)
    ours, theirs = [
        await serving.items(one, candidate=None, prompt=None, after=None, limit=MOST_ITEMS)
        for one in (here, there)
    ]
    return await asyncio.to_thread(compare_judgings, *findings, ours, theirs)


def judging_spec(wanted: JudgingRequest, source: Evaluation, library: Library, shelf: Shelf) -> Spec:
    """Return the specification of a judging; what is left out stays as it was when the source was accepted.

    Raises
    ------
    Invalid
        With every fault, each at its JSON pointer.
    """
    spec, looking = source.spec, Acceptance(library, shelf)
    rubric, profile = spec.rubric, spec.profile
    if wanted.rubric is not None:
        name = wanted.rubric
        rubric = looking.look_up("/rubric", lambda: library.rubric(name)) or rubric
    if wanted.profile is not None:
        named = wanted.profile
        profile = looking.look_up("/profile", lambda: library.profile(named)) or profile
    changed = replace(
        spec,
        rubric=rubric,
        profile=profile,
        use=wanted.use or spec.use,
        source=spec.source or source.id,
        stop_when=spec.stop_when if wanted.stop_when is UNSET else stop_rule(wanted.stop_when),
        time_budget=wanted.time_budget,
    )
    if wanted.judge is not None:
        asked = asked_judges(wanted.judge, looking.models)
        found = tuple(look_up_models(looking, [(one.judge.model, one.pointer) for one in asked]))
        templates = tuple(look_up_templates(looking, asked))
        candidates = tuple(spec.model(candidate.model) for candidate in spec.candidates)
        models = {model.name: model for model in (*found, *candidates)}
        looking.faults += [
            *judge_faults(asked, models),
            *kin_faults(asked, spec.candidates, models, wanted.related_judge),
            *purpose_faults(looking, (), asked),
        ]
        changed = replace(
            changed,
            judges=tuple(one.judge for one in asked),
            models=tuple(models.values()),
            templates=templates,
        )
    if wanted.rubric is not None:
        looking.faults += [
            replace(fault, pointer="/rubric") for fault in facet_faults(rubric, spec.prompt_set)
        ]
    changed = replace(changed, canaries=library.canaries() if wanted.canaries and changed.judges else ())
    stop = None if wanted.stop_when is UNSET else wanted.stop_when
    looking.faults += stop_faults(stop, judged=bool(changed.judges))
    if not changed.judges:
        looking.faults += unscored_faults(rubric)
    if looking.faults:
        raise refusal(looking.faults)
    same = _judges(changed) == _judges(spec)
    contexts = contexts_again(rubric, spec.rubric, spec.contexts) if same else ()
    return replace(changed, contexts=contexts)


def _judges(spec: Spec) -> list[object]:
    """Return all that tells the judges of `spec` from others."""
    templates = {template.name: template for template in spec.templates}
    return [(judge, spec.model(judge.model).version, templates.get(judge.template)) for judge in spec.judges]
