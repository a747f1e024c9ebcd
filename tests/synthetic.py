"""Evaluations made of rows with a known truth: what each candidate would score and how fast it would be, forever asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import numpy as np

from service import resources
from service.domain.evaluations import Evaluation, Spec, Status
from service.domain.models import Candidate, Judge, Memory, Model
from service.domain.responses import Load, Response, Slot, Timing
from service.domain.rubrics import Facet, Prompt, PromptSet, Rubric
from service.domain.selection import Profile
from service.domain.templates import JudgeTemplate
from service.domain.verdicts import FacetStanding, Qualification, Verdict
from service.gathering import Rows, work_of
from service.library import Folders, Library

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LEVELS = ("Useless.", "Poor.", "Fair.", "Good.", "Perfect.")
JUDGE = "judge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a candidate is like.

    Attributes
    ----------
    quality
        Mean of the latent score of each facet, before it is rounded to a level.
    latency
        Median seconds to the last text; `spread` is the standard deviation of its logarithm.
    memory
        Bytes that the model adds, which is its process's peak and its size on disk too.
    """

    name: str
    quality: float
    latency: float
    memory: float
    spread: float = 0.3
    licence: str | None = "MIT"


@cache
def template() -> JudgeTemplate:
    folders = Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts"))
    return Library(folders).judge_template("joint")


def evaluation(
    truths: Sequence[Truth], *, profile: Profile, prompts: int, rounds: int, facets: int, seed: int = 1
) -> Evaluation:
    """Return an evaluation that has succeeded."""
    models = [
        Model(
            name=one.name,
            source="directory",
            path="/nowhere",
            licence=one.licence,
            version="1",
            disk_bytes=round(one.memory),
        )
        for one in truths
    ]
    return Evaluation(
        id="01936b00-0000-7000-8000-000000000001",
        name="synthetic",
        spec=Spec(
            candidates=tuple(Candidate(name=one.name, model=one.name) for one in truths),
            judges=(Judge(model=JUDGE),),
            models=(*models, Model(name=JUDGE, source="directory", licence="MIT", version="1")),
            rubric=Rubric(
                name="synthetic",
                title="Synthetic",
                facets=tuple(
                    Facet(name=f"facet-{at}", question="Is it right?", levels=LEVELS) for at in range(facets)
                ),
                fingerprint="r" * 64,
            ),
            prompt_set=PromptSet(
                name="synthetic",
                title="Synthetic",
                prompts=tuple(
                    Prompt(id=f"p{at:04d}", text=f"Question {at}?", reference=f"Answer {at}.")
                    for at in range(prompts)
                ),
                fingerprint="p" * 64,
            ),
            profile=profile,
            use=profile.use,
            templates=(template(),),
            rounds=rounds,
            seed=seed,
        ),
        status=Status.SUCCEEDED,
        created_at=NOON,
        started_at=NOON,
        finished_at=NOON,
    )


def rows(
    of: Evaluation,
    truths: Sequence[Truth],
    rng: np.random.Generator,
    *,
    hard: float = 0.6,
    noise: float = 0.6,
    length: int = 40,
) -> Rows:
    """Return the answers and verdicts of one run.

    Parameters
    ----------
    hard
        Standard deviation, over prompts, of how hard a prompt is for everybody.
    noise
        Standard deviation, over answers and facets, of what is left.
    length
        Signs of an answer.
    """
    spec = of.spec
    prompts = [prompt.id for prompt in spec.prompt_set.prompts]
    facets = [facet.name for facet in spec.rubric.facets]
    difficulty = rng.normal(0, hard, len(prompts))
    slow = rng.normal(0, 0.1, len(prompts))
    answers: list[Response] = []
    scored: dict[tuple[Slot, str], float] = {}
    for truth in truths:
        shape = (len(prompts), spec.rounds)
        seconds = truth.latency * np.exp(slow[:, None] + rng.normal(0, truth.spread, shape))
        levels = np.clip(
            np.round(truth.quality + difficulty[:, None, None] + rng.normal(0, noise, (*shape, len(facets)))),
            1,
            5,
        )
        for p, prompt in enumerate(prompts):
            for r in range(spec.rounds):
                slot = Slot(candidate=truth.name, prompt=prompt, pass_number=1, round_number=r + 1)
                answers.append(_response(of.id, slot, float(seconds[p, r]), len(answers), length))
                for f, facet in enumerate(facets):
                    scored[slot, facet] = float(levels[p, r, f])
    verdicts = [
        Verdict(
            key=place.key,
            evaluation=of.id,
            facet=place.facet,
            score=scored[place.slot, place.facet],
            by=f"judge:{JUDGE}",
            rationale="Because it is so.",
            sample=1,
            created_at=NOON,
        )
        for place in work_of(spec, answers).places
    ]
    return Rows(
        answers=tuple(answers),
        verdicts=tuple(verdicts),
        loads=tuple(_load(of.id, truth) for truth in truths),
        attempts=(),
        given_up=frozenset(),
        qualifications=(qualification(facets),),
    )


def qualification(facets: Sequence[str]) -> Qualification:
    return Qualification(
        key="q" * 64,
        judge=JUDGE,
        asked=10,
        valid=10,
        spread=5,
        facets=tuple(
            FacetStanding(facet=facet, standing="qualified", reason="it noticed enough") for facet in facets
        ),
        created_at=NOON,
    )


def _response(evaluation_id: str, slot: Slot, seconds: float, order: int, length: int) -> Response:
    last = round(seconds * 1e9)
    text = f"{slot.candidate} {slot.prompt} {slot.round_number} ".ljust(length, "x")
    return Response(
        evaluation=evaluation_id,
        slot=slot,
        load=f"load-{slot.candidate}",
        text=text,
        finish="stop",
        timing=Timing(
            first=last // 8, last=last, end=last + 1000, prompt_tokens=12, completion_tokens=40, chunks=40
        ),
        order=order,
        created_at=NOON,
    )


def _load(evaluation_id: str, truth: Truth) -> Load:
    size = round(truth.memory)
    return Load(
        id=f"load-{truth.name}",
        evaluation=evaluation_id,
        role="candidate",
        name=truth.name,
        pass_number=1,
        pid=1,
        model_id=truth.name,
        device="cpu",
        runtime="synthetic",
        seconds=1.0,
        started_at=NOON,
        context=4096,
        before=Memory(resident=0, peak=0, method="pss"),
        after=Memory(resident=size, peak=size, method="pss"),
    )
