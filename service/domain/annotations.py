"""Annotation: what a person says of an answer, without knowing who gave it; and what people's scores say of the judge's."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from service.domain.estimates import Estimate

SIGNS = 24
"""Hexadecimal digits of an item's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A person's score, 1 to 5, for one facet of one answer; a later one of the same person takes its place.

    Attributes
    ----------
    item
        The answer, see `item_id`: equal answers to a prompt are one item.
    annotator
        Whatever the person calls themselves.
    """

    evaluation: str
    item: str
    facet: str
    annotator: str
    score: int
    created_at: datetime
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetAgreement:
    """How far the judge agrees with people on one facet; every `n` counts prompts.

    Attributes
    ----------
    alpha, kappa, ac2, raw, bias
        Krippendorff's alpha, weighted kappa, Gwet's AC2, share of equal scores, mean of judge minus people in points.
    confusion
        Counts: one row for each score of the people, one column for each score of the judge.
    between
        Krippendorff's alpha among people, where two of them scored the same answers.
    """

    facet: str
    items: int
    alpha: Estimate
    kappa: Estimate
    ac2: Estimate
    raw: Estimate
    bias: Estimate
    confusion: tuple[tuple[int, ...], ...]
    between: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """The quality that people would give a candidate, from their scores and the judge's.

    Attributes
    ----------
    judged, corrected
        The judge's mean, and prediction-powered inference with people's scores.
    power
        How far the judge is believed in the correction, 0 to 1.
    labelled, unlabelled
        Prompts with people's scores on every facet that decides, and those with the judge's alone.
    """

    candidate: str
    judged: Estimate
    corrected: Estimate
    power: float
    labelled: int
    unlabelled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What people's scores say.

    Attributes
    ----------
    counted
        Whether the corrected quality takes the place of the judge's; `reason` says why, or why not.
    needed
        Prompts that still have to be scored, for every candidate, before it does.
    """

    annotators: tuple[str, ...]
    items: int
    facets: tuple[FacetAgreement, ...]
    corrections: tuple[Correction, ...]
    counted: bool
    needed: int
    reason: str


def item_id(evaluation: str, prompt: str, answer: str) -> str:
    """Return the name of an answer that says nothing of who gave it.

    Examples
    --------
    >>> len(item_id("e", "p", "Lima."))
    24
    >>> item_id("e", "p", "Lima.") == item_id("e", "p", "Quito.")
    False
    """
    content = f"{evaluation}\x00{prompt}\x00{answer}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()[:SIGNS]
