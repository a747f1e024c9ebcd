"""The validation over HTTP: are the target models listed, and does each answer? One call, one table."""

from litestar import post
from litestar.params import JSONBody

from service.api.bodies import well_formed
from service.api.problems import documented
from service.api.replies import Reply
from service.api.scopes import RUN
from service.api.serving import Wired
from service.api.shelf_replies import CheckReply
from service.api.shelves import untimed
from service.api.shown import check_reply
from service.api.wire import ValidationRequest
from service.validating import Validated


class ValidatedReply(Reply, frozen=True, kw_only=True):
    """One model. `listed` is null where its endpoint has no list to look into; `reason` says why `ok` is false."""

    model: str
    source: str | None
    endpoint: str | None
    ok: bool
    listed: bool | None
    answers: bool
    reason: str | None
    check: CheckReply


class ValidationReply(Reply, frozen=True, kw_only=True):
    """All of them; `ok` only if each one is."""

    ok: bool
    passed: int
    failed: int
    models: list[ValidatedReply]


@post(
    "/validation",
    operation_id="validate_models",
    security=RUN,
    tags=["models"],
    status_code=200,
    before_request=well_formed(ValidationRequest),
    responses=documented("unparsable", "conflict", "invalid", "too-large", "not-json"),
)
async def validation(data: JSONBody[ValidationRequest], serving: Wired) -> ValidationReply:
    """Look target models up and ask each one prompt, one after the other; refused while an evaluation is timed.

    Without `models` every model at hand is asked. A model that fails is a row that says why, not an error.
    """
    async with untimed(serving, "a validation of models"):
        found = await serving.validate(
            tuple(data.models or ()), prompt=data.prompt, max_tokens=data.max_tokens, deadline=data.deadline
        )
    return validation_reply(found)


def validation_reply(found: tuple[Validated, ...]) -> ValidationReply:
    """Return the table; no model at all is not a success."""
    passed = sum(one.good for one in found)
    return ValidationReply(
        ok=bool(found) and passed == len(found),
        passed=passed,
        failed=len(found) - passed,
        models=[_row(one) for one in found],
    )


def _row(one: Validated) -> ValidatedReply:
    check = check_reply(one.name, one.loaded.seconds if one.loaded else None, one.answer)
    return ValidatedReply(
        model=one.name,
        source=one.model.source if one.model else None,
        endpoint=one.model.endpoint if one.model else None,
        ok=one.good,
        listed=one.listed,
        answers=check.ok,
        reason=one.reason,
        check=check,
    )
