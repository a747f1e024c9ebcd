"""Wire objects, part four: what a comparison answers."""

from typing import Literal

from service.api.replies import Reply
from service.domain.comparisons import Kind, Outcome, Verdict


class EstimateReply(Reply, frozen=True, kw_only=True):
    """A value with its interval; what is null has its reason."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    reason: str | None


class ComparedReply(Reply, frozen=True, kw_only=True):
    """One figure of both sides.

    `effect` is a difference in `unit`, or a ratio of the first over the second; `minimum_detectable` is the difference, or
    the share by which the ratio leaves 1, that would have been seen four times in five.
    """

    figure: str
    unit: Literal["points", "seconds", "rate", "bytes", "share"]
    candidate: float | None
    against: float | None
    kind: Kind
    effect: EstimateReply
    margin: float
    verdict: Verdict
    minimum_detectable: float | None
    p_value: float | None
    p_adjusted: float | None
    note: str | None


class MatchReply(Reply, frozen=True, kw_only=True):
    """One candidate against another one, or against itself in the baseline."""

    candidate: str
    against: str
    verdict: Outcome
    figures: list[ComparedReply]


class ComparisonReply(Reply, frozen=True, kw_only=True):
    """What an evaluation says against its baseline; for two candidates of one evaluation both ids are the same."""

    evaluation: str
    baseline: str
    verdict: Outcome
    matches: list[MatchReply]
    changed: list[str]
    cautions: list[str]
