"""Candidates and profiles made to measure; every figure can be overridden."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from service.domain.estimates import Estimate, undefined
from service.domain.measurements import CandidateScores, FacetScore, LatencySummary
from service.domain.selection import Criterion, Gate, LicenceTerms, Profile

MIT = LicenceTerms(licence="MIT", name="MIT", allowed="yes", utility=1.0)
PROFILE = Profile(
    name="laptop",
    title="Laptop",
    use="commercial",
    fingerprint="f",
    gates=(
        Gate(name="licence"),
        Gate(name="memory", limit=4.0 * 2**30),
        Gate(name="latency_p95", limit=6.0),
        Gate(name="context", limit=2048),
        Gate(name="quality", limit=2.0),
        Gate(name="errors", limit=0.2),
    ),
    criteria=(
        Criterion(name="quality", weight=0.6, zero=1, full=5),
        Criterion(name="latency_p95", weight=0.2, zero=10, full=0.5, scale="log"),
        Criterion(name="memory", weight=0.15, zero=8.0 * 2**30, full=0.25 * 2**30, scale="log"),
        Criterion(name="licence", weight=0.05),
    ),
)


def estimate(value: float, *, arm: float = 0.0, n: int = 40) -> Estimate:
    return Estimate(value=value, low=value - arm, high=value + arm, n=n)


def made(name: str, scores: Sequence[float | None], **changes: Any) -> CandidateScores:
    """Make a candidate from its scores per prompt; latency is 1 s with a pattern unless `latency` gives rows."""
    known = [score for score in scores if score is not None]
    prompts = len(scores)
    rows = changes.pop("latency", [(1.0 + 0.01 * (p % 7), 1.1 + 0.01 * (p % 5)) for p in range(prompts)])
    times = np.array([time for row in rows for time in row])
    if known:
        spread = float(np.std(known)) / len(known) ** 0.5
        mean = float(np.mean(known))
        quality = Estimate(value=mean, low=mean - 2 * spread, high=mean + 2 * spread, n=len(known))
    else:
        quality = undefined("nothing was scored")
    if times.size:
        p95 = float(np.quantile(times, 0.95, method="median_unbiased"))
        tail = Estimate(value=p95, low=0.95 * p95, high=1.05 * p95, n=times.size)
        mean_time = estimate(float(times.mean()), arm=0.02)
    else:
        tail = mean_time = undefined("nothing was timed")
    memory = changes.pop("memory", float(2**30))
    none = undefined("not measured")
    base = CandidateScores(
        candidate=name,
        model=name,
        prompts=tuple(f"p{p:03d}" for p in range(prompts)),
        facets=(
            FacetScore(
                facet="correct",
                weight=1.0,
                estimate=quality,
                by_prompt=tuple(scores),
                scored=len(known),
                expected=prompts,
                decides=True,
            ),
        ),
        quality=quality,
        quality_by_prompt=tuple(scores),
        latency=LatencySummary(
            mean=mean_time,
            p50=none,
            p95=tail,
            p99=none,
            minimum=None,
            maximum=None,
            n=int(times.size),
            effective_n=float(times.size),
            provisional=False,
        ),
        latency_by_prompt=tuple(tuple(row) for row in rows),
        first_token=none,
        decode_rate=none,
        end_to_end_rate=none,
        workshop_rate=none,
        memory=Estimate(value=memory, low=memory, high=memory, n=1),
        memory_peak=Estimate(value=1.2 * memory, low=1.2 * memory, high=1.2 * memory, n=1),
        disk=none,
        licence=MIT,
        context=4096,
        answered=prompts,
        failed=0,
        expected=prompts,
        loads=1,
        load_seconds=none,
        cold_first_token=none,
    )
    return replace(base, **changes)


def pattern(mean: float, n: int = 60, *, turn: int = 0) -> list[float]:
    """Return n scores around a mean that go up and down by a half, in an order of their own."""
    return [mean + 0.5 * (-1) ** ((p + turn) // (1 + turn % 3)) * ((p * 7 + turn) % 5) / 4 for p in range(n)]
