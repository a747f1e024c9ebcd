"""Wire objects, part seven: what people are asked to score, and what their scores say."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from service.api.comparison_replies import EstimateReply
from service.api.replies import Reply
from service.api.wire import Request, Text

Person = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]


class ScoreRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One score for one facet of one answer."""

    item: Text
    facet: Text
    score: Annotated[int, Meta(ge=1, le=5)]
    note: Annotated[str, Meta(max_length=2000)] | None = None


class AnnotationsRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one person says of some answers."""

    annotator: Person
    scores: Annotated[list[ScoreRequest], Meta(min_length=1, max_length=20_000)]


class AskedFacet(Reply, frozen=True, kw_only=True):
    """A facet with its question and what an answer of each level, 1 to 5, is like."""

    facet: str
    question: str
    levels: list[str]


class TaskReply(Reply, frozen=True, kw_only=True):
    """One answer to score; nothing says who gave it."""

    item: str
    prompt: str
    question: str
    system: str | None
    reference: str | None
    answer: str


class TasksReply(Reply, frozen=True, kw_only=True):
    """What one person may score next, the most useful first; `left` counts all that is left to them."""

    facets: list[AskedFacet]
    items: list[TaskReply]
    left: int


class KeptReply(Reply, frozen=True, kw_only=True):
    """How many scores were kept."""

    kept: int


class AnnotationReply(Reply, frozen=True, kw_only=True):
    """One score of one person."""

    item: str
    facet: str
    annotator: str
    score: int
    note: str | None
    created_at: datetime


class AnnotationList(Reply, frozen=True, kw_only=True):
    """All scores of people, ordered by answer, facet and person."""

    items: list[AnnotationReply]


class FacetAgreementReply(Reply, frozen=True, kw_only=True):
    """How far the judge agrees with people on a facet; `confusion` has a row for each score of the people."""

    facet: str
    items: int
    alpha: EstimateReply
    kappa: EstimateReply
    ac2: EstimateReply
    raw: EstimateReply
    bias: EstimateReply
    confusion: list[list[int]]
    between: EstimateReply


class CorrectionReply(Reply, frozen=True, kw_only=True):
    """The quality of a candidate as the judge sees it, and as people would."""

    candidate: str
    judged: EstimateReply
    corrected: EstimateReply
    power: float
    labelled: int
    unlabelled: int


class AgreementReply(Reply, frozen=True, kw_only=True):
    """What people's scores say; `counted`: the corrected quality is what the ranking uses."""

    annotators: list[str]
    items: int
    facets: list[FacetAgreementReply]
    corrections: list[CorrectionReply]
    counted: bool
    needed: int
    reason: str
