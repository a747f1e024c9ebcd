"""Findings: everything about one evaluation that a ranking or report is made from, recomputed from stored rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.domain.annotations import People
from service.domain.canaries import CanaryFinding
from service.domain.evaluations import Evaluation, Progress
from service.domain.judged import JudgeBias, Outcomes
from service.domain.measurements import CandidateScores, Evidence
from service.domain.pairs import SideBySide
from service.domain.responses import Attempt, Load
from service.domain.selection import Profile, Ranking
from service.domain.stopping import Look
from service.domain.verdicts import Expected, Qualification


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One answer with what was said of it.

    Attributes
    ----------
    scores
        Facet to score; a facet without a verdict is absent.
    rationale
        The judge's reason, where there is one.
    by
        Facet to ``check:<kind>``, ``judge:<model>`` or ``jury:<model>+<model>``.
    votes
        Facet to judge to score, of all judges: those whose votes count and those whose do not. A judge's vote is the mean
        of its samples.
    distribution
        Facet to judge to how many of its samples gave 1, 2, 3, 4 and 5, for judges that may grade an answer more than once.
    expectations
        Facet to judge to the level that its probabilities come to, the mean of its samples, or the reason why there is none;
        for judges whose endpoint tells probabilities.
    first_visible_seconds
        To the first text that is not reasoning, where the runner tells them apart.
    server_reported
        The server's own timings and counts, under its own names and in its own units.
    hidden_tokens
        Tokens of `completion_tokens` that never arrived, as in `responses.Timing`: rates leave them out.
    """

    candidate: str
    prompt: str
    question: str
    pass_number: int
    round_number: int
    answer: str
    finish: str
    reference: str | None
    scores: dict[str, float]
    by: dict[str, str]
    rationale: str | None
    first_token_seconds: float | None
    latency_seconds: float | None
    completion_tokens: int | None
    decode_rate: float | None = None
    workshop_rate: float | None = None
    votes: dict[str, dict[str, float]] = field(default_factory=dict)
    first_visible_seconds: float | None = None
    server_reported: Mapping[str, float] = field(default_factory=dict)
    distribution: dict[str, dict[str, tuple[int, int, int, int, int]]] = field(default_factory=dict)
    hidden_tokens: int = 0
    expectations: dict[str, dict[str, Expected]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is known of an evaluation now; complete once it has succeeded.

    Attributes
    ----------
    profile
        What the ranking was made by, with the use that the licence had to allow.
    samples
        The candidates' answers to the few most telling prompts, prompt by prompt, for the report.
    side_by_side
        What came of comparing candidates that are tied; ``None`` where none were compared.
    """

    evaluation: Evaluation
    progress: Progress
    scores: tuple[CandidateScores, ...]
    ranking: Ranking
    profile: Profile
    qualifications: tuple[Qualification, ...]
    loads: tuple[Load, ...]
    attempts: tuple[Attempt, ...]
    samples: tuple[Item, ...]
    version: str
    evidence: tuple[Evidence, ...] = ()
    people: People | None = None
    looks: tuple[Look, ...] = ()
    outcomes: tuple[Outcomes, ...] = ()
    bias: tuple[JudgeBias, ...] = ()
    canaries: tuple[CanaryFinding, ...] = ()
    side_by_side: SideBySide | None = None
