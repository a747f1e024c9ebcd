import math

import pytest

from service.score.power import minimum_detectable_effect, prompts_needed, smallest_standard_error


def test_more_rounds_save_prompts_only_while_answers_are_noisy() -> None:
    # (1.959964 + .841621)^2 = 7.848880; over .1^2: 784.888 per unit of variance
    # .1 + .2 + .2 = .5 -> 392.4; with 4 rounds on each side .1 + .05 + .05 = .2 -> 156.98
    def needed(rounds: int) -> int:
        return prompts_needed(
            effect=0.1,
            between_variance=0.1,
            within_variance_a=0.2,
            within_variance_b=0.2,
            rounds_a=rounds,
            rounds_b=rounds,
        )

    assert needed(1) == 393
    assert needed(4) == 157


def test_the_sign_of_an_effect_does_not_matter_and_its_size_does() -> None:
    assert prompts_needed(effect=-0.03, between_variance=1 / 9) == 969
    # twice the effect, a quarter of the prompts: 968.99 / 4 = 242.2
    assert prompts_needed(effect=0.06, between_variance=1 / 9) == 243


def test_without_variance_one_prompt_is_enough() -> None:
    assert prompts_needed(effect=1.0, between_variance=0.0) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"effect": 0.0, "between_variance": 1.0},
        {"effect": math.nan, "between_variance": 1.0},
        {"effect": 1.0, "between_variance": -1.0},
        {"effect": 1.0, "between_variance": 1.0, "rounds_a": 0},
        {"effect": 1.0, "between_variance": 1.0, "power": 1.0},
    ],
)
def test_what_cannot_be_planned_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"effect|variances|power"):
        prompts_needed(**wrong)  # type: ignore[arg-type]  # rounds are whole, the rest is not


def test_the_detectable_effect_is_the_inverse_of_the_number_of_prompts() -> None:
    # with n prompts SE = sqrt(1/9/n); for 969 prompts that finds .03 again
    error = math.sqrt(1 / 9 / 969)
    assert minimum_detectable_effect(standard_error=error) == pytest.approx(0.03, abs=1e-5)


def test_few_prompts_detect_less_than_the_normal_law_says() -> None:
    # t(4): 2.776445 + .940965 = 3.717410
    assert minimum_detectable_effect(standard_error=1.0, degrees_of_freedom=4) == pytest.approx(
        3.71741, abs=1e-5
    )


def test_a_standard_error_of_zero_detects_everything_and_a_negative_one_is_refused() -> None:
    assert minimum_detectable_effect(standard_error=0.0) == 0.0
    with pytest.raises(ValueError, match="at least 0"):
        minimum_detectable_effect(standard_error=-1.0)
    with pytest.raises(ValueError, match="degrees of freedom"):
        minimum_detectable_effect(standard_error=1.0, degrees_of_freedom=0)


def test_equal_prompts_leave_about_what_the_rule_of_three_leaves() -> None:
    # 100 equal prompts: 1 / sqrt(101 * 102) = .00985; times t(99) = 1.984 that is .0195, and 3 / 100 = .03
    assert smallest_standard_error(n=100, step=1.0) == pytest.approx(0.009852, abs=1e-6)
    assert smallest_standard_error(n=100, step=0.0) == 0.0
