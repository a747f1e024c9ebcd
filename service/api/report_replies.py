"""Wire objects, part seven: the JSON report. What is a domain object already is described as that."""

from datetime import datetime
from typing import Literal

from msgspec import Struct, field

from service.api.ranking_replies import TermsReply
from service.domain.annotations import People
from service.domain.canaries import CanaryFinding
from service.domain.estimates import Estimate
from service.domain.evaluations import Progress
from service.domain.judged import JudgeBias, Outcomes
from service.domain.measurements import Evidence
from service.domain.pairs import SideBySide
from service.domain.selection import (
    AnchorMove,
    FacetOmitted,
    Further,
    LicenceTerms,
    Ranked,
    Recommendation,
    Sensitivity,
)
from service.domain.verdicts import Expected, Qualification


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the report."""


class ReportedEvaluation(Part, frozen=True, kw_only=True):
    """Which evaluation it is about, and where that stood."""

    id: str
    name: str
    status: str
    reason: str | None
    attempt: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ReportedFile(Part, frozen=True, kw_only=True):
    """A file by name, with the fingerprint of what it said."""

    name: str
    title: str
    fingerprint: str


class ReportedPrompts(ReportedFile, frozen=True, kw_only=True):
    """The prompt set, and how many prompts it has."""

    prompts: int


class ReportedInputs(Part, frozen=True, kw_only=True):
    """What was asked for."""

    rubric: ReportedFile
    prompt_set: ReportedPrompts
    profile: ReportedFile
    use: str
    device: str
    rounds: int
    passes: int
    warmup: int
    seed: int
    deadline_seconds: float


class ReportedRanking(Part, frozen=True, kw_only=True):
    """The ranking: candidates in order of rank, then the barred ones."""

    profile: str
    terms: TermsReply
    seed: int
    draws: int
    candidates: list[Ranked]
    evpi: float | None
    sensitivity: list[Sensitivity]
    anchors: list[AnchorMove]
    facets: list[FacetOmitted]
    further: list[Further]
    evidence: list[Evidence]


class ReportedModel(Part, frozen=True, kw_only=True):
    """The model of a candidate."""

    name: str
    source: str
    family: str | None
    version: str | None
    licence: str | None
    capabilities: list[str]
    context: int | None
    description: str


class ReportedParameters(Part, frozen=True, kw_only=True):
    """What a candidate was asked with."""

    temperature: float
    max_tokens: int
    system: str | None


class ReportedFailure(Part, frozen=True, kw_only=True):
    """Failed tries of one sort."""

    stage: str
    kind: str
    message: str
    times: int
    given_up: int


class ReportedLoad(Part, frozen=True, kw_only=True, rename={"pass_": "pass"}):
    """One process that held the model."""

    pass_: int
    seconds: float
    started_at: datetime
    model_id: str
    device: str
    runtime: str
    context: int | None
    cold_first_token_seconds: float | None
    cold_latency_seconds: float | None
    warmups: int
    model_resident_bytes: int | None
    process_peak_bytes: int | None
    memory_method: str | None


class ReportedLoads(Part, frozen=True, kw_only=True):
    """Every load, and why there are more than planned."""

    count: int
    note: str | None
    each: list[ReportedLoad]


class Coverage(Part, frozen=True, kw_only=True):
    """How many answers were wanted and what became of them."""

    expected: int
    answered: int
    failed: int
    truncated: int


class ReportedFacet(Part, frozen=True, kw_only=True):
    """One facet's mean; `decides` is false where the judge did not qualify for it."""

    facet: str
    weight: float
    estimate: Estimate
    scored: int
    expected: int
    decides: bool
    note: str | None
    disagreement: float | None


class ReportedQuality(Part, frozen=True, kw_only=True):
    """Mean score, prompt by prompt and facet by facet."""

    estimate: Estimate
    by_prompt: dict[str, float | None]
    facets: list[ReportedFacet]


class ReportedLatency(Part, frozen=True, kw_only=True):
    """From handing the request over to the last text."""

    mean: Estimate
    p50: Estimate
    p95: Estimate
    p99: Estimate
    minimum: float | None
    maximum: float | None
    n: int
    effective_n: float | None
    p95_provisional: bool
    outliers: int
    drift: str | None


class ReportedThroughput(Part, frozen=True, kw_only=True):
    """Tokens per second, each way of counting under its own name."""

    decode_after_first_token: Estimate
    end_to_end: Estimate
    prompt_and_completion_over_latency: Estimate


class ReportedMemory(Part, frozen=True, kw_only=True):
    """What the model adds, and what its process had at most."""

    model_resident: Estimate
    process_peak: Estimate


class Measured(Part, frozen=True, kw_only=True):
    """Every figure of a candidate."""

    coverage: Coverage
    quality: ReportedQuality
    latency_seconds: ReportedLatency
    first_token_seconds: Estimate
    first_visible_seconds: Estimate | None
    throughput_tokens_per_second: ReportedThroughput
    memory_bytes: ReportedMemory
    disk_bytes: Estimate
    load_seconds: Estimate
    cold_first_token_seconds: Estimate
    context_tokens: int | None
    licence: LicenceTerms
    server_reported: dict[str, Estimate]


class ReportedCandidate(Part, frozen=True, kw_only=True):
    """One candidate; `measured` is null with a reason before anything was measured."""

    name: str
    model: ReportedModel
    parameters: ReportedParameters
    measured: Measured | None
    reason: str | None
    loads: ReportedLoads
    failures: list[ReportedFailure]


class ReportedTemplate(Part, frozen=True, kw_only=True):
    """The template of a judge."""

    name: str
    fingerprint: str | None


class ReportedJudge(Part, frozen=True, kw_only=True):
    """One judge and its examination; null with a reason before it was examined."""

    model: str
    version: str | None
    template: ReportedTemplate
    mode: str
    qualification: Qualification | None
    reason: str | None


class ReportedAnswer(Part, frozen=True, kw_only=True, rename={"pass_": "pass"}):
    """One answer with what was said of it."""

    candidate: str
    prompt: str
    question: str
    pass_: int
    round: int
    answer: str
    finish: str
    reference: str | None
    scores: dict[str, float]
    by: dict[str, str]
    rationale: str | None
    first_token_seconds: float | None
    latency_seconds: float | None
    completion_tokens: int | None
    decode_rate: float | None
    workshop_rate: float | None
    votes: dict[str, dict[str, float]]
    first_visible_seconds: float | None
    server_reported: dict[str, float]
    distribution: dict[str, dict[str, tuple[int, int, int, int, int]]]
    expectations: dict[str, dict[str, Expected]]
    hidden_tokens: int


class ReportReply(Part, frozen=True, kw_only=True):
    """Everything of one evaluation. What is null has its reason beside it."""

    schema_: Literal["slm-judge/report/1"] = field(name="schema")
    version: str
    evaluation: ReportedEvaluation
    inputs: ReportedInputs
    progress: Progress
    recommendation: Recommendation
    ranking: ReportedRanking
    candidates: list[ReportedCandidate]
    judges: list[ReportedJudge]
    outcomes: list[Outcomes]
    canaries: list[CanaryFinding]
    bias: list[JudgeBias]
    people: People | None
    side_by_side: SideBySide | None
    samples: list[ReportedAnswer]
    failures: list[ReportedFailure]
    notes: dict[str, str]
