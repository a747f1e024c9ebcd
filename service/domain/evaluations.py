"""Evaluation, Plan and Progress: what was asked of the service and how far it got."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.domain.canaries import Canary
from service.domain.models import Candidate, Judge, Model
from service.domain.rubrics import Facet, PromptSet, Rubric
from service.domain.selection import Profile, Use
from service.domain.stopping import StopWhen
from service.domain.templates import JudgeTemplate


class Status(StrEnum):
    """Where an evaluation stands."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    PAUSING = "pausing"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Whether nothing more will happen: a paused one can go on."""
        return self in {Status.SUCCEEDED, Status.FAILED, Status.CANCELLED}

    @property
    def at_rest(self) -> bool:
        """Whether nothing happens by itself."""
        return self.over or self is Status.PAUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """Everything an evaluation needs, frozen when it was accepted: later edits of files do not touch it.

    Attributes
    ----------
    models
        The models of the candidates and judges as they were found, by name.
    templates
        The judges' templates.
    rounds
        How often each candidate gets each prompt in one pass.
    warmup
        Discarded requests before timing, per load.
    deadline
        Seconds one call may take.
    source
        The evaluation whose answers this one took over, to judge them again; ``None``: it asks its candidates itself.
    contexts
        The facets that a judge with the mode ``joint`` is asked for together, where that is not simply all of them: judged
        again with some facets changed, the others keep the grades they were given beside the facets as they were. A facet
        belongs to the first context that has it in the same words.
    canaries
        Answers of known grade that each judge grades along with the candidates'; none where nobody wants them.
    stop_when
        When judging may stop before its end; ``None``: it judges everything.
    time_budget
        Seconds of work, pauses left out, after which nobody is asked any more; ``None``: as long as it takes.
    pairs
        What a judge is told that compares the answers of candidates that are tied; ``None``: none are compared.
    """

    candidates: tuple[Candidate, ...]
    judges: tuple[Judge, ...]
    models: tuple[Model, ...]
    rubric: Rubric
    prompt_set: PromptSet
    profile: Profile
    use: Use
    templates: tuple[JudgeTemplate, ...] = ()
    device: str = "local"
    rounds: int = 3
    passes: int = 1
    warmup: int = 2
    seed: int = 1
    deadline: float = 120.0
    source: str | None = None
    canaries: tuple[Canary, ...] = ()
    contexts: tuple[tuple[Facet, ...], ...] = ()
    stop_when: StopWhen | None = None
    time_budget: float | None = None
    pairs: JudgeTemplate | None = None

    def drawn_order(self) -> tuple[str, ...]:
        """Return the ids of all prompts in an order drawn by the seed: however many of the first are a fair sample."""

        def place(prompt: str) -> tuple[bytes, str]:
            return hashlib.sha256(f"{self.seed}\0{prompt}".encode()).digest(), prompt

        return tuple(sorted((prompt.id for prompt in self.prompt_set.prompts), key=place))

    def model(self, name: str) -> Model:
        """Return the model called `name`; ``KeyError`` when the evaluation does not know it."""
        for model in self.models:
            if model.name == name:
                return model
        raise KeyError(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One accepted request and its state; `labels` are words of its owner's, in order, to find it by."""

    id: str
    name: str
    spec: Spec
    status: Status
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempt: int = 1
    reason: str | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an evaluation will do, before anything runs.

    Attributes
    ----------
    judge_calls, judge_calls_at_most
        Grades asked for in any case, and with all samples that judges may be asked for where more of them decide.
    judge_calls_at_least
        Those before judging may stop; ``None`` where it goes to its end.
    canary_calls
        Those about answers of known grade, at most.
    expected_seconds
        ``None`` with a `basis` that says why, when nothing is known about the models' speed.
    pair_calls_at_most
        Made only where candidates are tied in the end: for a tie of as many as are compared.
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
    expected_seconds: float | None
    basis: str
    judge_calls_at_least: int | None = None
    cautions: tuple[str, ...] = ()
    pair_calls_at_most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it is: answers and verdicts wanted, kept and given up.

    Until all answers are there, `verdicts_wanted` counts them as if no two were equal; equal ones are judged once.
    `seconds_left` is ``None`` with a reason where nothing is known of a model's speed, and without one where nothing is
    left to foresee.

    Attributes
    ----------
    prompts_judged
        Prompts that all candidates' answers were judged on, where judging goes in batches or ended early.
    notes, shortfalls
        Sentences: what was saved, and what the time budget left no time for.
    not_reached
        Candidates with the answers that each lacks for want of time.
    """

    answers_wanted: int
    answers_kept: int
    answers_failed: int
    verdicts_wanted: int
    verdicts_kept: int
    verdicts_failed: int
    loads: int
    stage: str
    seconds_left: float | None = None
    seconds_left_reason: str | None = None
    prompts_judged: int | None = None
    notes: tuple[str, ...] = ()
    shortfalls: tuple[str, ...] = ()
    not_reached: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What judging stored answers again would take, before anything runs.

    Attributes
    ----------
    judge_calls, judge_calls_at_most
        Questions to the judges, asking again left out; and with all samples that may be asked for where they decide.
    verdicts_taken_over
        Of the `verdicts_wanted` those that exist already, since nothing that could change them did.
    """

    answers: int
    judge_calls: int
    judge_calls_at_most: int
    qualification_calls: int
    canary_calls: int
    verdicts_wanted: int
    verdicts_taken_over: int
