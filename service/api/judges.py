"""Judges over HTTP: have one examined, and read what it may decide."""

import asyncio
from typing import Any

from litestar import Controller, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from service.api.accept import Acceptance, look_up_templates, purpose_faults, refusal
from service.api.bodies import well_formed
from service.api.judge_replies import HearingReply, JudgeStandingReply, QualificationReply
from service.api.judging import Asked, seated
from service.api.parameters import Name
from service.api.problems import documented
from service.api.scopes import RUN
from service.api.serving import Serving, Wired
from service.api.shown import BASE, show
from service.api.wire import JudgeRequest, JudgeSettings, QualificationRequest
from service.domain.hearings import Hearing
from service.domain.models import Model
from service.domain.rubrics import PromptSet
from service.errors import Fault
from service.examining import Order
from service.gathering import output_of
from service.judge import Seat, examination
from service.store import qualifications

POLL_SECONDS = "1"


class Judges(Controller):
    """Any model can be a judge; whether its scores may decide is found out, for each rubric, template and mode."""

    path = "/judges/{name:str}/qualification"
    tags = ("judges",)

    @get(operation_id="get_qualification", responses=documented("not-found"))
    async def read(self, name: Name, serving: Wired) -> JudgeStandingReply:
        """Read what is known of a judge: what is under way, and the newest examinations held."""
        await asyncio.to_thread(serving.shelf.model, name)
        return await standing(serving, name)

    @post(
        operation_id="qualify_judge",
        security=RUN,
        status_code=202,
        before_request=well_formed(QualificationRequest),
        responses={
            200: ResponseSpec(
                HearingReply, generate_examples=False, description="It was held before, under the same terms"
            ),
            **documented("unparsable", "not-found", "invalid", "too-large", "not-json"),
        },
    )
    async def qualify(
        self, name: Name, data: JSONBody[QualificationRequest], serving: Wired
    ) -> Response[HearingReply]:
        """Have a judge examined; it waits while an evaluation runs, and a restart costs time only. The same address says how far it is."""
        model = await asyncio.to_thread(serving.shelf.model, name)
        order = await asyncio.to_thread(examination_order, data, model, serving)
        hearing = await serving.examiner.begin(order, again=data.again)
        here = f"{BASE}/judges/{name}/qualification"
        headers = {"Location": here, "Retry-After": POLL_SECONDS}
        return Response(
            hearing_reply(hearing), status_code=200 if hearing.state == "done" else 202, headers=headers
        )


async def standing(serving: Serving, name: str) -> JudgeStandingReply:
    """Return what is known of the judge called `name`."""
    hearing = await serving.examiner.of_judge(name)
    held = await qualifications.of_judge(serving.database, name)
    return JudgeStandingReply(
        judge=name,
        under_way=None if hearing is None else hearing_reply(hearing),
        held=show(held, list[QualificationReply]),
    )


def examination_order(data: QualificationRequest, model: Model, serving: Serving) -> Order:
    """Return the examination that `data` asks for. Reads files: call it off the event loop.

    Raises
    ------
    Invalid
        With every fault, each at its JSON pointer.
    """
    library = serving.library
    looking = Acceptance(library, serving.shelf)
    settings: dict[str, Any] = {field: getattr(data, field) for field in JudgeSettings.__struct_fields__}
    request = JudgeRequest(model=model.name, **settings)
    asked = Asked(pointer="", request=request, judge=seated(request, model))
    template = next(look_up_templates(looking, (asked,)), None)
    rubric = looking.look_up("/rubric", lambda: library.rubric(data.rubric))
    prompts = looking.look_up("/prompt_set", lambda: library.prompt_set(data.prompt_set))
    looking.faults += purpose_faults(looking, (), (asked,))
    if prompts is not None:
        looking.faults += reference_faults(prompts)
    if looking.faults or template is None or rubric is None or prompts is None:
        raise refusal(looking.faults)
    seat = Seat(judge=asked.judge, model=model, template=template, output=output_of(model))
    examined = examination(prompts.prompts, rubric, seat, library.injections(), library.plants())
    return Order(seat=seat, examined=examined, seed=data.seed, deadline=data.deadline)


def reference_faults(prompts: PromptSet) -> list[Fault]:
    """Return the fault of prompts that leave nothing to examine with."""
    if any(prompt.reference for prompt in prompts.prompts):
        return []
    detail = f"no prompt of '{prompts.name}' has a reference, so no fault can be planted: name another set"
    return [Fault(pointer="/prompt_set", detail=detail)]


def hearing_reply(hearing: Hearing) -> HearingReply:
    """Return how far an examination is."""
    failure = hearing.failure
    return HearingReply(
        key=hearing.key,
        judge=hearing.judge,
        state=hearing.state,
        calls=hearing.calls,
        asked=hearing.asked,
        began_at=hearing.began_at,
        failure=None if failure is None else {"kind": failure.kind.value, "message": failure.message},
        links={"self": f"{BASE}/judges/{hearing.judge}/qualification"},
    )
