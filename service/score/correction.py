"""A judge's mean, corrected by a few people's labels: prediction-powered inference."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.estimates import Estimate, undefined
from service.score.power import smallest_standard_error
from service.score.samples import mean, paired, present, probability, variance
from service.score.tails import t_beyond


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedMean:
    """The mean a person would give, from many judged prompts and few labelled ones.

    Attributes
    ----------
    estimate, low, high
        On the people's scale; ``None`` where it is undefined, and `reason` says why.
    standard_error
        Of the estimate.
    power
        How far the judge is believed, 0 to 1 (lambda): 0 is the people's mean alone.
    labelled, unlabelled
        Prompts with a label, and further prompts with a judged score only.
    """

    estimate: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    power: float
    labelled: int
    unlabelled: int
    reason: str | None = None

    @property
    def as_estimate(self) -> Estimate:
        """The same as an `Estimate`; its `n` counts the labelled prompts, which bound what can be known."""
        if self.estimate is None:
            return undefined(self.reason or "no labels", n=self.labelled)
        return Estimate(
            value=self.estimate, low=self.low, high=self.high, n=self.labelled, reason=self.reason
        )


def ppi_mean(
    *,
    labels: Sequence[float | None],
    judged: Sequence[float | None],
    unlabelled: Sequence[float | None],
    confidence: float = 0.95,
    step: float = 1.0,
) -> CorrectedMean:
    """Estimate the mean label over all prompts, using the judge where there is no label.

    Parameters
    ----------
    labels, judged
        One value per labelled prompt: the people's mean score and the judge's mean score of the same answers, in the
        same order. Several answers to one prompt are averaged first; the prompt is the unit. ``None`` is missing.
    unlabelled
        The judge's mean score for every other prompt.
    step
        One step of the scale, for the smallest standard error of `service.score.power`.

    Returns
    -------
    CorrectedMean
        Undefined without labels, and without interval for one label. `power` is 0, and the result the labels' own mean
        with its t interval, when there are no unlabelled prompts, fewer than two labels, or judged scores that never
        differ or run against the labels. Labels that are all equal still have an interval of positive width.

    Raises
    ------
    ValueError
        If there is not one judged score per label, or a value is NaN or infinite.

    Notes
    -----
    ``theta = lam mean(U) + mean(Y - lam J)`` with ``Var = lam**2 var(U)/N + var(Y - lam J)/n``, ddof 1, and a t
    quantile with n - 1 degrees of freedom: the normal one covers 92 % with 20 labels. ``lam = cov(Y, J) /
    ((1 + n/N) var)`` clipped to [0, 1], where the covariance is over the labelled prompts (ddof 0) and the variance
    over all judged scores (ddof 1), as the authors' own implementation tunes it; any lambda leaves theta unbiased.

    One call corrects one candidate. For a difference of two, label both on the same prompts and give the per-prompt
    differences: a judge's bias is not the same for every family of models.

    References
    ----------
    .. [1] Angelopoulos, Duchi and Zrnic (2023), PPI++, arXiv:2311.01453, section 6.

    Examples
    --------
    >>> found = ppi_mean(labels=[3, 2, 4, 3], judged=[4, 3, 5, 4], unlabelled=[4, 4, 5, 3, 4, 4, 3, 5])
    >>> round(found.estimate, 2), round(found.power, 2), found.labelled
    (3.0, 0.61, 4)
    """
    probability(confidence, name="confidence")
    pairs = sorted(paired(a=labels, b=judged))
    own = [y for y, _ in pairs]
    seen = [j for _, j in pairs]
    rest = sorted(present(values=unlabelled, name="unlabelled"))
    n, further = len(own), len(rest)
    if n == 0:
        return _without_interval(value=None, reason="no labels", labelled=0, unlabelled=further)
    if n == 1:
        return _without_interval(
            value=own[0], reason="one label has no interval", labelled=1, unlabelled=further
        )
    power = _power(own=own, seen=seen, rest=rest)
    residuals = [y - power * j for y, j in pairs]
    estimate = mean(residuals) + (power * mean(rest) if power > 0 else 0.0)
    spread = variance(residuals) / n
    if power > 0 and further > 1:
        spread += power**2 * variance(rest) / further
    error = max(math.sqrt(spread), smallest_standard_error(n=n, step=step))
    half = t_beyond((1 - confidence) / 2, degrees_of_freedom=n - 1) * error
    return CorrectedMean(
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        standard_error=error,
        power=power,
        labelled=n,
        unlabelled=further,
    )


def _power(*, own: Sequence[float], seen: Sequence[float], rest: Sequence[float]) -> float:
    n, further = len(own), len(rest)
    everything = [*seen, *rest]
    # one unlabelled prompt has no variance of its own to enter the interval
    if further < 2 or min(seen) == max(seen) or min(own) == max(own):
        return 0.0
    together = float(np.mean((np.array(own) - mean(own)) * (np.array(seen) - mean(seen))))
    return min(1.0, max(0.0, together / ((1 + n / further) * variance(everything))))


def _without_interval(*, value: float | None, reason: str, labelled: int, unlabelled: int) -> CorrectedMean:
    return CorrectedMean(
        estimate=value,
        low=None,
        high=None,
        standard_error=None,
        power=0.0,
        labelled=labelled,
        unlabelled=unlabelled,
        reason=reason,
    )
