"""How fast and how big is a ranking? ``python -m tests.bench.rank_bench``: best of 20, one BLAS thread.

Ten models, 200 prompts, 3 rounds, 4 facets, 10 000 draws; then 50 models and 2 000 prompts for the memory. The bars are
absolute; the two ratios say how much is left: to ``scipy.stats.bootstrap`` (vectorised, the same 40 means) and to the
time in which this machine's memory could write the prompt weights once and read them once for each model.
"""

import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import stats
from threadpoolctl import threadpool_limits

from service.domain.estimates import Estimate, undefined
from service.domain.measurements import CandidateScores, FacetScore, LatencySummary
from service.domain.selection import Criterion, Gate, LicenceTerms, Profile
from service.rank.draws import mean_draws, prompt_weights, pseudo_levels
from service.rank.order import order, rank
from service.rank.reweigh import reweigh
from service.rank.sample import sample

DRAWS, ROUNDS, FACETS = 10_000, 3, 4
PROFILE = Profile(
    name="bench",
    title="Bench",
    use="internal",
    fingerprint="",
    gates=(Gate(name="quality", limit=1.5), Gate(name="latency_p95", limit=30.0)),
    criteria=(
        Criterion(name="quality", weight=0.4, zero=1, full=5),
        Criterion(name="latency_p95", weight=0.2, zero=20, full=0.5, scale="log"),
        Criterion(name="latency_mean", weight=0.1, zero=20, full=0.5, scale="log"),
        Criterion(name="first_token", weight=0.1, zero=2, full=0.05, scale="log"),
        Criterion(name="throughput", weight=0.05, zero=5, full=100, scale="log"),
        Criterion(name="memory", weight=0.1, zero=2.0**33, full=2.0**28, scale="log"),
        Criterion(name="licence", weight=0.05),
    ),
)


def estimate(values: np.ndarray) -> Estimate:
    mean, arm = float(values.mean()), float(1.96 * values.std() / len(values) ** 0.5)
    return Estimate(value=mean, low=mean - arm, high=mean + arm, n=len(values))


def candidate(place: int, prompts: int, rng: np.random.Generator) -> CandidateScores:
    """Make up one candidate; the later ones are a little better and a little slower."""
    facets = np.clip(np.round(rng.normal(3.6 + 0.03 * place, 0.9, (FACETS, prompts, ROUNDS))), 1, 5).mean(
        axis=2
    )
    quality = facets.mean(axis=0)
    latency = np.exp(rng.normal(0.3 + 0.05 * place, 0.4, (prompts, ROUNDS)))
    rows = tuple(map(tuple, latency.tolist()))
    p95 = float(np.quantile(latency, 0.95, method="median_unbiased"))
    none = undefined("not measured")
    memory = Estimate(
        value=4e8 * (1 + place % 7), low=3.9e8 * (1 + place % 7), high=4.1e8 * (1 + place % 7), n=2
    )
    return CandidateScores(
        candidate=f"model-{place:02d}",
        model=f"model-{place:02d}",
        prompts=tuple(f"prompt-{one:04d}" for one in range(prompts)),
        facets=tuple(
            FacetScore(
                facet=f"facet-{one}", weight=1.0, estimate=estimate(facets[one]), by_prompt=tuple(facets[one].tolist()),
                scored=prompts * ROUNDS, expected=prompts * ROUNDS, decides=True,
            )
            for one in range(FACETS)
        ),
        quality=estimate(quality),
        quality_by_prompt=tuple(quality.tolist()),
        latency=LatencySummary(
            mean=estimate(latency.mean(axis=1)), p50=none,
            p95=Estimate(value=p95, low=0.9 * p95, high=1.12 * p95, n=prompts), p99=none,
            minimum=float(latency.min()), maximum=float(latency.max()), n=latency.size,
            effective_n=0.7 * latency.size, provisional=False,
        ),
        latency_by_prompt=rows,
        first_token=estimate(latency.mean(axis=1) / 8),
        decode_rate=none,
        end_to_end_rate=estimate(60 / latency.mean(axis=1)),
        workshop_rate=none,
        memory=memory, memory_peak=memory, disk=none,
        licence=LicenceTerms(licence="MIT", name="MIT", allowed="yes", utility=1.0),
        context=4096, answered=prompts * ROUNDS, failed=0, expected=prompts * ROUNDS,
        loads=1, load_seconds=none, cold_first_token=none,
        first_token_by_prompt=tuple(map(tuple, (latency / 8).tolist())),
        end_to_end_rate_by_prompt=tuple(map(tuple, (60 / latency).tolist())),
    )  # fmt: skip


