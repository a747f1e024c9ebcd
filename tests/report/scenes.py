"""Made-up findings: two candidates, one of them barred, a judge, a failure, and whatever text a test wants said."""

from dataclasses import replace
from datetime import UTC, datetime

from service.domain.estimates import Estimate, undefined
from service.domain.evaluations import Evaluation, Progress, Spec, Status
from service.domain.failures import Failure, FailureKind
from service.domain.findings import Findings, Item
from service.domain.judged import JudgeBias, LengthControlled, Outcomes
from service.domain.measurements import CandidateScores, FacetScore, LatencySummary
from service.domain.models import Candidate, Judge, Memory, Model
from service.domain.pairs import Faced, OrderStanding, SideBySide
from service.domain.responses import Attempt, Load
from service.domain.rubrics import Facet, Prompt, PromptSet, Rubric
from service.domain.selection import (
    Criterion,
    CriterionResult,
    Gate,
    GateResult,
    LicenceTerms,
    Profile,
    Ranked,
    Ranking,
    Recommendation,
)
from service.domain.verdicts import FacetStanding, Probe, Qualification, Trial

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LEVELS = ("none", "poor", "fair", "good", "full")
FACETS = (
    Facet(name="accuracy", question="Is it right?", levels=LEVELS, weight=2.0, degraded_by=("wrong_fact",)),
    Facet(name="clarity", question="Is it clear?", levels=LEVELS),
)


def spec() -> Spec:
    return Spec(
        candidates=(Candidate(name="small", model="tiny-s"), Candidate(name="large", model="tiny-l")),
        judges=(Judge(model="tiny-judge"),),
        models=tuple(
            Model(name=name, source="builtin", family="tiny", licence="MIT", version=f"v-{name}")
            for name in ("tiny-s", "tiny-l", "tiny-judge")
        ),
        rubric=Rubric(name="tiny", title="Tiny", facets=FACETS, fingerprint="a" * 64),
        prompt_set=PromptSet(
            name="tiny",
            title="Tiny",
            prompts=(Prompt(id="p1", text="One?", reference="1"), Prompt(id="p2", text="Two?")),
            fingerprint="b" * 64,
        ),
        profile=Profile(
            name="tiny",
            title="Tiny",
            use="commercial",
            gates=(Gate(name="licence"),),
            criteria=(Criterion(name="quality", weight=1.0, zero=2.0, full=5.0),),
            fingerprint="c" * 64,
        ),
        use="commercial",
        rounds=2,
    )


def evaluation(
    *, id_: str = "01936b00-0000-7000-8000-000000000001", status: Status = Status.SUCCEEDED
) -> Evaluation:
    return Evaluation(
        id=id_,
        name="small and large",
        spec=spec(),
        status=status,
        created_at=NOON,
        started_at=NOON,
        finished_at=NOON if status.over else None,
    )


def measured(candidate: str, model: str, *, quality: float = 4.1) -> CandidateScores:
    def about(value: float, n: int = 2) -> Estimate:
        return Estimate(value=value, low=value * 0.9, high=value * 1.1, n=n)

    return CandidateScores(
        candidate=candidate,
        model=model,
        prompts=("p1", "p2"),
        facets=(
            FacetScore(
                facet="accuracy",
                weight=2.0,
                estimate=about(quality),
                by_prompt=(quality, None),
                scored=3,
                expected=4,
                decides=True,
            ),
        ),
        quality=about(quality),
        quality_by_prompt=(quality, None),
        latency=LatencySummary(
            mean=about(0.004),
            p50=about(0.0039),
            p95=about(0.0062),
            p99=undefined("needs 299 samples", n=4),
            minimum=0.003,
            maximum=0.007,
            n=4,
            effective_n=3.5,
            provisional=True,
        ),
        latency_by_prompt=((0.003, 0.004), (0.005, 0.007)),
        first_token=about(0.0011),
        decode_rate=about(2200.0),
        end_to_end_rate=about(1800.0),
        workshop_rate=about(3000.0),
        memory=about(9 * 2**20),
        memory_peak=about(90 * 2**20),
        disk=Estimate(value=300_000.0, low=300_000.0, high=300_000.0, n=1),
        licence=LicenceTerms(
            licence="MIT", name="MIT", allowed="yes", utility=1.0, obligations=("keep the notice",)
        ),
        context=512,
        answered=3,
        failed=1,
        expected=4,
        loads=1,
        load_seconds=about(0.2),
        cold_first_token=undefined("one load only", n=1),
    )


def ranked(candidate: str, rank: int | None, score: float | None) -> Ranked:
    estimate = (
        undefined("barred")
        if score is None
        else Estimate(value=score, low=score - 0.1, high=score + 0.1, n=2)
    )
    gate = GateResult(
        gate="licence",
        status="pass" if rank else "fail",
        reason="MIT allows it" if rank else "CC-BY-NC-4.0 forbids commercial use",
    )
    return Ranked(
        candidate=candidate,
        rank=rank,
        eligible=rank is not None,
        score=estimate,
        gates=(gate,),
        criteria=(CriterionResult(criterion="quality", weight=1.0, measured=estimate, utility=score),),
        p_best=1.0 if rank == 1 else None,
        reason=None if rank else "the licence gate failed",
    )


