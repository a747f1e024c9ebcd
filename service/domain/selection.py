"""Profile, Ranking and Recommendation: how a choice is to be made, and the choice."""

from dataclasses import dataclass
from typing import Literal

from service.domain.estimates import Estimate

Use = Literal["commercial", "research", "internal"]
CriterionName = Literal[
    "quality", "latency_mean", "latency_p95", "first_token", "throughput", "memory", "disk", "licence"
]
GateStatus = Literal["pass", "fail", "unproven", "missing"]
GateName = Literal["licence", "memory", "latency_p95", "context", "quality", "errors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One dimension of the choice with its two absolute anchors, in the unit of the quantity.

    Attributes
    ----------
    zero, full
        The value that is just tolerable (utility 0) and the one beyond which more is no use (utility 1). They belong
        to the profile, never to the candidates. ``licence`` has none: its utility comes from the licence table.
    scale
        ``linear``, or ``log`` where halving always earns the same.
    """

    name: CriterionName
    weight: float
    zero: float | None = None
    full: float | None = None
    scale: Literal["linear", "log"] = "linear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A condition that no other virtue can buy off.

    `limit` is in seconds, bytes, tokens, points or a share; ``None`` for the licence gate. `facet` names the facet of
    a quality gate (``None``: the weighted mean).
    """

    name: GateName
    limit: float | None = None
    facet: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a default model must be and what counts how much."""

    name: str
    title: str
    use: Use
    gates: tuple[Gate, ...]
    criteria: tuple[Criterion, ...]
    fingerprint: str
    description: str = ""
    epsilon: float = 0.02
    confidence: float = 0.95
    unproven: Literal["caution", "refuse"] = "caution"
    tie_break: tuple[CriterionName, ...] = ("memory", "latency_p95")


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceTerms:
    """What a licence allows, from ``rubrics/licences.yaml``.

    Attributes
    ----------
    allowed
        ``yes``, ``conditional``, ``no`` or ``review`` for the use in question. An unknown licence is ``review``: it
        fails closed.
    utility
        0 to 1, how free the licence is; the licence criterion's value.
    declared, overridden, attested
        What the model's catalog or card says; why something else counts, where that is known to be wrong; and who vouches
        for a use that the terms alone do not allow. Each is ``None`` where there is none.
    """

    licence: str | None
    name: str
    allowed: Literal["yes", "conditional", "no", "review"]
    utility: float
    obligations: tuple[str, ...] = ()
    source: str = ""
    declared: str | None = None
    overridden: str | None = None
    attested: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """How one candidate met one gate; `needed` is how many more samples would settle an unproven one."""

    gate: GateName
    status: GateStatus
    reason: str
    limit: float | None = None
    measured: Estimate | None = None
    needed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionResult:
    """One candidate's value on one criterion and what it earns."""

    criterion: CriterionName
    weight: float
    measured: Estimate
    utility: float | None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One candidate's place.

    Attributes
    ----------
    rank
        1 is best; ``None`` when a gate bars it or a criterion is missing (`reason` says which).
    score
        Weighted utility, 0 to 1, with its interval.
    p_best, p_within
        Share of draws in which it is the best, and within epsilon of the best, among the eligible.
    expected_regret, regret_high
        Mean utility lost against the best of each draw, and what is lost at most in 95 of 100 draws.
    gap
        Score of the first-ranked minus its own, over the same draws; ``None`` for the first-ranked itself.
    acceptability
        P(rank 1), P(rank 2), … among the eligible.
    p_first_weights
        P(first) when the weights are uncertain too.
    """

    candidate: str
    rank: int | None
    eligible: bool
    score: Estimate
    gates: tuple[GateResult, ...]
    criteria: tuple[CriterionResult, ...]
    p_best: float | None = None
    p_within: float | None = None
    expected_regret: float | None = None
    on_front: bool | None = None
    reason: str | None = None
    gap: Estimate | None = None
    acceptability: tuple[float, ...] = ()
    p_front: float | None = None
    p_first_weights: float | None = None
    regret_high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The choice, or an honest "none".

    Attributes
    ----------
    decision
        ``model``: one is good enough and nobody else may be; ``tie``: several may be, and the declared rule chose; ``none``.
    reasons
        Sentences; every number in them is a field somewhere in the ranking.
    missing
        What would have to be measured before there is an answer.
    nearest_miss
        The candidate that came closest where none may be recommended.
    equals
        The others of a tie: choosing one of them instead may well lose nothing.
    settled_by
        What chose in a tie: the answers side by side (``pairs``), or the profile's ``rule``; ``None`` where there is none.
    """

    decision: Literal["model", "tie", "none"]
    candidate: str | None
    runner_up: str | None
    tie_set: tuple[str, ...]
    reasons: tuple[str, ...]
    cautions: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    would_change: tuple[str, ...] = ()
    nearest_miss: str | None = None
    equals: tuple[str, ...] = ()
    settled_by: Literal["pairs", "rule"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """What one criterion could change about who is first.

    Attributes
    ----------
    weight
        Its share of all weights.
    low, high
        The weight between these leaves the first-ranked first, the other weights keeping their proportions; ``None``:
        down to 0 or up to 1 nothing changes.
    low_rival, high_rival
        Who would be level with it there.
    evppi
        Utility that knowing this criterion exactly would be worth: where further measuring pays.
    """

    criterion: CriterionName
    weight: float
    low: float | None = None
    high: float | None = None
    low_rival: str | None = None
    high_rival: str | None = None
    evppi: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorMove:
    """One anchor of a criterion made smaller or larger, `factor` times itself: who is `first` then."""

    criterion: CriterionName
    anchor: Literal["zero", "full"]
    factor: float
    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetOmitted:
    """One facet that does not count in quality: who is `first` then."""

    facet: str
    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """Something to measure next, the most useful first.

    Attributes
    ----------
    criterion, gate
        What it would settle: the figure whose uncertainty matters to the choice, or a candidate's gate that is open.
    worth
        Utility that knowing the criterion exactly would be worth; ``None`` for a gate.
    needed
        How many more samples would settle the gate; ``None`` where that cannot be told.
    advice
        What to do, in a sentence.
    """

    criterion: CriterionName | None
    gate: GateName | None
    candidate: str | None
    worth: float | None
    needed: int | None
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Candidates in order with the recommendation that follows.

    Attributes
    ----------
    evpi
        Utility that knowing everything exactly would be worth, among the eligible.
    anchors, facets
        Who is first when an anchor is moved by a fifth of itself, or a facet left out.
    further
        What to measure next.
    """

    profile: str
    seed: int
    draws: int
    candidates: tuple[Ranked, ...]
    recommendation: Recommendation
    evpi: float | None = None
    sensitivity: tuple[Sensitivity, ...] = ()
    anchors: tuple[AnchorMove, ...] = ()
    facets: tuple[FacetOmitted, ...] = ()
    further: tuple[Further, ...] = ()
