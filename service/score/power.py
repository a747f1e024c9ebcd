"""How much a number of prompts can see: prompts needed, effects that could be found, and what equal ones leave."""

import math

from service.score.samples import probability
from service.score.tails import t_beyond, z_beyond


def prompts_needed(
    *,
    effect: float,
    between_variance: float,
    alpha: float = 0.05,
    power: float = 0.8,
    within_variance_a: float = 0.0,
    within_variance_b: float = 0.0,
    rounds_a: int = 1,
    rounds_b: int = 1,
) -> int:
    """Return how many prompts a paired comparison needs to find a difference of `effect`.

    Parameters
    ----------
    effect
        True difference of the two means to be found, in the unit of the score; its sign does not matter.
    between_variance
        Variance over prompts of the true per-prompt difference (omega squared), in that unit squared.
    alpha, power
        Two-sided error rate, and the chance to find the effect if it is there.
    within_variance_a, within_variance_b
        Variance of one answer's score around its prompt's expected score.
    rounds_a, rounds_b
        Answers per prompt.

    Returns
    -------
    int
        At least 1, rounded up. With every variance 0 a single prompt shows any effect.

    Raises
    ------
    ValueError
        If the effect is 0, a variance is negative or there are no rounds.

    Notes
    -----
    ``n = (z[1-alpha/2] + z[power])**2 (omega**2 + sigma_a**2/K_a + sigma_b**2/K_b) / effect**2`` [1]_. More rounds
    shrink the last two terms only, so beyond a few rounds more prompts are the better buy.

    References
    ----------
    .. [1] Miller (2024), Adding Error Bars to Evals, arXiv:2411.00640, section 5.

    Examples
    --------
    >>> prompts_needed(effect=0.03, between_variance=1 / 9)
    969
    """
    if effect == 0 or not math.isfinite(effect):
        msg = f"no number of prompts finds an effect of {effect}"
        raise ValueError(msg)
    if min(between_variance, within_variance_a, within_variance_b) < 0 or min(rounds_a, rounds_b) < 1:
        msg = "variances are at least 0 and rounds at least 1"
        raise ValueError(msg)
    probability(alpha, name="alpha")
    probability(power, name="power")
    reach = z_beyond(alpha / 2) + z_beyond(1 - power)
    spread = between_variance + within_variance_a / rounds_a + within_variance_b / rounds_b
    return max(1, math.ceil(reach**2 * spread / effect**2 - 1e-9))


def minimum_detectable_effect(
    *,
    standard_error: float,
    degrees_of_freedom: int | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
) -> float:
    """Return the smallest true difference that a comparison with this standard error finds with chance `power`.

    It belongs beside every "no difference found": the comparison says nothing about smaller ones.

    Parameters
    ----------
    standard_error
        Of the difference, in its unit.
    degrees_of_freedom
        Prompts minus 1; t quantiles then replace the normal ones, which matters below some 30 prompts.

    Returns
    -------
    float
        In the unit of the standard error, 0.0 for a standard error of 0.

    Raises
    ------
    ValueError
        If the standard error is negative or there are no degrees of freedom.

    References
    ----------
    .. [1] Miller (2024), Adding Error Bars to Evals, arXiv:2411.00640, section 5.

    Examples
    --------
    >>> round(minimum_detectable_effect(standard_error=0.1), 3)
    0.28
    >>> round(minimum_detectable_effect(standard_error=0.1, degrees_of_freedom=7), 3)
    0.326
    """
    if not standard_error >= 0 or not math.isfinite(standard_error):
        msg = f"a standard error is a finite number of at least 0, not {standard_error}"
        raise ValueError(msg)
    if degrees_of_freedom is not None and degrees_of_freedom < 1:
        msg = "a difference of one prompt has no degrees of freedom"
        raise ValueError(msg)
    probability(alpha, name="alpha")
    probability(power, name="power")
    if degrees_of_freedom is None:
        return (z_beyond(alpha / 2) + z_beyond(1 - power)) * standard_error
    reach = sum(t_beyond(tail, degrees_of_freedom=degrees_of_freedom) for tail in (alpha / 2, 1 - power))
    return reach * standard_error


def smallest_standard_error(*, n: int, step: float) -> float:
    """Return the standard error that `n` equal prompts still leave.

    Equal values do not prove that the next one is equal. One pseudo-prompt a `step` above or below gives the mean a
    posterior standard deviation of ``step / sqrt((n+1)(n+2))`` under Dirichlet weights; times a t quantile that is
    close to the rule of three, and it matters only where the data hardly vary.

    Parameters
    ----------
    n
        Number of prompts, at least 1.
    step
        One step of the scale, in its unit; 0 for quantities without one.

    Examples
    --------
    >>> round(smallest_standard_error(n=20, step=1.0), 4)
    0.0465
    """
    return step / math.sqrt((n + 1) * (n + 2))
