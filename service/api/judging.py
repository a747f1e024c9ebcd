"""The judges of a request: defaults from their cards and from what their endpoints were seen to honour, and every fault."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.api.wire import JudgeRequest, RelatedJudge
from service.domain.models import Candidate, Judge, Mode, Model
from service.errors import Fault
from service.judge.seats import LOGPROBS

MAX_TOKENS = 512
KEEPS_BEGINNINGS = "cached_tokens"
"""What an endpoint was seen to do for which asking facet by facet costs little more than asking for all at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One judge as it was asked for, where it stands in the request, and as it will be seated."""

    pointer: str
    request: JudgeRequest
    judge: Judge


def asked_judges(
    wanted: str | JudgeRequest | Sequence[str | JudgeRequest] | None, models: Mapping[str, Model]
) -> tuple[Asked, ...]:
    """Return the judges of a request, one or several, with everything left out filled in."""
    if wanted is None:
        return ()
    several = not isinstance(wanted, str | JudgeRequest)
    entries = list(wanted) if not isinstance(wanted, str | JudgeRequest) else [wanted]
    requests = [JudgeRequest(model=one) if isinstance(one, str) else one for one in entries]
    return tuple(
        Asked(
            pointer=f"/judge/{at}" if several else "/judge",
            request=request,
            judge=seated(request, models.get(request.model)),
        )
        for at, request in enumerate(requests)
    )


def seated(request: JudgeRequest, model: Model | None) -> Judge:
    """Return the judge that `request` asks for; what it leaves out comes from `model`, as far as that is known.

    The mode follows the template where one is given (by the request, else by the model's card), and the template the mode.
    Without either a judge is asked facet by facet where its endpoint was seen to keep the common beginning of requests,
    else for all facets at once.
    """
    template = request.template or (model and model.judge_template)
    mode: Mode
    if request.mode is not None:
        mode = request.mode
    elif template is not None:
        mode = "separate" if template == "separate" else "joint"
    else:
        mode = "separate" if model is not None and KEEPS_BEGINNINGS in model.capabilities else "joint"
    return Judge(
        model=request.model,
        template=template or mode,
        mode=mode,
        temperature=request.temperature,
        max_tokens=request.max_tokens or (model and model.judge_max_tokens) or MAX_TOKENS,
        thinking_tokens=request.thinking_tokens,
        examination=request.examination,
        samples=request.samples,
        max_samples=request.max_samples,
        scoring=request.scoring,
    )


def judge_faults(asked: Sequence[Asked], models: Mapping[str, Model]) -> Iterator[Fault]:
    """Yield what is wrong with the judges' settings, and with the judges among themselves."""
    first: dict[str, str] = {}
    for one in asked:
        if one.judge.model in first:
            detail = f"'{one.judge.model}' is a judge twice: remove one, a model has one vote"
            yield Fault(pointer=one.pointer, detail=detail)
        first.setdefault(one.judge.model, one.pointer)
        most = one.judge.max_samples
        if most is not None and most < one.judge.samples:
            detail = f"{most} is below samples ({one.judge.samples}): leave it out, or say more"
            yield Fault(pointer=f"{one.pointer}/max_samples", detail=detail)
        own = models.get(one.judge.model)
        if one.judge.scoring == "expectation" and own is not None and LOGPROBS not in own.capabilities:
            detail = (
                f"nobody has seen '{own.name}' tell how likely its tokens are: have it tried (POST /api/v1/models/NAME/probe, "
                "for a model behind an endpoint), or leave scoring out"
            )
            yield Fault(pointer=f"{one.pointer}/scoring", detail=detail)


def kin_faults(
    asked: Sequence[Asked],
    candidates: Sequence[Candidate],
    models: Mapping[str, Model],
    rule: RelatedJudge,
) -> Iterator[Fault]:
    """Yield the judges that are candidates themselves, or of a candidate's family, as far as `rule` refuses them."""
    if rule == "flag":
        return
    for one in asked:
        name = one.judge.model
        if name in {candidate.model for candidate in candidates}:
            detail = (
                f"'{name}' is a candidate too and would judge itself: choose another judge, or say "
                '"related_judge": "flag"'
            )
            yield Fault(pointer=one.pointer, detail=detail)
        elif rule == "refuse" and (related := related_candidates(name, candidates, models)):
            detail = (
                f"'{name}' is of the family of {', '.join(related)}, and judges tend to prefer their own kind: "
                "choose another judge"
            )
            yield Fault(pointer=one.pointer, detail=detail)


def related_candidates(judge: str, candidates: Sequence[Candidate], models: Mapping[str, Model]) -> list[str]:
    """Return the candidates that are the judge's own model or of its family."""
    own = models.get(judge)
    family = own.family if own is not None else None
    return [
        one.name
        for one in candidates
        if one.model == judge
        or (family and (model := models.get(one.model)) is not None and model.family == family)
    ]
