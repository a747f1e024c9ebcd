"""Verdict and Qualification: what a check or a judge says of an answer, and whether the judge may say it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A score of 1 to 5 for one facet of one answer.

    Attributes
    ----------
    key
        Content address: SHA-256 over answer, prompt, reference, facet, judge prompt, judge model with its parameters
        and sample number. Equal answers share a verdict; another judge or rubric never meets it.
    by
        ``check:<kind>`` or ``judge:<model>``.
    raw
        The judge's reply as it came; ``None`` for a check.
    """

    key: str
    evaluation: str
    facet: str
    score: float
    by: str
    rationale: str | None
    sample: int
    created_at: datetime
    raw: str | None = None


Standing = Literal["qualified", "barred"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One planted degradation against its facet.

    `detected` of `tried` degraded answers scored lower than the reference answer of the same prompt; `unusable` trials
    gave no verdict.
    """

    degradation: str
    tried: int
    detected: int
    unusable: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetStanding:
    """Whether a judge's scores on one facet may decide, and why."""

    facet: str
    standing: Standing
    reason: str
    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """Result of a judge's examination.

    Attributes
    ----------
    key
        Content address of everything examined: judge model, parameters, rubric, judge prompt, planted answers.
    valid, asked
        Usable replies and replies asked for.
    spread
        Number of distinct scores the judge used over all facets and answers.
    """

    key: str
    judge: str
    asked: int
    valid: int
    spread: int
    facets: tuple[FacetStanding, ...]
    created_at: datetime

    def standing(self, facet: str) -> FacetStanding | None:
        """Return what was found for `facet`; ``None`` when it was not examined."""
        return next((found for found in self.facets if found.facet == facet), None)
