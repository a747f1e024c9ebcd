"""What missing samples could change: bounds of a mean, and of a decision between two candidates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from service.domain.comparisons import Verdict
from service.domain.estimates import Estimate
from service.score.means import SCALE, score_mean
from service.score.paired import Comparison, paired_difference
from service.score.samples import present, prompt_means


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanBounds:
    """The mean if every missing sample were the worst, and if every one were the best.

    Attributes
    ----------
    worst, best
        Each with the interval it would have; the mean of all prompts lies between ``worst.value`` and ``best.value``
        whatever the reason the samples are missing.
    missing, expected
        Samples.
    """

    worst: Estimate
    best: Estimate
    missing: int
    expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionBounds:
    """A comparison under the worst and the best case for the first candidate.

    Attributes
    ----------
    verdict
        The verdict of both cases if they agree; ``undecided`` if the missing samples could change it.
    """

    worst: Comparison
    best: Comparison
    verdict: Verdict | Literal["undecided"]
    missing: int
    expected: int


def mean_bounds(
    *,
    samples: Sequence[Sequence[float | None]],
    confidence: float = 0.95,
    scale: Sequence[float] = SCALE,
    seed: int = 0,
) -> MeanBounds:
    """Bound a mean score when samples are missing, without a guess about why.

    Answers that fail are seldom missing at random: the hard prompts time out. Leaving them out flatters a candidate;
    counting them as 0 or 1 invents a score. The bounds do neither.

    Parameters
    ----------
    samples
        Per prompt its scores, one place per answer that should have one; ``None`` where it is missing.
    scale
        Its ends are the worst and the best case.

    Returns
    -------
    MeanBounds
        With nothing missing both bounds are the plain estimate. With everything missing they are the ends of the
        scale. Without any expected sample both are undefined; prompts without a place are left out.

    Raises
    ------
    ValueError
        If a score is NaN or off the scale.

    References
    ----------
    .. [1] Manski (1989), Journal of Human Resources 24, 343-360.

    Examples
    --------
    >>> bounds = mean_bounds(samples=[(4,), (4,), (None,), (4,)])
    >>> bounds.worst.value, bounds.best.value, bounds.missing
    (3.25, 4.25, 1)
    """
    levels = present(values=scale, name="scale")
    worst, best = (
        score_mean(by_prompt=_filled(samples, fill=end), confidence=confidence, scale=scale, seed=seed)
        for end in (min(levels), max(levels))
    )
    missing, expected = _counts(samples)
    return MeanBounds(worst=worst, best=best, missing=missing, expected=expected)


def decision_bounds(
    *,
    a: Sequence[Sequence[float | None]],
    b: Sequence[Sequence[float | None]],
    epsilon: float,
    confidence: float = 0.95,
    scale: Sequence[float] = SCALE,
) -> DecisionBounds:
    """Tell whether missing samples could change the verdict between two candidates.

    Parameters
    ----------
    a, b
        Per prompt the scores, prompts in the same order, one place per answer that should have one.
    epsilon
        The largest difference that does not matter, in points.

    Returns
    -------
    DecisionBounds
        In the worst case every missing score of `a` is the lowest and of `b` the highest of the scale; in the best
        case the reverse. With nothing missing both are the plain comparison.

    Raises
    ------
    ValueError
        If the numbers of prompts differ, or a score is NaN or off the scale.

    References
    ----------
    .. [1] Manski (1989), Journal of Human Resources 24, 343-360.

    Examples
    --------
    >>> a, b = [(5,)] * 29 + [(None,)], [(3,)] * 30
    >>> decision_bounds(a=a, b=b, epsilon=0.1).verdict
    'better'
    >>> decision_bounds(a=a[:3] + [(None,)] * 27, b=b, epsilon=0.1).verdict
    'undecided'
    """
    levels = present(values=scale, name="scale")
    low, high = min(levels), max(levels)
    if any(
        not low <= v <= high for side in (a, b) for row in side for v in present(values=row, name="samples")
    ):
        msg = f"a score is off the scale of {low:g} to {high:g}"
        raise ValueError(msg)
    worst, best = (
        paired_difference(
            a=_filled(a, fill=mine), b=_filled(b, fill=theirs), epsilon=epsilon, confidence=confidence
        )
        for mine, theirs in ((low, high), (high, low))
    )
    missing, expected = (sum(pair) for pair in zip(_counts(a), _counts(b), strict=True))
    return DecisionBounds(
        worst=worst,
        best=best,
        verdict=worst.verdict if worst.verdict == best.verdict else "undecided",
        missing=missing,
        expected=expected,
    )


def _filled(samples: Sequence[Sequence[float | None]], *, fill: float) -> tuple[float | None, ...]:
    return prompt_means(samples=[[fill if value is None else value for value in row] for row in samples])


def _counts(samples: Sequence[Sequence[float | None]]) -> tuple[int, int]:
    return sum(value is None for row in samples for value in row), sum(len(row) for row in samples)