def item(*, answer: str = "1", candidate: str = "small") -> Item:
    return Item(
        candidate=candidate,
        prompt="p1",
        question="One?",
        pass_number=1,
        round_number=1,
        answer=answer,
        finish="stop",
        reference="1",
        scores={"accuracy": 5.0},
        by={"accuracy": "judge:tiny-judge"},
        rationale="it is the reference",
        first_token_seconds=0.001,
        latency_seconds=0.004,
        completion_tokens=3,
    )


def findings(*, said: str = "1", of: Evaluation | None = None) -> Findings:
    """Findings in which every text that comes from outside is `said`."""
    about = of or evaluation()
    load = Load(
        id="l1",
        evaluation=about.id,
        role="candidate",
        name="small",
        pass_number=1,
        pid=7,
        model_id="tiny-s",
        device="cpu",
        runtime="test",
        seconds=0.2,
        started_at=NOON,
        before=Memory(resident=10, peak=20, method="pss+swap"),
        after=Memory(resident=30, peak=40, method="pss+swap"),
    )
    return Findings(
        evaluation=about,
        progress=Progress(
            answers_wanted=8,
            answers_kept=7,
            answers_failed=1,
            verdicts_wanted=14,
            verdicts_kept=14,
            verdicts_failed=0,
            loads=3,
            stage="done",
        ),
        scores=(measured("small", "tiny-s"), measured("large", "tiny-l", quality=4.4)),
        ranking=Ranking(
            profile="tiny",
            seed=1,
            draws=1000,
            candidates=(ranked("large", None, None), ranked("small", 1, 0.7)),
            recommendation=Recommendation(
                decision="model",
                candidate="small",
                runner_up=None,
                tie_set=(),
                reasons=(f"It scores 0.700. {said}",),
                obligations=("keep the notice",),
            ),
        ),
        profile=about.spec.profile,
        qualifications=(
            Qualification(
                key="k",
                judge="tiny-judge",
                asked=12,
                valid=12,
                spread=4,
                facets=(
                    FacetStanding(
                        facet="accuracy",
                        standing="qualified",
                        reason="noticed enough",
                        trials=(Trial(degradation="wrong_fact", tried=6, detected=6),),
                        probes=(Probe(name="level_order", tried=12, held=11),),
                    ),
                ),
                created_at=NOON,
            ),
        ),
        loads=(load, replace(load, id="l2")),
        attempts=(
            Attempt(
                evaluation=about.id,
                stage="answer",
                subject="large/p2/1/1",
                number=1,
                failure=Failure(kind=FailureKind.RUNNER_DIED, message=f"the runner died: {said}"),
                given_up=True,
                created_at=NOON,
                candidate="large",
                prompt="p2",
            ),
        ),
        samples=(item(answer=said), item(answer=said, candidate="large")),
        version="0.1.0",
        bias=(
            JudgeBias(
                judge="tiny-judge",
                facet="accuracy",
                answers=7,
                length=Estimate(value=0.3, low=0.1, high=0.5, n=3),
                family=undefined("one judge only", n=3),
                controlled=(LengthControlled(model="small", mean=4.1, controlled=4.0),),
            ),
        ),
        side_by_side=SideBySide(
            judge="tiny-judge",
            standing=OrderStanding(
                judge="tiny-judge",
                pairs=16,
                tried=16,
                consistent=15,
                low=0.72,
                high=0.99,
                right=14,
                first=17,
                second=15,
                able=True,
                reason="its preference held in 15 of 16 pairs when the answers changed places",
            ),
            candidates=("large", "small"),
            results=(
                Faced(
                    candidate="large",
                    against="small",
                    wins=3,
                    ties=4,
                    losses=2,
                    unsure=1,
                    unjudged=1,
                    share=Estimate(value=0.6, low=0.23, high=0.88, n=5),
                    p=1.0,
                ),
            ),
            strengths=(("large", 1.1), ("small", 0.9)),
            consistent=Estimate(value=0.875, low=0.53, high=0.98, n=8),
            position_bias=Estimate(value=0.125, low=-0.2, high=0.4, n=8),
            preferred=None,
            reason="nobody beats all others beyond chance",
        ),
        outcomes=(
            Outcomes(judge=None, candidate="small", facet="accuracy", wanted=1, coverage=1.0, checked=1),
            Outcomes(
                judge="tiny-judge",
                candidate="small",
                facet="clarity",
                wanted=4,
                coverage=0.25,
                scored=1,
                unparsable=2,
                timed_out=1,
            ),
        ),
    )
