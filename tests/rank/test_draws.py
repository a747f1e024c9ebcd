import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.rank.draws import (
    estimate_draws,
    expansion,
    mean_draws,
    own_turn,
    prompt_weights,
    pseudo_levels,
    quantile_draws,
    widened,
)

RNG = np.random.default_rng


def test_the_same_seed_draws_the_same_weights() -> None:
    first, second = (prompt_weights(prompts=5, draws=7, rng=RNG(3)) for _ in range(2))
    assert first.real.tobytes() == second.real.tobytes()
    assert first.pseudo.tobytes() == second.pseudo.tobytes()


def test_weights_are_dirichlet_over_the_prompts_and_the_pseudo_prompt() -> None:
    # Dirichlet(1, 1, 1, 1): mean 1/4, variance (1/4)(3/4)/5 = .0375
    weights = prompt_weights(prompts=3, draws=100_000, rng=RNG(0))
    share = weights.pseudo / (weights.total + weights.pseudo)
    assert share.mean() == pytest.approx(0.25, abs=0.002)
    assert share.var() == pytest.approx(0.0375, abs=0.001)


def test_the_pseudo_prompt_is_spread_over_the_levels() -> None:
    # levels 1..5 have variance 2; a Dirichlet mixture of total 1 halves it
    levels = pseudo_levels(draws=100_000, rng=RNG(0))
    assert levels.mean() == pytest.approx(3, abs=0.02)
    assert levels.var() == pytest.approx(1, abs=0.02)


def test_no_prompts_leave_the_pseudo_prompt_alone() -> None:
    weights = prompt_weights(prompts=0, draws=4, rng=RNG(0))
    levels = pseudo_levels(draws=4, rng=RNG(1))
    drawn = mean_draws(sums=np.zeros((1, 0)), counts=np.zeros((1, 0)), weights=weights, levels=[levels])
    assert drawn[0] == pytest.approx(levels)


def test_twenty_equal_scores_do_not_claim_to_be_certain() -> None:
    weights = prompt_weights(prompts=20, draws=5000, rng=RNG(0))
    levels = pseudo_levels(draws=5000, rng=RNG(1))
    drawn = mean_draws(sums=np.full((1, 20), 5.0), counts=np.ones((1, 20)), weights=weights, levels=[levels])[
        0
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert 4.3 < low < 4.9
    assert high <= 5


def test_a_mean_without_pseudo_prompt_needs_a_sample() -> None:
    weights = prompt_weights(prompts=2, draws=3, rng=RNG(0))
    with pytest.raises(ValueError, match="at least one sample"):
        mean_draws(sums=np.zeros((1, 2)), counts=np.zeros((1, 2)), weights=weights)


def test_an_unscored_prompt_leaves_its_weight_to_the_others() -> None:
    weights = prompt_weights(prompts=3, draws=6, rng=RNG(0))
    drawn = mean_draws(sums=np.array([[2.0, 0.0, 4.0]]), counts=np.array([[1.0, 0.0, 1.0]]), weights=weights)
    a, c = weights.real[0], weights.real[2]
    assert drawn[0] == pytest.approx((2 * a + 4 * c) / (a + c))


def test_shapes_that_do_not_fit_are_refused() -> None:
    weights = prompt_weights(prompts=3, draws=2, rng=RNG(0))
    with pytest.raises(ValueError, match="one sum and one count"):
        mean_draws(sums=np.ones((1, 2)), counts=np.ones((1, 2)), weights=weights)
    with pytest.raises(ValueError, match="at least one draw"):
        prompt_weights(prompts=3, draws=0, rng=RNG(0))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.01, 100), st.integers(0, 4)), min_size=1, max_size=40),
    st.sampled_from([0.05, 0.5, 0.9, 0.95]),
)
def test_a_weighted_quantile_is_the_smallest_sample_with_enough_weight_at_or_below(
    pairs: list[tuple[float, int]], p: float
) -> None:
    values = np.array([value for value, _ in pairs])
    owners = np.array([owner for _, owner in pairs])
    weights = prompt_weights(prompts=5, draws=20, rng=RNG(1))
    drawn = quantile_draws(values=values, prompt=owners, weights=weights, p=p)
    counts = np.bincount(owners, minlength=5)
    for b in range(20):
        each = weights.real[owners, b] / counts[owners]
        share = np.array([each[values <= x].sum() for x in values]) / each.sum()
        naive = values[share >= p - 1e-12].min()
        close = np.abs(share - p).min() < 1e-9
        assert close or drawn[b] == naive