def made_up(models: int, prompts: int) -> list[CandidateScores]:
    rng = np.random.default_rng(7)
    return [candidate(place, prompts, rng) for place in range(models)]


def best_of(times: int, work: Callable[[], object]) -> float:
    """Return the shortest of some runs, in milliseconds of processor time: one thread, so neighbours do not count."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best * 1000


def peak_of(work: Callable[[], object]) -> float:
    """Return the most memory that the work held at once, in MiB."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def facet_draws(tables: list[np.ndarray], seed: int = 1) -> None:
    """Bootstrap every facet of every model: 40 means with shared weights and pseudo-prompt."""
    prompts = tables[0].shape[1]
    weights = prompt_weights(prompts=prompts, draws=DRAWS, rng=np.random.default_rng(seed))
    levels = pseudo_levels(draws=DRAWS, rng=np.random.default_rng(seed + 1))
    for table in tables:
        mean_draws(sums=table, counts=np.ones_like(table), weights=weights, levels=[levels] * FACETS)


def scipy_bootstrap(stacked: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stats.bootstrap(
            (stacked,), np.mean, axis=1, n_resamples=DRAWS, method="percentile", vectorized=True, batch=500,
            rng=np.random.default_rng(0),
        )  # fmt: skip


def bandwidth_floor(models: int, prompts: int) -> float:
    """Return the milliseconds in which the weights are written once and read once for each model, at copy speed."""
    here = np.ones(4_000_000)
    there = np.empty_like(here)
    copy = best_of(20, lambda: np.copyto(there, here))  # reads and writes 32 MB each
    per_byte = copy / (2 * here.nbytes)
    return per_byte * (prompts + 1) * DRAWS * 8 * (1 + models)


def line(title: str, value: float, bar: float | None, unit: str = "ms") -> bool:
    good = bar is None or value <= bar
    against = "" if bar is None else f"   bar {bar:g} {unit}   {'ok' if good else 'MISSED'}"
    print(f"{title:56}{value:9.1f} {unit}{against}")
    return good


def main() -> int:
    candidates = made_up(10, 200)
    tables = [np.array([facet.by_prompt for facet in one.facets], dtype=float) for one in candidates]
    drawn = sample(scores=candidates, profile=PROFILE, seed=1, draws=DRAWS)
    other = replace(PROFILE, criteria=tuple(replace(c, weight=c.weight + 0.05) for c in PROFILE.criteria))
    print(
        f"10 models x 200 prompts x {ROUNDS} rounds x {FACETS} facets x {DRAWS} draws, best of 20, one BLAS thread"
    )
    core = best_of(20, lambda: facet_draws(tables))
    draws = best_of(20, lambda: sample(scores=candidates, profile=PROFILE, seed=1, draws=DRAWS))
    whole = best_of(20, lambda: order(scores=candidates, profile=PROFILE, seed=1, draws=DRAWS))
    weights = [c.weight for c in other.criteria]
    again = best_of(20, lambda: reweigh(drawn=drawn, weights=weights))
    again_all = best_of(20, lambda: rank(scores=candidates, profile=other, drawn=drawn))
    scipy = best_of(3, lambda: scipy_bootstrap(np.concatenate(tables)))
    floor = bandwidth_floor(10, 200)
    results = [
        line("40 facet means", core, None),
        line("draws and utilities, per-draw p95", draws, 150),
        line("full ranking with SMAA, EVPPI, recommendation", whole, 250),
        line("re-weighting from stored draws: scores, P(best)", again, 10),
        line("re-weighting with SMAA, EVPPI and recommendation", again_all, None),
        line("peak memory", peak_of(lambda: order(scores=candidates, profile=PROFILE, seed=1)), 150, "MiB"),
    ]
    print(
        f"scipy.stats.bootstrap, vectorised, the same 40 means: {scipy:.0f} ms, {scipy / core:.1f} times as long"
    )
    print(f"memory-bandwidth floor of the 40 means: {floor:.1f} ms, {core / floor:.1f} times as long as that")
    many = made_up(50, 2000)
    start = time.perf_counter()
    peak = peak_of(lambda: order(scores=many, profile=PROFILE, seed=1))
    results.append(line("50 models x 2000 prompts: peak memory", peak, 400, "MiB"))
    print(f"  (with the memory traced it took {time.perf_counter() - start:.1f} s)")
    return 0 if all(results) else 1


if __name__ == "__main__":
    with threadpool_limits(1):
        sys.exit(main())
