"""Wire objects about judging stored answers again."""

from service.api.comparison_replies import EstimateReply
from service.api.replies import Reply


class JudgingPlanReply(Reply, frozen=True, kw_only=True):
    """What judging again would take: verdicts that nothing changed for are taken over, not asked for."""

    answers: int
    judge_calls: int
    judge_calls_at_most: int
    qualification_calls: int
    canary_calls: int
    verdicts_wanted: int
    verdicts_taken_over: int
    cautions: list[str]


class FacetAgreementReply(Reply, frozen=True, kw_only=True):
    """One facet of two judgings; `difference` is now minus baseline in points, `same` the share of equal scores."""

    facet: str
    same_words: bool
    decides: bool
    decided: bool
    answers: int
    mean: float | None
    mean_baseline: float | None
    difference: EstimateReply
    alpha: EstimateReply
    same: EstimateReply


class JudgingComparisonReply(Reply, frozen=True, kw_only=True):
    """What one judging says against another one of the same answers."""

    evaluation: str
    baseline: str
    answers: int
    facets: list[FacetAgreementReply]
    recommended: str | None
    recommended_baseline: str | None
    order: list[str]
    order_baseline: list[str]
    changed: list[str]
