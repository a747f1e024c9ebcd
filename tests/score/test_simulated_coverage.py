"""The short version of ``python -m tests.bench.coverage_simulation``: fixed seed, few runs, wide enough bounds.

With R runs a coverage c is seen with a standard error of sqrt(c (1 - c) / R). The promise is 93 to 97 % (92 to 98 % at
eight prompts); a cell fails here if it is more than three standard errors outside.
"""

import math

import numpy as np
import pytest

from tests.bench import coverage_simulation as simulation

RUNS = 300


def outside(cell: simulation.Cell, *, low: float, high: float) -> bool:
    slack = 3 * math.sqrt(0.05 * 0.95 / cell.runs)
    return not low - slack <= cell.coverage <= high + slack


@pytest.mark.parametrize("case", ["mid-scale", "near the ceiling"])
@pytest.mark.parametrize("n", [8, 15, 60])
def test_a_mean_is_covered_as_promised(case: str, n: int) -> None:
    (cell,) = simulation.means(runs=RUNS, seed=7, prompts=(n,), cases=(case,))
    assert not outside(cell, low=0.92 if n == 8 else 0.93, high=0.98 if n == 8 else 0.97), cell


@pytest.mark.parametrize("case", ["mid-scale, equal", "mid-scale, half a point", "near the ceiling, apart"])
@pytest.mark.parametrize("n", [8, 15, 60])
def test_a_paired_difference_is_covered_as_promised(case: str, n: int) -> None:
    (cell,) = simulation.paired_differences(runs=RUNS, seed=7, prompts=(n,), cases=(case,))
    assert not outside(cell, low=0.92 if n == 8 else 0.93, high=0.98 if n == 8 else 0.97), cell


def test_a_p95_is_covered_however_alike_the_rounds_are() -> None:
    # whole ranks cover a little more than 95 %: 96.7 % at 300 independent samples
    for cell in simulation.tails(runs=RUNS, seed=7, shapes=((100, 3),)):
        assert not outside(cell, low=0.93, high=0.975), cell


def test_the_true_mean_of_the_generator_is_that_of_its_scores() -> None:
    # 40 000 prompts of 3 answers; the sd of a prompt mean is below 1, so the error of their mean is below .005
    rng = np.random.default_rng(0)
    scores = simulation.prompt_scores(rng, latent=(5.0,), prompts=40_000)
    assert scores.mean() == pytest.approx(simulation.true_mean(5.0), abs=0.015)
