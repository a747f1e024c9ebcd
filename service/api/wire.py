"""Wire objects, part one: what requests may say. Unknown fields are refused, and the limits are here."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from service.domain.selection import Use

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._:-]*$(?!\n)")]
Text = Annotated[str, Meta(min_length=1, max_length=100_000)]
Title = Annotated[str, Meta(min_length=1, max_length=120)]
Temperature = Annotated[float, Meta(ge=0, le=2)]
MaxTokens = Annotated[int, Meta(ge=1, le=32_768)]


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that a client sends."""


class CandidateRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model that takes part, with the parameters to ask it with; the name is the model's where none is given."""

    model: Name
    name: Name | None = None
    temperature: Temperature = 0.0
    max_tokens: MaxTokens = 256
    system: Text | None = None


class JudgeRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The model that scores; `template` names a file in ``prompts/judge``.

    Without them the template and budget are those of the model's card, else ``joint`` and 512 tokens.
    """

    model: Name
    template: Name | None = None
    max_tokens: MaxTokens | None = None


class PromptRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One inline prompt, with what a judge or check needs where it exists."""

    text: Text
    id: Name | None = None
    system: Text | None = None
    reference: Text | None = None
    tags: Annotated[list[Name], Meta(max_length=20)] | None = None
    expect: dict[str, Any] | None = None


class EvaluationRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to evaluate. `judge` null: only deterministic checks score."""

    candidates: Annotated[list[Name | CandidateRequest], Meta(min_length=1, max_length=50)]
    judge: Name | JudgeRequest | None
    prompt_set: Name | Annotated[list[Text | PromptRequest], Meta(min_length=1, max_length=5000)]
    rubric: Name = "general"
    profile: Name = "balanced"
    name: Title | None = None
    use: Use | None = None
    device: Name | None = None
    rounds: Annotated[int, Meta(ge=1, le=1000)] = 3
    passes: Annotated[int, Meta(ge=1, le=20)] = 1
    warmup: Annotated[int, Meta(ge=0, le=100)] = 2
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 1
    deadline: Annotated[float, Meta(gt=0, le=3600)] = 120.0


class CheckRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One prompt for one model, at once."""

    prompt: Text = "Reply with one short sentence."
    max_tokens: Annotated[int, Meta(ge=1, le=4096)] = 64


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
