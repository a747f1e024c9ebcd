"""Rubric, Facet, PromptSet, Prompt and Injection: what is asked and what makes an answer good."""

from dataclasses import dataclass
from typing import Any, Literal

CheckKind = Literal["exact", "normalised", "contains", "json", "json_schema", "token_f1", "rouge_l", "length"]
Degradation = Literal["truncated", "shuffled", "wrong_fact", "off_topic", "empty", "padded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One side of quality, scored 1 to 5.

    Attributes
    ----------
    levels
        Five sentences, what an answer of level 1, 2, 3, 4 and 5 is like.
    check
        A deterministic check that decides this facet where the prompt has what the check needs; ``None``: the judge.
    degraded_by
        Planted faults that must lower this facet: the judge's qualification tries them.
    """

    name: str
    question: str
    levels: tuple[str, str, str, str, str]
    weight: float = 1.0
    check: CheckKind | None = None
    degraded_by: tuple[Degradation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """Facets with weights; `fingerprint` is the SHA-256 of the canonical form."""

    name: str
    title: str
    facets: tuple[Facet, ...]
    fingerprint: str
    language: str = "en"
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """A text that tries to steer a judge, for its examination."""

    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One thing to ask; `id` is unique in its set.

    Attributes
    ----------
    reference
        An answer that deserves full marks, where one exists.
    expect
        What a check needs beyond the reference: ``contains`` (list of strings), ``json_schema``, ``min_words``,
        ``max_words`` or ``max_characters``.
    """

    id: str
    text: str
    system: str | None = None
    reference: str | None = None
    tags: tuple[str, ...] = ()
    expect: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSet:
    """Prompts under a name; `fingerprint` is the SHA-256 of the canonical form."""

    name: str
    title: str
    prompts: tuple[Prompt, ...]
    fingerprint: str
    description: str = ""
