"""Wire objects, part two: what the service answers."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct


class Reply(Struct, frozen=True, kw_only=True):
    """Something that the service answers."""


class Named(Reply, frozen=True, kw_only=True):
    """A file by name, with the fingerprint of what it said when it was read."""

    name: str
    title: str
    fingerprint: str


class CandidateReply(Reply, frozen=True, kw_only=True):
    """A candidate as it was accepted."""

    name: str
    model: str
    temperature: float
    max_tokens: int
    system: str | None


class JudgeReply(Reply, frozen=True, kw_only=True):
    """A judge as it was accepted."""

    model: str
    template: str
    mode: str
    max_tokens: int


class ProgressReply(Reply, frozen=True, kw_only=True):
    """How far it is; `share` runs from 0 to 1 over answers and verdicts wanted."""

    stage: str
    share: float
    answers_wanted: int
    answers_kept: int
    answers_failed: int
    verdicts_wanted: int
    verdicts_kept: int
    verdicts_failed: int
    loads: int


class EvaluationReply(Reply, frozen=True, kw_only=True):
    """One evaluation. `progress` is left out of lists."""

    id: str
    name: str
    status: str
    reason: str | None
    attempt: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    candidates: list[CandidateReply]
    judges: list[JudgeReply]
    rubric: Named
    prompt_set: Named
    prompts: int
    profile: Named
    use: str
    device: str
    rounds: int
    passes: int
    warmup: int
    seed: int
    deadline: float
    cautions: list[str]
    links: dict[str, str]
    progress: ProgressReply | None = None


class EvaluationPage(Reply, frozen=True, kw_only=True):
    """Evaluations, newest first; `next_cursor` is null on the last page."""

    items: list[EvaluationReply]
    next_cursor: str | None


class PlanReply(Reply, frozen=True, kw_only=True):
    """What an evaluation would do; nothing was stored and nothing runs."""

    candidate_calls: int
    judge_calls: int
    qualification_calls: int
    warmup_calls: int
    loads: int
    prompt_tokens: int
    completion_tokens_at_most: int
    expected_seconds: float | None
    basis: str
    cautions: list[str]


class ItemReply(Reply, frozen=True, kw_only=True, rename={"pass_": "pass"}):
    """One answer with what was said of it."""

    candidate: str
    prompt: str
    pass_: int
    round: int
    question: str
    answer: str
    reference: str | None
    finish: str
    scores: dict[str, float]
    by: dict[str, str]
    rationale: str | None
    first_token_seconds: float | None
    latency_seconds: float | None
    completion_tokens: int | None
    decode_rate: float | None
    workshop_rate: float | None


class ModelReply(Reply, frozen=True, kw_only=True):
    """A model that requests may name."""

    name: str
    source: str
    description: str
    family: str | None
    licence: str | None
    capabilities: list[str]
    disk_bytes: int | None
    context: int | None
    version: str | None
    device: str | None
    cached: bool


class CatalogReply(Reply, frozen=True, kw_only=True):
    """The Foundry catalog when it was last asked: ``never``, ``fresh`` or ``unreachable``."""

    state: Literal["never", "fresh", "unreachable"]
    checked_at: str | None
    models: int
    reason: str | None


class CheckReply(Reply, frozen=True, kw_only=True):
    """How a model did on one prompt; the first request of a fresh process, so a cold one."""

    model: str
    ok: bool
    text: str | None
    finish: str | None
    load_seconds: float | None
    first_token_seconds: float | None
    latency_seconds: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    failure: dict[str, str | None] | None


class FacetReply(Reply, frozen=True, kw_only=True):
    """One side of quality; `check` names the deterministic check that scores it, null: the judge."""

    name: str
    question: str
    levels: list[str]
    weight: float
    check: str | None
    degraded_by: list[str]


class RubricReply(Reply, frozen=True, kw_only=True):
    """A rubric."""

    name: str
    title: str
    description: str
    language: str
    fingerprint: str
    facets: list[FacetReply]


class PromptReply(Reply, frozen=True, kw_only=True):
    """One prompt of a set."""

    id: str
    text: str
    system: str | None
    reference: str | None
    tags: list[str]
    expect: dict[str, Any] | None


class PromptSetReply(Reply, frozen=True, kw_only=True):
    """A prompt set."""

    name: str
    title: str
    description: str
    fingerprint: str
    prompts: list[PromptReply]


class GateReply(Reply, frozen=True, kw_only=True):
    """A condition that no other virtue can buy off; limits in seconds, bytes, tokens, points or a share."""

    name: str
    limit: float | None
    facet: str | None


class CriterionReply(Reply, frozen=True, kw_only=True):
    """One dimension of the choice with its anchors."""

    name: str
    weight: float
    zero: float | None
    full: float | None
    scale: str


class ProfileReply(Reply, frozen=True, kw_only=True):
    """A selection profile, in base units."""

    name: str
    title: str
    description: str
    use: str
    fingerprint: str
    epsilon: float
    confidence: float
    unproven: str
    tie_break: list[str]
    gates: list[GateReply]
    criteria: list[CriterionReply]


class ModelPage(Reply, frozen=True, kw_only=True):
    """Every model a request may name, and the directories that could not be read as one."""

    items: list[ModelReply]
    catalog: CatalogReply
    unreadable: list[dict[str, str]]


class Source(Reply, frozen=True, kw_only=True):
    """The evaluation that a recommendation rests on."""

    id: str
    name: str
    finished_at: datetime | None


class RecommendationReply(Reply, frozen=True, kw_only=True):
    """The default model, or an honest "none".

    `stale` lists what changed since the evaluation; `age_seconds` is the time since it ended.
    """

    decision: Literal["model", "tie", "none"]
    candidate: str | None
    model: str | None
    runner_up: str | None
    tie_set: list[str]
    reasons: list[str]
    cautions: list[str]
    obligations: list[str]
    missing: list[str]
    would_change: list[str]
    nearest_miss: str | None
    evaluation: Source | None
    profile: str | None
    use: str | None
    device: str | None
    age_seconds: float | None
    stale: list[str]


class Live(Reply, frozen=True, kw_only=True):
    """The process answers."""

    status: Literal["alive", "ready"]
    version: str


class Index(Reply, frozen=True, kw_only=True, rename={"try_": "try"}):
    """Where to go from here."""

    service: str
    version: str
    links: dict[str, str]
    try_: list[str]


class ItemPage(Reply, frozen=True, kw_only=True):
    """Answers in canonical order; `next_cursor` is null on the last page."""

    items: list[ItemReply]
    next_cursor: str | None
