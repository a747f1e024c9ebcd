"""Wire objects, part two: what the service answers about evaluations, and about itself."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from service.domain.verdicts import Expected


class Reply(Struct, frozen=True, kw_only=True):
    """Something that the service answers."""


class Named(Reply, frozen=True, kw_only=True):
    """A file by name, with the fingerprint of what it said when it was read."""

    name: str
    title: str
    fingerprint: str


class CandidateReply(Reply, frozen=True, kw_only=True):
    """A candidate as it was accepted."""

    name: str
    model: str
    temperature: float
    max_tokens: int
    system: str | None


class JudgeReply(Reply, frozen=True, kw_only=True):
    """A judge as it was accepted: `samples` grades of each answer, and up to `max_samples` where more of them decide."""

    model: str
    template: str
    mode: str
    temperature: float
    max_tokens: int
    thinking_tokens: int | None
    examination: str
    samples: int
    max_samples: int | None
    scoring: str


class StopReply(Reply, frozen=True, kw_only=True):
    """When judging may end before all is judged."""

    confidence: float
    batch: int


class ProgressReply(Reply, frozen=True, kw_only=True):
    """How far it is; `share` runs from 0 to 1 over answers and verdicts wanted.

    `seconds_left` is null with a reason while nothing is known of a model's speed on the device. `prompts_judged` is set
    where judging goes in batches or ended early, and `notes` say what that saved; `shortfalls` what the time budget left no
    time for, `not_reached` the answers that each candidate lacks for that reason.
    """

    stage: str
    share: float
    answers_wanted: int
    answers_kept: int
    answers_failed: int
    verdicts_wanted: int
    verdicts_kept: int
    verdicts_failed: int
    loads: int
    seconds_left: float | None = None
    seconds_left_reason: str | None = None
    prompts_judged: int | None = None
    notes: list[str] = []
    shortfalls: list[str] = []
    not_reached: dict[str, int] = {}


class EvaluationReply(Reply, frozen=True, kw_only=True):
    """One evaluation. `progress` is left out of lists; `answers_of` is set where it judges another one's answers."""

    id: str
    name: str
    labels: list[str]
    status: str
    reason: str | None
    attempt: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    candidates: list[CandidateReply]
    judges: list[JudgeReply]
    rubric: Named
    prompt_set: Named
    prompts: int
    profile: Named
    use: str
    device: str
    rounds: int
    passes: int
    warmup: int
    seed: int
    deadline: float
    answers_of: str | None
    pairwise: Literal["auto", "off"]
    cautions: list[str]
    links: dict[str, str]
    stop_when: StopReply | None = None
    time_budget: float | None = None
    progress: ProgressReply | None = None


class EvaluationPage(Reply, frozen=True, kw_only=True):
    """Evaluations, newest first; `next_cursor` is null on the last page."""

    items: list[EvaluationReply]
    next_cursor: str | None


class PlanReply(Reply, frozen=True, kw_only=True):
    """What an evaluation would do; nothing was stored and nothing runs.

    `judge_calls_at_most` counts the samples too that judges may be asked for where more of them decide.
    Where judging may stop early, `judge_calls_at_least` are made before it may.
    `pair_calls_at_most` are made only where candidates are tied in the end.
    """

    candidate_calls: int
    judge_calls: int
    judge_calls_at_most: int
    qualification_calls: int
    canary_calls: int
    warmup_calls: int
    loads: int
    prompt_tokens: int
    completion_tokens_at_most: int
    pair_calls_at_most: int
    expected_seconds: float | None
    basis: str
    judge_calls_at_least: int | None
    cautions: list[str]


class ItemReply(Reply, frozen=True, kw_only=True, rename={"pass_": "pass"}):
    """One answer with what was said of it.

    `votes` are the judges' scores, each the mean of its samples; `distribution` says how many of them gave 1, 2, 3, 4 and 5,
    where a judge may grade an answer more than once, and `expectations` what the probabilities of its tokens come to, where
    its endpoint tells them. `first_visible_seconds` is the time to the first text that is not reasoning; `hidden_tokens` of
    the completion never arrived, and rates leave them out; `server_reported` is the server's own word, in its own units,
    beside what was measured.
    """

    candidate: str
    prompt: str
    pass_: int
    round: int
    question: str
    answer: str
    reference: str | None
    finish: str
    scores: dict[str, float]
    by: dict[str, str]
    rationale: str | None
    first_token_seconds: float | None
    latency_seconds: float | None
    completion_tokens: int | None
    hidden_tokens: int
    decode_rate: float | None
    workshop_rate: float | None
    votes: dict[str, dict[str, float]]
    first_visible_seconds: float | None
    server_reported: dict[str, float]
    distribution: dict[str, dict[str, tuple[int, int, int, int, int]]]
    expectations: dict[str, dict[str, Expected]]


class Source(Reply, frozen=True, kw_only=True):
    """The evaluation that a recommendation rests on."""

    id: str
    name: str
    finished_at: datetime | None


class RecommendationReply(Reply, frozen=True, kw_only=True):
    """The default model, or an honest "none".

    `stale` lists what changed since the evaluation; `age_seconds` is the time since it ended.
    """

    decision: Literal["model", "tie", "none"]
    candidate: str | None
    model: str | None
    runner_up: str | None
    tie_set: list[str]
    reasons: list[str]
    cautions: list[str]
    obligations: list[str]
    missing: list[str]
    would_change: list[str]
    nearest_miss: str | None
    equals: list[str]
    evaluation: Source | None
    profile: str | None
    use: str | None
    device: str | None
    age_seconds: float | None
    stale: list[str]


class Live(Reply, frozen=True, kw_only=True):
    """The process answers."""

    status: Literal["alive"]
    version: str


class Ready(Reply, frozen=True, kw_only=True):
    """The service can do its work."""

    status: Literal["ready"]
    version: str
    checks: dict[str, str]


class Index(Reply, frozen=True, kw_only=True, rename={"try_": "try"}):
    """Where to go from here."""

    service: str
    version: str
    links: dict[str, str]
    try_: list[str]


class ItemPage(Reply, frozen=True, kw_only=True):
    """Answers in canonical order; `next_cursor` is null on the last page."""

    items: list[ItemReply]
    next_cursor: str | None
