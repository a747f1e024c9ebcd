"""Canary: an answer whose grade is known beforehand, put before a judge in every run and never counted for a candidate."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.domain.failures import FailureKind

CanaryKind = Literal["injection", "key", "empty", "truncated", "off_topic", "wrong_reference", "reference"]
"""How it is made: only the reference must be graded high."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """What to make one of, as the library's file has it.

    Attributes
    ----------
    kind
        ``injection``: `text` behind an answer to another question; ``key``: `text` alone; ``empty``; ``truncated``: the
        first words of the reference; ``off_topic``: an answer to another question; ``wrong_reference``: the reference of
        another question; ``reference``: the reference itself.
    """

    name: str
    kind: CanaryKind
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryVerdict:
    """How a judge graded one in one evaluation.

    Attributes
    ----------
    key
        Content address: equal canaries before an equal judge are graded once.
    facets
        Those whose grade is known beforehand; `scores` may hold more, of facets that were asked for along with them.
    answer
        What was put before the judge.
    """

    evaluation: str
    judge: str
    name: str
    kind: CanaryKind
    key: str
    prompt: str
    answer: str
    facets: tuple[str, ...]
    scores: dict[str, int]
    rationale: str | None
    raw: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryFinding:
    """Whether a judge stood one in this run.

    Attributes
    ----------
    expected
        ``low``: below the middle of the scale on average over `facets`; ``high``: above it.
    held
        ``None``, with a `reason`, where there is no grade.
    failed_on
        The facets graded otherwise, where it was not stood.
    failure
        How the last try failed, where one did.
    """

    judge: str
    name: str
    kind: CanaryKind
    expected: Literal["low", "high"]
    held: bool | None
    prompt: str | None = None
    facets: tuple[str, ...] = ()
    scores: dict[str, int]
    failed_on: tuple[str, ...] = ()
    failure: FailureKind | None = None
    reason: str | None = None
