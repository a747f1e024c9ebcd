"""Small evaluations to test with, built from domain objects alone."""

from collections.abc import Sequence
from datetime import UTC, datetime

from service.domain.evaluations import Evaluation, Spec, Status
from service.domain.models import Candidate, Judge, Model
from service.domain.rubrics import Facet, Prompt, PromptSet, Rubric
from service.domain.selection import Criterion, Gate, Profile

LEVELS = ("Useless.", "Poor.", "Fair.", "Good.", "Perfect.")


def rubric(*facets: Facet) -> Rubric:
    return Rubric(
        name="sample",
        title="Sample",
        facets=facets
        or (Facet(name="accuracy", question="Is it right?", levels=LEVELS, check="normalised"),),
        fingerprint="r" * 64,
    )


def prompt_set(*prompts: Prompt, count: int = 4) -> PromptSet:
    return PromptSet(
        name="sample",
        title="Sample",
        prompts=prompts
        or tuple(
            Prompt(id=f"p{n}", text=f"question {n}", reference=f"QUESTION {n}") for n in range(1, count + 1)
        ),
        fingerprint="p" * 64,
    )


def profile() -> Profile:
    return Profile(
        name="sample",
        title="Sample",
        use="commercial",
        gates=(Gate(name="licence"),),
        criteria=(
            Criterion(name="quality", weight=0.6, zero=1, full=5),
            Criterion(name="latency_p95", weight=0.4, zero=10, full=0.001, scale="log"),
        ),
        fingerprint="s" * 64,
    )


def evaluation(
    *models: str,
    judges: Sequence[Judge] = (),
    rounds: int = 2,
    passes: int = 1,
    warmup: int = 0,
    prompts: PromptSet | None = None,
    facets: Rubric | None = None,
    deadline: float = 5.0,
    identity: str = "0190a000-0000-7000-8000-000000000001",
) -> Evaluation:
    names = models or ("echo",)
    return Evaluation(
        id=identity,
        name="sample",
        spec=Spec(
            candidates=tuple(Candidate(name=name, model=name, max_tokens=32) for name in names),
            judges=tuple(judges),
            models=tuple(
                Model(name=name, source="directory", path="/nowhere", licence="MIT")
                for name in (*names, *(judge.model for judge in judges))
            ),
            rubric=facets or rubric(),
            prompt_set=prompts or prompt_set(),
            profile=profile(),
            use="commercial",
            rounds=rounds,
            passes=passes,
            warmup=warmup,
            deadline=deadline,
        ),
        status=Status.QUEUED,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
