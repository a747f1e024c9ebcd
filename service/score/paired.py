"""Two candidates on the same prompts: difference, interval, verdict, and what the comparison could have seen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.comparisons import Verdict
from service.domain.estimates import Estimate, undefined
from service.score.power import minimum_detectable_effect, smallest_standard_error
from service.score.samples import mean, paired, probability, variance
from service.score.tails import t_beyond, t_tail


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The first candidate minus the second.

    Attributes
    ----------
    difference
        Mean over the common prompts with its interval, in the unit of the values.
    verdict
        On the first candidate. ``equivalent`` needs the whole interval within plus or minus `epsilon`; where nothing
        can be told it is ``inconclusive``, and `minimum_detectable` says how large a difference could have been seen.
    p_value
        Two-sided, that the true difference is 0; below 1 - confidence exactly when the interval leaves 0 out.
    p_adjusted
        After Holm, where the comparison is one of several claims.
    """

    difference: Estimate
    verdict: Verdict
    epsilon: float
    standard_error: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    minimum_detectable: float | None = None


def paired_difference(
    *,
    a: Sequence[float | None],
    b: Sequence[float | None],
    epsilon: float,
    confidence: float = 0.95,
    power: float = 0.8,
    step: float = 1.0,
) -> Comparison:
    """Compare two candidates prompt by prompt.

    Parameters
    ----------
    a, b
        One value per prompt, in the same order and unit; higher is better. A prompt that is missing on either side is
        left out: see `service.score.coverage` for what it might have changed.
    epsilon
        The largest difference that does not matter, in the unit of the values, at least 0.
    power
        For the minimum detectable difference.
    step
        One step of the scale: the unit in which one more prompt could differ. 0 for quantities without one.

    Returns
    -------
    Comparison
        Without a common prompt the difference is undefined, with one it has no interval; both are ``inconclusive``.
        When all differences are equal the interval still has positive width (if `step` is above 0). Swapping a and b
        swaps signs exactly, and the order of the prompts changes nothing.

    Raises
    ------
    ValueError
        If the lengths differ, a value is NaN or infinite, or `epsilon` or `step` is negative.

    Notes
    -----
    t interval of the per-prompt differences with n - 1 degrees of freedom [1]_. Its standard error is not allowed below
    `smallest_standard_error`; with ordinary spread that changes nothing.

    References
    ----------
    .. [1] Miller (2024), Adding Error Bars to Evals, arXiv:2411.00640, section 4.

    Examples
    --------
    >>> found = paired_difference(a=[4, 5, 5, 4, 5, 4], b=[3, 3, 4, 3, 3, 3], epsilon=0.1)
    >>> found.verdict, round(found.difference.value, 2), round(found.difference.low, 2)
    ('better', 1.33, 0.79)
    >>> paired_difference(a=[4, 5, 3], b=[5, 4, 3], epsilon=0.1).verdict
    'inconclusive'
    """
    probability(confidence, name="confidence")
    if not (epsilon >= 0 and step >= 0 and math.isfinite(epsilon) and math.isfinite(step)):
        msg = f"epsilon and step are finite numbers of at least 0, not {epsilon} and {step}"
        raise ValueError(msg)
    differences = [x - y for x, y in paired(a=a, b=b)]
    n = len(differences)
    if n == 0:
        return Comparison(difference=undefined("no common prompt"), verdict="inconclusive", epsilon=epsilon)
    centre = mean(differences)
    if n == 1:
        alone = Estimate(value=centre, low=None, high=None, n=1, reason="one common prompt has no interval")
        return Comparison(difference=alone, verdict="inconclusive", epsilon=epsilon)
    error = max(math.sqrt(variance(differences) / n), smallest_standard_error(n=n, step=step))
    half = t_beyond((1 - confidence) / 2, degrees_of_freedom=n - 1) * error
    difference = Estimate(value=centre, low=centre - half, high=centre + half, n=n)
    if error > 0:
        p_value = min(1.0, 2 * t_tail(abs(centre) / error, degrees_of_freedom=n - 1))
    else:
        p_value = 1.0 if centre == 0 else 0.0
    return Comparison(
        difference=difference,
        verdict=verdict_of(low=centre - half, high=centre + half, epsilon=epsilon),
        epsilon=epsilon,
        standard_error=error,
        p_value=p_value,
        minimum_detectable=minimum_detectable_effect(
            standard_error=error, degrees_of_freedom=n - 1, alpha=1 - confidence, power=power
        ),
    )


def verdict_of(*, low: float, high: float, epsilon: float) -> Verdict:
    """Say what an interval of a difference means, higher being better.

    An interval within plus or minus `epsilon` is ``equivalent`` even if it leaves 0 out: a difference that is certain
    and too small to matter does not matter.

    Examples
    --------
    >>> verdict_of(low=0.1, high=0.4, epsilon=0.05), verdict_of(low=0.01, high=0.04, epsilon=0.05)
    ('better', 'equivalent')
    """
    if -epsilon <= low and high <= epsilon:
        return "equivalent"
    if low > 0:
        return "better"
    return "worse" if high < 0 else "inconclusive"
