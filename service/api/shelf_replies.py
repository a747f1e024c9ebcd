"""Wire objects, part three: what can be asked and who can be asked."""

from typing import Any, Literal

from service.api.replies import Reply


class ExampleReply(Reply, frozen=True, kw_only=True):
    """An answer that stands for a level of a facet, with its question and the reason for the level where the rubric has them."""

    level: int
    answer: str
    question: str | None
    why: str | None


class FacetReply(Reply, frozen=True, kw_only=True):
    """One side of quality; `check` names the deterministic check that scores it, null: the judge, who is shown `examples`."""

    name: str
    question: str
    levels: list[str]
    weight: float
    check: str | None
    degraded_by: list[str]
    examples: list[ExampleReply]


class RubricReply(Reply, frozen=True, kw_only=True):
    """A rubric."""

    name: str
    title: str
    description: str
    language: str
    fingerprint: str
    facets: list[FacetReply]


class TurnReply(Reply, frozen=True, kw_only=True):
    """One message of a conversation."""

    role: str
    content: str


class PromptReply(Reply, frozen=True, kw_only=True):
    """One prompt of a set; `history` is what was said before its text, `facets` what it is scored on, empty: on all."""

    id: str
    text: str
    history: list[TurnReply]
    system: str | None
    reference: str | None
    tags: list[str]
    expect: dict[str, Any] | None
    facets: list[str]


class PromptSetReply(Reply, frozen=True, kw_only=True):
    """A prompt set."""

    name: str
    title: str
    description: str
    fingerprint: str
    prompts: list[PromptReply]


class RubricPage(Reply, frozen=True, kw_only=True):
    """Rubrics by name; `next_cursor` is null on the last page."""

    items: list[RubricReply]
    next_cursor: str | None


class PromptSetPage(Reply, frozen=True, kw_only=True):
    """Prompt sets by name; `next_cursor` is null on the last page."""

    items: list[PromptSetReply]
    next_cursor: str | None


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


class ProfilePage(Reply, frozen=True, kw_only=True):
    """Selection profiles by name; `next_cursor` is null on the last page."""

    items: list[ProfileReply]
    next_cursor: str | None


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


class ModelPage(Reply, frozen=True, kw_only=True):
    """Models a request may name, by name, and the directories that could not be read as one."""

    items: list[ModelReply]
    next_cursor: str | None
    catalog: CatalogReply
    unreadable: list[dict[str, str]]