def test_one_sample_is_every_quantile() -> None:
    weights = prompt_weights(prompts=1, draws=3, rng=RNG(0))
    assert quantile_draws(values=np.array([2.5]), prompt=[0], weights=weights).tolist() == [2.5, 2.5, 2.5]


def test_a_quantile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        quantile_draws(values=np.array([]), prompt=[], weights=prompt_weights(prompts=1, draws=1, rng=RNG(0)))


def test_the_expansion_is_t_over_z_times_the_small_sample_factor() -> None:
    # n = 8: t(.975, 7) = 2.364624, z = 1.959964, sqrt(8/7) = 1.069045 -> 1.289763; one prompt is treated as two
    assert expansion(8) == pytest.approx(1.289763, abs=1e-6)
    assert expansion(1) == expansion(2)
    assert expansion(10**6) == pytest.approx(1, abs=1e-5)


def test_draws_are_never_surer_than_the_published_interval() -> None:
    raw = RNG(0).standard_normal(1000)
    drawn = widened(raw=raw, centre=0.0, value=3.0, factor=1.0, spread=5.0)
    assert drawn.std() == pytest.approx(5.0)


def test_an_interval_without_width_draws_a_constant_and_equal_intervals_draw_the_same() -> None:
    assert estimate_draws(value=2.0, spread=0.0, draws=2, seed=1).tolist() == [2.0, 2.0]
    one, two = (estimate_draws(value=2.0, spread=0.1, draws=9, seed=1) for _ in range(2))
    assert one.tobytes() == two.tobytes()
    with pytest.raises(ValueError, match="at least 0"):
        estimate_draws(value=2.0, spread=-1.0, draws=2, seed=1)


def test_a_turn_depends_on_the_values_only() -> None:
    assert own_turn([1.0, 2.0]) == own_turn(np.array([1, 2]))
    assert own_turn([1.0, 2.0]) != own_turn([1.0, 2.5])


@pytest.mark.parametrize(
    ("mean", "prompts"), [(3.4, 8), (3.4, 15), (3.4, 60), (4.9, 8), (4.9, 15), (4.9, 60)]
)
def test_the_interval_of_a_mean_covers_the_truth(mean: float, prompts: int) -> None:
    """A short run of the coverage simulation: 400 samples of rounded normal scores, nominal 95 %."""
    rng = RNG([round(10 * mean), prompts])
    truth = float(np.clip(np.round(rng.normal(mean, 0.9, 100_000)), 1, 5).mean())
    weights = prompt_weights(prompts=prompts, draws=500, rng=rng)
    levels = pseudo_levels(draws=500, rng=rng)
    factor = expansion(prompts, pseudo=True)
    hits = 0
    for run in range(400):
        scores = np.clip(np.round(rng.normal(mean, 0.9, (1, prompts))), 1, 5)
        centre = float(scores.mean())
        raw = mean_draws(
            sums=scores, counts=np.ones_like(scores), weights=weights, levels=[np.roll(levels, 37 * run)]
        )
        low, high = np.quantile(
            widened(raw=raw[0], centre=centre, value=centre, factor=factor), [0.025, 0.975]
        )
        hits += low <= truth <= high
    assert 0.91 <= hits / 400 <= 0.99
