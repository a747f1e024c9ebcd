"""How often do the 95 % intervals hold the truth? ``python -m tests.bench.coverage_simulation --runs 10000``.

Scores come from a latent normal scale with a prompt effect that all candidates share, an effect of prompt and candidate
together, and noise per answer; they are rounded and cut to 1..5, three rounds a prompt. The true mean of such scores is
known in closed form, so no second simulation stands between the intervals and the truth. Latencies are log-normal.
"""

import argparse
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from service.domain.estimates import Estimate
from service.score.means import score_mean
from service.score.paired import paired_difference
from service.score.quantiles import percentile

Floats = npt.NDArray[np.float64]
ROUNDS = 3
PROMPTS = (8, 15, 30, 60, 100, 200)
SHARED, OWN, NOISE = 0.7, 0.4, 0.7
SPREAD = math.hypot(SHARED, OWN, NOISE)
MEANS = {"mid-scale": 3.4, "near the ceiling": 5.0, "at the ceiling": 5.5}
PAIRS = {
    "mid-scale, equal": (3.4, 3.4),
    "mid-scale, half a point": (3.4, 3.9),
    "near the ceiling, equal": (5.0, 5.0),
    "near the ceiling, apart": (5.0, 4.6),
    "at the ceiling, equal": (5.5, 5.5),
    "one at the ceiling": (6.0, 5.0),
}
CORRELATIONS = (0.0, 0.5, 0.9)
TAIL_PROMPTS = ((100, 1), (34, 3), (100, 3), (200, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One line of the table: how many of how many intervals held, and how wide they were on average."""

    kind: str
    case: str
    n: int
    held: int
    runs: int
    width: float | None

    @property
    def coverage(self) -> float:
        return self.held / self.runs


def true_mean(latent: float) -> float:
    """Expected score of an answer whose latent value is normal around `latent`, after rounding and cutting."""
    above = stats.norm.sf([1.5, 2.5, 3.5, 4.5], latent, SPREAD)
    return 1 + float(np.sum(above))


def prompt_scores(rng: np.random.Generator, *, latent: tuple[float, ...], prompts: int) -> Floats:
    """Mean score per prompt of each candidate, shape (candidates, prompts)."""
    k = len(latent)
    centre = np.array(latent)[:, None] + rng.normal(0, SHARED, prompts) + rng.normal(0, OWN, (k, prompts))
    answers = centre[:, :, None] + rng.normal(0, NOISE, (k, prompts, ROUNDS))
    means: Floats = np.clip(np.round(answers), 1, 5).mean(axis=2)
    return means


def latencies(rng: np.random.Generator, *, prompts: int, rounds: int, correlation: float) -> Floats:
    """Log-normal latencies in seconds whose logarithms correlate within a prompt, shape (prompts, rounds)."""
    shared = rng.normal(0, math.sqrt(correlation), (prompts, 1))
    own = rng.normal(0, math.sqrt(1 - correlation), (prompts, rounds))
    seconds: Floats = np.exp(0.5 * (shared + own))
    return seconds


def cell(*, kind: str, case: str, n: int, runs: int, truth: float, interval: Callable[[], Estimate]) -> Cell:
    """Draw `runs` intervals and count those that hold the truth; an end that does not exist excludes nothing."""
    held, widths = 0, []
    for _ in range(runs):
        found = interval()
        low = -math.inf if found.low is None else found.low
        high = math.inf if found.high is None else found.high
        held += low <= truth <= high
        if math.isfinite(high - low):
            widths.append(high - low)
    width = float(np.mean(widths)) if len(widths) > runs / 2 else None
    return Cell(kind=kind, case=case, n=n, held=held, runs=runs, width=width)


def means(
    *, runs: int, seed: int, prompts: Iterable[int] = PROMPTS, cases: Iterable[str] = tuple(MEANS)
) -> Iterator[Cell]:
    for case in cases:
        latent = MEANS[case]
        for n in prompts:
            rng = np.random.default_rng([seed, n, round(10 * latent)])

            def interval(rng: np.random.Generator = rng, latent: float = latent, n: int = n) -> Estimate:
                return score_mean(by_prompt=prompt_scores(rng, latent=(latent,), prompts=n)[0].tolist())

            yield cell(kind="mean", case=case, n=n, runs=runs, truth=true_mean(latent), interval=interval)


def paired_differences(
    *, runs: int, seed: int, prompts: Iterable[int] = PROMPTS, cases: Iterable[str] = tuple(PAIRS)
) -> Iterator[Cell]:
    for case in cases:
        first, second = PAIRS[case]
        for n in prompts:
            rng = np.random.default_rng([seed, n, round(10 * first), round(10 * second)])

            def interval(
                rng: np.random.Generator = rng, latent: tuple[float, float] = (first, second), n: int = n
            ) -> Estimate:
                a, b = prompt_scores(rng, latent=latent, prompts=n).tolist()
                return paired_difference(a=a, b=b, epsilon=0.1).difference

            truth = true_mean(first) - true_mean(second)
            yield cell(kind="difference", case=case, n=n, runs=runs, truth=truth, interval=interval)


def tails(*, runs: int, seed: int, shapes: Iterable[tuple[int, int]] = TAIL_PROMPTS) -> Iterator[Cell]:
    truth = math.exp(0.5 * float(stats.norm.ppf(0.95)))
    for prompts, rounds in shapes:
        for correlation in CORRELATIONS if rounds > 1 else (0.0,):
            rng = np.random.default_rng([seed, prompts, rounds, round(10 * correlation)])

            def interval(
                rng: np.random.Generator = rng,
                shape: tuple[int, int] = (prompts, rounds),
                c: float = correlation,
            ) -> Estimate:
                samples = latencies(rng, prompts=shape[0], rounds=shape[1], correlation=c)
                return percentile(samples=samples.tolist(), p=0.95).estimate

            case = f"{prompts} prompts x {rounds}, correlation {correlation}"
            yield cell(kind="p95", case=case, n=prompts * rounds, runs=runs, truth=truth, interval=interval)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("means", "differences", "p95"))
    chosen = parser.parse_args()
    parts: dict[str, Callable[..., Iterator[Cell]]] = {
        "means": means,
        "differences": paired_differences,
        "p95": tails,
    }
    started = time.perf_counter()
    print(f"{'what':<12} {'case':<36} {'n':>5} {'coverage':>9} {'width':>7}")
    for name, part in parts.items():
        if chosen.only in {None, name}:
            for line in part(runs=chosen.runs, seed=chosen.seed):
                width = "-" if line.width is None else f"{line.width:.3f}"
                row = f"{line.kind:<12} {line.case:<36} {line.n:>5} {line.coverage:>8.1%} {width:>7}"
                print(row, flush=True)
    print(f"{chosen.runs} runs a cell, {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
