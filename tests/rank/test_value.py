import numpy as np
import pytest

from service.rank.value import evpi, evppi, two_arm_evpi


def test_perfect_information_is_worth_the_best_of_each_draw() -> None:
    # E max = (.5 + 1) / 2 = .75; both means are .5
    assert evpi(scores=np.array([[0.0, 1.0], [0.5, 0.5]])) == 0.25


def test_who_is_always_best_needs_no_information() -> None:
    assert evpi(scores=np.array([[0.9, 0.8], [0.5, 0.5]])) == 0.0
    assert evpi(scores=np.array([[0.9, 0.8]])) == 0.0
    assert evpi(scores=np.zeros((0, 2))) == 0.0


def test_two_normal_arms_have_a_closed_form() -> None:
    # E max(d, 0) - max(E d, 0) for d ~ N(mu, s)
    rng = np.random.default_rng(0)
    for mean, spread in ((0.0, 1.0), (0.5, 1.0), (-0.2, 0.3)):
        drawn = rng.normal(mean, spread, 1_000_000)
        simulated = np.maximum(drawn, 0).mean() - max(mean, 0)
        assert two_arm_evpi(mean=mean, spread=spread) == pytest.approx(simulated, abs=0.002)
    assert two_arm_evpi(mean=0.3, spread=0.0) == 0.0
    with pytest.raises(ValueError, match="at least 0"):
        two_arm_evpi(mean=0.0, spread=-1.0)


def test_only_what_varies_and_counts_is_worth_knowing() -> None:
    rng = np.random.default_rng(1)
    cube = np.full((2, 3, 20_000), 0.5)
    cube[:, 0] += rng.normal(0, 0.1, (2, 20_000))
    cube[:, 2] += rng.normal(0, 0.1, (2, 20_000))
    worth = evppi(utilities=cube, shares=np.array([0.6, 0.4, 0.0]))
    # the difference of two arms is N(0, .6 * .1 * sqrt 2): worth .084853 * .398942
    assert worth == pytest.approx((0.033851, 0.0, 0.0), abs=0.001)


def test_no_part_is_worth_more_than_the_whole() -> None:
    rng = np.random.default_rng(2)
    cube = rng.uniform(0, 1, (4, 3, 5000))
    shares = np.array([0.5, 0.3, 0.2])
    whole = evpi(scores=np.einsum("mcb,c->mb", cube, shares))
    parts = evppi(utilities=cube, shares=shares)
    assert all(0 <= part <= whole + 1e-9 for part in parts)
    assert parts[0] > parts[1] > parts[2]


def test_one_candidate_has_nothing_to_choose() -> None:
    assert evppi(utilities=np.ones((1, 2, 5)), shares=np.array([0.5, 0.5])) == (0.0, 0.0)
    with pytest.raises(ValueError, match="at least one draw"):
        evpi(scores=np.zeros((2, 0)))
