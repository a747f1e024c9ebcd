"""Wire objects, part one: what requests may say. Unknown fields are refused, and the limits are here."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from service.domain.asking import Role
from service.domain.models import Depth, Mode, Scoring
from service.domain.selection import Use

NAME = r"^[a-zA-Z0-9][a-zA-Z0-9._:-]*$(?!\n)"
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=NAME)]
NameOr = Annotated[str, Meta(min_length=1, max_length=64, extra_json_schema={"extra": {"pattern": NAME}})]
"""A name where a list may stand too; its pattern is described here and checked by `bodies`.

When msgspec 0.22 lets go of a type that is both a string with a pattern and a list or dict, at the latest when the process
ends, it frees the compiled pattern in the place of the list's type and may crash.
"""
Text = Annotated[str, Meta(min_length=1, max_length=100_000)]
Title = Annotated[str, Meta(min_length=1, max_length=120)]
Temperature = Annotated[float, Meta(ge=0, le=2)]
MaxTokens = Annotated[int, Meta(ge=1, le=32_768)]
Labels = Annotated[list[Name], Meta(max_length=20)]
Samples = Annotated[int, Meta(ge=1, le=9)]
ThinkingTokens = Annotated[int, Meta(ge=0, le=32_768)]
RelatedJudge = Literal["flag", "refuse_same", "refuse"]
"""Of a judge that is a candidate or of its family: accept with a caution, refuse the candidate itself, refuse both."""


Pairwise = Literal["auto", "off"]
"""Whether a judge that is able to compares the answers of candidates that are tied, side by side in both orders."""


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that a client sends."""


class CandidateRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model that takes part, with the parameters to ask it with; the name is the model's where none is given."""

    model: Name
    name: Name | None = None
    temperature: Temperature = 0.0
    max_tokens: MaxTokens = 256
    system: Text | None = None


class JudgeSettings(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a model is to judge; `template` names a file in ``prompts/judge``.

    What is left out comes from the model's card, else from what its endpoint was seen to honour: ``separate`` (facet by
    facet) where it keeps the common beginning of requests, ``joint`` (all facets at once) elsewhere, with the template of
    that name, 512 tokens for a reply, and more for thinking where the model says that it thinks. `examination` is what it
    is asked before its scores may decide: ``quick`` (150 calls at most) or ``full`` (600).
    """

    template: Name | None = None
    mode: Mode | None = None
    temperature: Temperature = 0.0
    max_tokens: MaxTokens | None = None
    thinking_tokens: ThinkingTokens | None = None
    examination: Depth = "quick"


class JudgeRequest(JudgeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model that scores, and how.

    Every answer is graded `samples` times, the further ones with seeds of their own, and the mean counts. With `max_samples`
    more are asked for where they decide: of candidates that are not surely out, on facets that the judge may decide, and
    only of scores that its samples so far leave in doubt. Where the endpoint tells how likely tokens are, `scoring` can be
    ``expectation``: then the level counts that the probabilities come to, and not the one that was drawn.
    """

    model: Name
    samples: Samples = 1
    max_samples: Samples | None = None
    scoring: Scoring = "sampled"


class TurnRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message of a conversation."""

    role: Role
    content: Text


class PromptRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One inline prompt, with what a judge or check needs where it exists.

    Either `text`, or `messages`: a conversation that is given as it stands and whose last message, a user's, is answered.
    `facets` names those of the rubric that its answers are scored on; null: all of them.
    """

    text: Text | None = None
    messages: Annotated[list[TurnRequest], Meta(min_length=1, max_length=100)] | None = None
    id: Name | None = None
    system: Text | None = None
    reference: Text | None = None
    tags: Annotated[list[Name], Meta(max_length=20)] | None = None
    facets: Annotated[list[Name], Meta(min_length=1, max_length=12)] | None = None
    expect: dict[str, Any] | None = None


Judges = Annotated[list[Name | JudgeRequest], Meta(min_length=1, max_length=9)]
Seed = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Confidence = Annotated[float, Meta(ge=0.5, le=0.999)]
Deadline = Annotated[float, Meta(gt=0, le=3600)]
TimeBudget = Annotated[float, Meta(gt=0, le=604_800)]


class StopRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When judging may end before all is judged.

    After every `batch` prompts, 20 at the least, the ranking is looked at; judging ends once the first-ranked candidate is
    within the profile's epsilon of the best with so much `confidence`, over all looks together. Answers are collected and
    timed in full.
    """

    confidence: Confidence = 0.95
    batch: Annotated[int, Meta(ge=5, le=5000)] = 10


class EvaluationRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to evaluate. `judge` is one or several; null: only deterministic checks score.

    `related_judge` says what to do with a judge that is a candidate itself or of a candidate's family; with `canaries` each
    judge also grades a few answers of known grade, made from this run's own, which count for nobody. With `stop_when`,
    ``{}`` or ``{"confidence": 0.95}``, judging ends once more could not change the choice; null: everything is judged.
    After `time_budget` seconds of work nobody is asked any more, a third of it kept for judges; null: as long as it takes.
    `pairwise`: where candidates are tied in the end, a judge whose preference does not hang on the order compares their
    answers, which comes before the profile's rule for ties.
    """

    candidates: Annotated[list[Name | CandidateRequest], Meta(min_length=1, max_length=50)]
    judge: NameOr | JudgeRequest | Judges | None
    prompt_set: NameOr | Annotated[list[Text | PromptRequest], Meta(min_length=1, max_length=5000)]
    rubric: Name = "general"
    profile: Name = "balanced"
    name: Title | None = None
    labels: Labels = []
    use: Use | None = None
    device: Name | None = None
    rounds: Annotated[int, Meta(ge=1, le=1000)] = 3
    passes: Annotated[int, Meta(ge=1, le=20)] = 1
    warmup: Annotated[int, Meta(ge=0, le=100)] = 2
    seed: Seed = 1
    deadline: Deadline = 120.0
    related_judge: RelatedJudge = "refuse_same"
    canaries: bool = True
    stop_when: StopRequest | None = None
    time_budget: TimeBudget | None = None
    pairwise: Pairwise = "auto"


class JudgingRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to judge stored answers again; what is left out stays as it was when they were asked for.

    `stop_when` null: everything is judged. A `time_budget` is for this judging alone.
    """

    judge: NameOr | JudgeRequest | Judges | None = None
    rubric: Name | None = None
    profile: Name | None = None
    use: Use | None = None
    name: Title | None = None
    related_judge: RelatedJudge = "refuse_same"
    canaries: bool = True
    stop_when: StopRequest | UnsetType | None = UNSET
    time_budget: TimeBudget | None = None


class QualificationRequest(JudgeSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to examine a judge on: the prompts need references; `again` repeats an examination that was held before."""

    prompt_set: Name
    rubric: Name = "general"
    seed: Seed = 1
    deadline: Deadline = 120.0
    again: bool = False


class EvaluationPatch(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to say about an evaluation from now on; null: the name that it would have by itself, no labels."""

    name: Title | UnsetType | None = UNSET
    labels: Labels | UnsetType | None = UNSET


class CheckRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One prompt for one model, at once."""

    prompt: Text = "Reply with one short sentence."
    max_tokens: Annotated[int, Meta(ge=1, le=4096)] = 64


class ValidationRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which models to look up and ask; `models` null: every one at hand. `deadline` is for each, its load included."""

    models: Annotated[list[Name], Meta(min_length=1, max_length=100)] | None = None
    prompt: Text = "Reply with one short sentence."
    max_tokens: Annotated[int, Meta(ge=1, le=4096)] = 32
    deadline: Annotated[float, Meta(gt=0, le=600)] = 60.0


class DefaultRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to adopt as the default.

    Without `candidate` the recommended one; `use`, `device` and `profile` are the evaluation's where they are left out.
    """

    evaluation: UUID
    candidate: Name | None = None
    use: Use | None = None
    device: Name | None = None
    profile: Name | None = None
    note: Annotated[str, Meta(min_length=1, max_length=2000)] | None = None
