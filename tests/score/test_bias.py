import random
from typing import Any

import numpy as np
import pytest

from service.score.bias import bias_effects


def rows(*, gamma: float, delta: float, noise: float, prompts: int = 60, seed: int = 0) -> dict[str, Any]:
    """Two judges of two families score two models, with a known effect of length and of kinship."""
    rng = np.random.default_rng(seed)
    table = [
        (p, model, judge, float(np.exp(rng.normal(5, 0.6))))
        for p in range(prompts)
        for model in "ab"
        for judge in "ab"
    ]
    logs = np.log([row[3] for row in table])
    term = np.tanh((logs - logs.mean()) / logs.std())
    hard = rng.normal(0, 0.5, prompts)
    return {
        "prompts": [row[0] for row in table],
        "models": [row[1] for row in table],
        "judges": [row[2] for row in table],
        "lengths": [row[3] for row in table],
        "same_family": [row[1] == row[2] for row in table],
        "scores": [
            3
            + hard[p]
            + 0.3 * (m == "a")
            - 0.2 * (j == "b")
            + gamma * t
            + delta * (m == j)
            + rng.normal(0, noise)
            for (p, m, j, _), t in zip(table, term, strict=True)
        ],
    }


def test_effects_without_noise_are_found_exactly() -> None:
    found = bias_effects(**rows(gamma=0.4, delta=0.25, noise=0.0))
    assert found.length.value == pytest.approx(0.4)
    assert found.family.value == pytest.approx(0.25)
    assert found.length.n == 60


def test_effects_that_are_not_there_are_covered_as_often_as_promised() -> None:
    # 200 runs at 95 %: 3 standard errors are 4.6 %
    held = [0, 0]
    for seed in range(200):
        found = bias_effects(**rows(gamma=0.0, delta=0.3, noise=0.5, prompts=25, seed=seed))
        for i, (effect, truth) in enumerate(((found.length, 0.0), (found.family, 0.3))):
            assert effect.low is not None
            assert effect.high is not None
            held[i] += effect.low <= truth <= effect.high
    assert all(0.90 <= count / 200 <= 0.996 for count in held)


def test_a_model_that_writes_longer_is_put_on_the_average_length() -> None:
    data = rows(gamma=0.4, delta=0.0, noise=0.0)
    found = bias_effects(**data)
    a, b = found.models
    assert (a.model, b.model) == ("a", "b")
    # without noise the controlled means differ by the models' true difference, .3
    assert a.controlled is not None
    assert b.controlled is not None
    assert a.controlled - b.controlled == pytest.approx(0.3)


def test_kinship_cannot_be_told_from_quality_with_a_single_judge() -> None:
    data = rows(gamma=0.4, delta=0.25, noise=0.1)
    one = [i for i, judge in enumerate(data["judges"]) if judge == "a"]
    chosen: dict[str, Any] = {name: [column[i] for i in one] for name, column in data.items()}
    found = bias_effects(**chosen)
    assert found.family.reason == "it does not vary beside models, prompts and judges"
    assert found.length.value is not None


def test_answers_of_one_length_tell_nothing_about_length() -> None:
    data = rows(gamma=0.0, delta=0.25, noise=0.1)
    found = bias_effects(**(data | {"lengths": [100.0] * len(data["lengths"])}))
    assert found.length.value is None
    assert found.family.value == pytest.approx(0.25, abs=0.1)
    assert found.models[0].controlled is None


def test_without_data_or_with_two_prompts_effects_are_undefined() -> None:
    empty = bias_effects(scores=[], models=[], prompts=[], lengths=[])
    assert (empty.length.reason, empty.models) == ("no data", ())
    assert bias_effects(**rows(gamma=0, delta=0, noise=0.1, prompts=2)).length.reason == "too few prompts"


def test_the_order_of_rows_changes_no_bit() -> None:
    data = rows(gamma=0.4, delta=0.25, noise=0.3)
    order = list(range(len(data["scores"])))
    random.Random(3).shuffle(order)
    shuffled: dict[str, Any] = {name: [column[i] for i in order] for name, column in data.items()}
    assert bias_effects(**shuffled) == bias_effects(**data)


def test_columns_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="every score needs"):
        bias_effects(scores=[1], models=[], prompts=[1], lengths=[1])
    with pytest.raises(ValueError, match="a length is above 0"):
        bias_effects(scores=[1], models=["a"], prompts=[1], lengths=[0])
