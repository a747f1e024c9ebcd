"""Rows to store: the smallest evaluation that has everything, and what belongs to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import uuid_utils

from service.domain.evaluations import Evaluation, Spec, Status
from service.domain.models import Candidate, Judge, Memory, Model
from service.domain.responses import Load, Response, Slot, Timing
from service.domain.rubrics import Facet, Prompt, PromptSet, Rubric
from service.domain.selection import Criterion, Gate, Profile
from service.domain.verdicts import FacetStanding, Qualification, Trial, Verdict

# A third of a second has no short decimal form, and a zone that is not UTC must survive.
WHEN = datetime(2026, 3, 29, 1, 30, 0, 333333, tzinfo=timezone(timedelta(hours=2)))


def spec(**changes: Any) -> Spec:
    whole = Spec(
        candidates=(
            Candidate(name="a", model="tiny-a", temperature=0.1 + 0.2),
            Candidate(name="b", model="tiny-b"),
        ),
        judges=(Judge(model="tiny-judge"),),
        models=(
            Model(name="tiny-a", source="builtin", licence="MIT", capabilities=("chat",), disk_bytes=2**40),
            Model(name="tiny-b", source="directory", path="models/b"),
            Model(name="tiny-judge", source="catalog"),
        ),
        rubric=Rubric(
            name="general",
            title="General",
            facets=(
                Facet(
                    name="correct",
                    question="Is it right?",
                    levels=("no", "hardly", "half", "mostly", "wholly"),
                    weight=1 / 3,
                    check="exact",
                    degraded_by=("truncated", "wrong_fact"),
                ),
            ),
            fingerprint="f" * 64,
        ),
        prompt_set=PromptSet(
            name="four",
            title="Four",
            prompts=(
                Prompt(
                    id="1",
                    text="Wer? \u00fc \U0001f600",
                    reference="I",
                    tags=("x",),
                    expect={"contains": ["I"], "n": 1e-7},
                ),
                Prompt(id="2", text="What?"),
            ),
            fingerprint="e" * 64,
        ),
        profile=Profile(
            name="balanced",
            title="Balanced",
            use="commercial",
            gates=(Gate(name="licence"), Gate(name="memory", limit=8e9)),
            criteria=(Criterion(name="quality", weight=0.7, zero=2.0, full=5.0),),
            fingerprint="d" * 64,
        ),
        use="commercial",
        seed=2**53 + 1,
    )
    return replace(whole, **changes)


def evaluation(**changes: Any) -> Evaluation:
    whole = Evaluation(
        id=str(uuid_utils.uuid7()), name="first", spec=spec(), status=Status.QUEUED, created_at=WHEN
    )
    return replace(whole, **changes)


def slot(candidate: str = "a", prompt: str = "1", pass_number: int = 1, round_number: int = 1) -> Slot:
    return Slot(candidate=candidate, prompt=prompt, pass_number=pass_number, round_number=round_number)


def response(evaluation: str, at: Slot | None = None, **changes: Any) -> Response:
    whole = Response(
        evaluation=evaluation,
        slot=at or slot(),
        load="load-1",
        text="an answer",
        finish="stop",
        timing=Timing(
            first=2**40 + 1,
            last=2**41 + 1,
            end=2**62 + 1,
            prompt_tokens=7,
            completion_tokens=None,
            chunks=3,
            first_visible=2**40 + 7,
            first_tokens=4,
            hidden_tokens=3,
            server_reported={"prompt_ms": 0.1 + 0.2},
        ),
        order=5,
        created_at=WHEN,
    )
    return replace(whole, **changes)


def load(evaluation: str, **changes: Any) -> Load:
    whole = Load(
        id=str(uuid_utils.uuid7()),
        evaluation=evaluation,
        role="candidate",
        name="a",
        pass_number=1,
        pid=4711,
        model_id="tiny-a-cpu",
        device="CPU",
        runtime="foundry-local 2.2.1",
        seconds=0.1 + 0.2,
        started_at=WHEN,
        cold_first_token=1 / 3,
        before=Memory(resident=2**33 + 1, peak=2**34, method="pss+swap"),
    )
    return replace(whole, **changes)


def verdict(evaluation: str, key: str = "k1", **changes: Any) -> Verdict:
    whole = Verdict(
        key=key,
        evaluation=evaluation,
        facet="correct",
        score=11 / 3,
        by="judge:tiny-judge",
        rationale="because",
        sample=0,
        created_at=WHEN,
        raw='{"score": 4}',
        expectation=11 / 3,
    )
    return replace(whole, **changes)


def qualification(key: str = "q1", **changes: Any) -> Qualification:
    whole = Qualification(
        key=key,
        judge="tiny-judge",
        asked=12,
        valid=11,
        spread=4,
        facets=(
            FacetStanding(
                facet="correct",
                standing="qualified",
                reason="saw 5 of 6 planted faults",
                trials=(Trial(degradation="truncated", tried=6, detected=5, unusable=1),),
            ),
        ),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return replace(whole, **changes)
