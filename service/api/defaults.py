"""Defaults over HTTP: adopt a recommendation, and read what counts now and what counted before."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.params import JSONBody
from uuid_utils import uuid7

from service.adopting import Adoption, adopt
from service.api.bodies import well_formed
from service.api.cursors import word_after, write_cursor
from service.api.default_replies import DefaultPage, DefaultReply
from service.api.idempotency import CREATES, Claimed, Key, receipt_for
from service.api.paging import linked
from service.api.parameters import Cursor, Limit, WantedUse, Word
from service.api.problems import documented
from service.api.scopes import ADMIN
from service.api.serving import Serving, Wired
from service.api.staleness import stale_default
from service.api.wire import DefaultRequest
from service.domain.defaults import Default
from service.domain.evaluations import Evaluation, Spec, Status
from service.domain.selection import Profile
from service.errors import Conflict, Fault, Invalid, NotFound
from service.store import defaults as store
from service.store import evaluations


class Defaults(Controller):
    """Which model is the default for a use on a device, since when, and why."""

    path = "/defaults"
    tags = ("results",)

    @post(
        operation_id="adopt_default",
        security=ADMIN,
        status_code=201,
        opt=CREATES,
        before_request=well_formed(DefaultRequest),
        responses=documented("unparsable", "conflict", "invalid", "too-large", "not-json"),
    )
    async def create(
        self, data: JSONBody[DefaultRequest], serving: Wired, claim: Claimed, idempotency_key: Key = None
    ) -> Response[DefaultReply]:
        """Adopt the recommended candidate, or another one that passes the gates with a note that says why."""
        del idempotency_key  # the claim was made with it
        adopted = await adoption(serving, data)
        changed = await asyncio.to_thread(stale_default, serving, adopted)
        response = Response(default_reply(adopted, current=True, stale=changed), status_code=201)
        await store.add(serving.database, adopted, receipt_for(claim, response))
        return response

    @get(operation_id="list_defaults", responses=documented("invalid"))
    async def list_(
        self,
        request: Request[Any, Any, Any],
        serving: Wired,
        use: WantedUse = None,
        device: Word = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Response[DefaultPage]:
        """Say what counts now, with what changed since, and list the history, newest first."""
        found = await store.page(
            serving.database, use=use, device=device, after=word_after(cursor), limit=limit + 1
        )
        shown, more = found[:limit], len(found) > limit
        now = await store.current(serving.database, use=use, device=device)
        changed = await asyncio.to_thread(lambda: {one.id: stale_default(serving, one) for one in now})
        next_cursor = write_cursor(shown[-1].id) if more else None
        page = DefaultPage(
            current=[default_reply(one, current=True, stale=changed[one.id]) for one in now],
            items=[
                default_reply(one, current=one.id in changed, stale=changed.get(one.id, [])) for one in shown
            ],
            next_cursor=next_cursor,
        )
        return linked(request, page, next_cursor)


async def adoption(serving: Serving, wanted: DefaultRequest) -> Default:
    """Return the record of what is to be adopted.

    Raises
    ------
    Invalid
        With each fault at its JSON pointer.
    Conflict
        If the evaluation has not succeeded.
    """
    evaluation = await _evaluation(serving, str(wanted.evaluation))
    spec = evaluation.spec
    profile = await asyncio.to_thread(_profile, serving, spec, wanted)
    asked = None if profile == replace(spec.profile, use=spec.use) else profile
    findings = await serving.find(evaluation, asked)
    return adopt(
        findings,
        Adoption(
            use=profile.use,
            device=wanted.device or spec.device,
            candidate=wanted.candidate,
            note=wanted.note,
        ),
        profile=profile,
        id_=str(uuid7()),
        now=datetime.now(UTC),
    )


def default_reply(default: Default, *, current: bool, stale: list[str]) -> DefaultReply:
    """Return an adoption as the service shows it."""
    basis = default.basis
    return DefaultReply(
        id=default.id,
        use=default.use,
        device=default.device,
        candidate=default.candidate,
        model=default.model,
        model_version=dict(basis.versions).get(default.model),
        evaluation=default.evaluation,
        evaluation_name=basis.evaluation_name,
        decision=basis.decision,
        recommended=basis.recommended,
        score=basis.score,
        p_best=basis.p_best,
        profile=next(file.name for file in basis.files if file.kind == "profile"),
        obligations=list(basis.obligations),
        cautions=list(basis.cautions),
        note=default.note,
        adopted_at=default.adopted_at,
        current=current,
        stale=stale,
    )


def _profile(serving: Serving, spec: Spec, wanted: DefaultRequest) -> Profile:
    """Return the profile to choose by; its use is the one that the licence has to allow."""
    if wanted.profile is None:
        return replace(spec.profile, use=wanted.use or spec.use)
    try:
        named = serving.library.profile(wanted.profile)
    except NotFound as error:
        raise Invalid(error.message, [Fault(pointer="/profile", detail=error.message)]) from error
    return replace(named, use=wanted.use or named.use)


async def _evaluation(serving: Serving, id_: str) -> Evaluation:
    try:
        found = await evaluations.get(serving.database, id_)
    except NotFound as error:
        raise Invalid(error.message, [Fault(pointer="/evaluation", detail=error.message)]) from error
    if found.status is not Status.SUCCEEDED:
        raise Conflict(f"Evaluation {id_} is {found.status}: only one that succeeded can be adopted.")
    return found
