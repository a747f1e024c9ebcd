"""Does the stopping rule keep its promise? Wrong by more than epsilon, and calls saved, over gaps and residual spreads.

``python -m tests.bench.stopping_simulation [runs]``. Six candidates, batches of 10 prompts, 20 to 200 prompts; utilities
are normal with a prompt effect that all share. In a *ladder* the rivals follow at 1, 2, 3, 4 and 5 gaps, on a *plateau*
all five are one gap behind: the harder case where the gap exceeds epsilon, and one that cannot be wrong where it does not.
"""

import sys
import time
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal

import numpy as np

from service.rank.acceptability import choice
from service.rank.draws import (
    PromptWeights,
    expansion,
    mean_draws,
    own_turn,
    prompt_weights,
    pseudo_levels,
    widened,
)
from service.rank.stopping import look
from service.rank.utility import FloatArray

GAPS = (0.005, 0.01, 0.025, 0.03, 0.06)
SPREADS = (0.1, 0.18)
EPSILON = 0.02
MODELS, PROMPTS, BATCH, DRAWS = 6, 200, 10, 1000

Shape = Literal["ladder", "plateau"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: shares of the runs that stopped, and of the stops that were wrong, and of the calls that were saved."""

    stops: int
    wrong: int
    runs: int
    saved: float

    @property
    def error(self) -> float:
        return self.wrong / self.stops if self.stops else 0.0


@lru_cache(maxsize=2)
def every_weight(draws: int) -> PromptWeights:
    return prompt_weights(prompts=PROMPTS, draws=draws, rng=np.random.default_rng(2))


@lru_cache(maxsize=64)
def shared(asked: int, draws: int) -> PromptWeights:
    """Return the weights of the first prompts: what a candidate that was asked no further shares with the others."""
    every = every_weight(draws)
    real = every.real[:asked]
    return PromptWeights(real=real, pseudo=every.pseudo, total=np.sum(real, axis=0))


@lru_cache(maxsize=2)
def pool(draws: int) -> FloatArray:
    return pseudo_levels(draws=draws, rng=np.random.default_rng(1))


def drawn(scores: FloatArray, draws: int) -> FloatArray:
    """Draw one candidate's utility from the scores of its first prompts, as a ranking does."""
    levels = np.roll(pool(draws), own_turn(scores) % draws)
    sums = scores[None, :]
    raw = mean_draws(
        sums=sums, counts=np.ones_like(sums), weights=shared(scores.size, draws), levels=[levels]
    )[0]
    mean = float(np.mean(scores))
    wide = widened(raw=raw, centre=mean, value=mean, factor=expansion(scores.size, pseudo=True))
    utility: FloatArray = np.clip((wide - 1) / 4, 0, 1)
    return utility


def run(
    means: FloatArray, spread: float, rng: np.random.Generator, draws: int = DRAWS
) -> tuple[int | None, int]:
    """Judge until the rule says stop; return whom it chose (``None``: it never stopped) and the calls it took."""
    effect = rng.normal(0, 0.1, PROMPTS)
    utilities = means[:, None] + effect + rng.normal(0, spread, (MODELS, PROMPTS))
    scores = 1 + 4 * utilities
    asked = dict.fromkeys(range(MODELS), 2 * BATCH)
    live = list(range(MODELS))
    strikes: dict[str, int] = {}
    table = np.stack([drawn(scores[m, : asked[m]], draws) for m in live])
    while True:
        among = choice(scores=table, epsilon=EPSILON)
        step = look(
            p_within={str(m): share for m, share in enumerate(among.p_within)},
            score={str(m): float(np.mean(scores[m, : asked[m]])) for m in range(MODELS)},
            prompts=min(asked[m] for m in live),
            strikes=strikes,
        )
        if step.stop and step.leader is not None:
            return int(step.leader), sum(asked.values())
        strikes = dict(step.strikes)
        live = [m for m in range(MODELS) if str(m) not in step.dropped]
        ask = [m for m in map(int, step.ask) if asked[m] < PROMPTS]
        if not ask:
            ask = [m for m in live if asked[m] < PROMPTS]
        if not ask:
            return None, sum(asked.values())
        for m in ask:
            asked[m] += BATCH
            table[m] = drawn(scores[m, : asked[m]], draws)


def simulate(
    *, gap: float, spread: float, shape: Shape, runs: int, seed: int = 0, draws: int = DRAWS
) -> Cell:
    """Repeat one cell; wrong means that the chosen is more than epsilon below the best."""
    steps = np.arange(MODELS) if shape == "ladder" else np.minimum(np.arange(MODELS), 1)
    means: FloatArray = (0.7 - gap * steps).astype(np.float64)
    rng = np.random.default_rng([seed, round(gap * 10_000), round(spread * 1000), shape == "ladder"])
    stops = wrong = calls = 0
    for _ in range(runs):
        order = rng.permutation(MODELS)
        chosen, used = run(means[order], spread, rng, draws)
        calls += used
        if chosen is not None:
            stops += 1
            wrong += bool(means.max() - means[order][chosen] > EPSILON + 1e-9)
    return Cell(stops=stops, wrong=wrong, runs=runs, saved=1 - calls / (runs * MODELS * PROMPTS))


def main(runs: int = 400) -> None:
    start = time.perf_counter()
    print(f"{runs} runs a cell, {MODELS} candidates, at most {PROMPTS} prompts, epsilon {EPSILON}")
    print("shape    gap    sd    stopped  wrong by > epsilon  calls saved")
    shapes: tuple[Shape, ...] = ("ladder", "plateau")
    worst = 0.0
    for shape, gap, spread in product(shapes, GAPS, SPREADS):
        cell = simulate(gap=gap, spread=spread, shape=shape, runs=runs)
        worst = max(worst, cell.error)
        print(
            f"{shape:8} {gap:.3f}  {spread:.2f}   {cell.stops / runs:6.1%}       {cell.error:6.1%}            {cell.saved:6.1%}",
            flush=True,
        )
    print(f"worst cell {worst:.1%} (bar: 5 %), {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
