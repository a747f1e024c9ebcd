"""Wire objects, part six: the ranking, five figures of each candidate first, the rest where it is asked for."""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from service.api.comparison_replies import EstimateReply
from service.api.replies import Reply
from service.domain.canaries import CanaryFinding
from service.domain.pairs import SideBySide
from service.domain.selection import CriterionName, GateName, GateStatus, Use


class Sparse(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something whose unasked parts are left out."""


class CriterionTerms(Reply, frozen=True, kw_only=True):
    """One criterion of the profile: its share of all weights and its anchors, in base units."""

    criterion: CriterionName
    weight: float
    zero: float | None
    full: float | None
    scale: Literal["linear", "log"] | None


class GateTerms(Reply, frozen=True, kw_only=True):
    """One gate of the profile, its limit in base units."""

    gate: GateName
    limit: float | None
    facet: str | None


class TermsReply(Reply, frozen=True, kw_only=True):
    """What the ranking was made by: the profile with every change that was asked for."""

    profile: str
    fingerprint: str
    use: Use
    criteria: list[CriterionTerms]
    gates: list[GateTerms]
    epsilon: float
    confidence: float
    unproven: Literal["caution", "refuse"]
    tie_break: list[CriterionName]


class ChoiceReply(Reply, frozen=True, kw_only=True):
    """The recommendation that follows from the ranking."""

    decision: Literal["model", "tie", "none"]
    candidate: str | None
    runner_up: str | None
    tie_set: list[str]
    reasons: list[str]
    cautions: list[str]
    obligations: list[str]
    missing: list[str]
    would_change: list[str]
    nearest_miss: str | None
    equals: list[str]
    settled_by: Literal["pairs", "rule"] | None


class LicenceReply(Reply, frozen=True, kw_only=True):
    """The licence, and whether it allows the use."""

    licence: str | None
    allowed: Literal["yes", "conditional", "no", "review"]


class GateReply(Reply, frozen=True, kw_only=True):
    """How a candidate met a gate; `needed` is how many more samples would settle an open one."""

    gate: GateName
    status: GateStatus
    reason: str
    limit: float | None
    measured: EstimateReply | None
    needed: int | None


class CriterionReply(Reply, frozen=True, kw_only=True):
    """What a candidate measured on a criterion, and what that earns, 0 to 1."""

    criterion: CriterionName
    weight: float
    measured: EstimateReply
    utility: float | None
    note: str | None


class ChancesReply(Reply, frozen=True, kw_only=True):
    """How sure its place is, over draws from the measurements; null for a candidate that is not ranked."""

    p_best: float | None
    p_within: float | None
    expected_regret: float | None
    regret_high: float | None
    gap: EstimateReply | None
    acceptability: list[float]
    on_front: bool | None
    p_front: float | None
    p_first_weights: float | None


class RankedReply(Sparse, frozen=True, kw_only=True, omit_defaults=True):
    """One candidate: score, quality, p95 latency, memory and licence; `rank` is null where it may not be recommended."""

    rank: int | None
    candidate: str
    eligible: bool
    reason: str | None
    score: EstimateReply
    quality: EstimateReply | None
    latency_p95_seconds: EstimateReply | None
    memory_bytes: EstimateReply | None
    licence: LicenceReply | None
    figures: dict[str, Any] | UnsetType | None = UNSET
    chances: ChancesReply | UnsetType = UNSET
    gates: list[GateReply] | UnsetType = UNSET
    criteria: list[CriterionReply] | UnsetType = UNSET


class WeightReply(Reply, frozen=True, kw_only=True):
    """Between `low` and `high` the first stays first; `evppi` is what knowing the criterion exactly would be worth."""

    criterion: CriterionName
    weight: float
    low: float | None
    high: float | None
    low_rival: str | None
    high_rival: str | None
    evppi: float | None


class AnchorReply(Reply, frozen=True, kw_only=True):
    """Who is first when an anchor is `factor` times itself."""

    criterion: CriterionName
    anchor: Literal["zero", "full"]
    factor: float
    first: str


class FacetReply(Reply, frozen=True, kw_only=True):
    """Who is first when a facet does not count."""

    facet: str
    first: str


class FurtherReply(Reply, frozen=True, kw_only=True):
    """What to measure next: a criterion that matters to the choice, or an open gate of a candidate."""

    criterion: CriterionName | None
    gate: GateName | None
    candidate: str | None
    worth: float | None
    needed: int | None
    advice: str


class SensitivityReply(Reply, frozen=True, kw_only=True):
    """What would put another candidate first."""

    evpi: float | None
    weights: list[WeightReply]
    anchors: list[AnchorReply]
    facets: list[FacetReply]
    further: list[FurtherReply]


class EvidenceReply(Reply, frozen=True, kw_only=True):
    """What the quality of a candidate rests on, and the least difference to the first that would have shown."""

    candidate: str
    scored: int
    prompts: int
    worst: EstimateReply
    best: EstimateReply
    against: str | None
    difference: EstimateReply | None
    minimum_detectable: float | None


class StandingReply(Reply, frozen=True, kw_only=True):
    """Whether a judge's scores on a facet may decide."""

    facet: str
    standing: Literal["qualified", "form_only", "barred"]
    reason: str


class JudgeStandingReply(Reply, frozen=True, kw_only=True):
    """What came of a judge's examination."""

    judge: str
    usable: int | None
    asked: int | None
    facets: list[StandingReply]
    canaries: list[CanaryFinding]
    reason: str | None


class EvidencesReply(Reply, frozen=True, kw_only=True):
    """What the ranking rests on; `side_by_side` is null where no candidates that are tied were compared."""

    candidates: list[EvidenceReply]
    judges: list[JudgeStandingReply]
    side_by_side: SideBySide | None


class RankingReply(Sparse, frozen=True, kw_only=True, omit_defaults=True):
    """The ranking by these terms, from stored rows: the best first, those that a gate bars last."""

    evaluation: str
    status: str
    terms: TermsReply
    seed: int
    draws: int
    recommendation: ChoiceReply
    candidates: list[RankedReply]
    sensitivity: SensitivityReply | UnsetType = UNSET
    evidence: EvidencesReply | UnsetType = UNSET
