"""Criteria: where each criterion finds its value in a candidate's measurements, and what that value earns."""

from service.domain.estimates import Estimate, undefined
from service.domain.measurements import CandidateScores
from service.domain.selection import Criterion, CriterionName, CriterionResult, Profile
from service.rank.utility import linear_utility, log_utility, normalised_weights
from service.rank.wording import CRITERION_TITLE, rounded

LOWER_IS_BETTER: frozenset[CriterionName] = frozenset(
    {"latency_mean", "latency_p95", "first_token", "memory", "disk"}
)


def measured(scores: CandidateScores, name: CriterionName) -> Estimate:
    """Return the measurement that a criterion looks at.

    `memory` is what the model adds to the device (`CandidateScores.memory`); `throughput` counts the whole answer
    (`end_to_end_rate`); `licence` is the licence table's value.
    """
    if name == "licence":
        value = scores.licence.utility
        return Estimate(value=value, low=value, high=value, n=1)
    sources: dict[CriterionName, Estimate] = {
        "quality": scores.quality,
        "latency_mean": scores.latency.mean,
        "latency_p95": scores.latency.p95,
        "first_token": scores.first_token,
        "throughput": scores.end_to_end_rate,
        "memory": scores.memory,
        "disk": scores.disk,
    }
    found = sources[name]
    if found.value is not None and found.value <= 0 and name != "quality":
        return undefined(
            f"{CRITERION_TITLE[name]} was measured as {found.value:g}, which cannot be", n=found.n
        )
    return found


def point_utility(criterion: Criterion, value: float) -> float:
    """Return what a value earns on a criterion, 0 to 1.

    Raises
    ------
    ValueError
        If the criterion has no anchors, or anchors that do not fit its scale.

    Examples
    --------
    >>> point_utility(Criterion(name="quality", weight=1.0, zero=1.0, full=5.0), 4.0)
    0.75
    """
    if criterion.name == "licence":
        return min(1.0, max(0.0, value))
    zero, full = anchors(criterion)
    return (log_utility if criterion.scale == "log" else linear_utility)(x=value, zero=zero, full=full)


def anchors(criterion: Criterion) -> tuple[float, float]:
    """Return zero and full of a criterion, which all but the licence must have."""
    if criterion.zero is None or criterion.full is None:
        msg = f"The criterion {criterion.name!r} needs both anchors, zero and full, in the profile."
        raise ValueError(msg)
    return criterion.zero, criterion.full


def criterion_shares(profile: Profile) -> tuple[float, ...]:
    """Return the weights of the profile's criteria as shares that sum to 1.

    Raises
    ------
    ValueError
        If the profile names a criterion twice, has none, or all its weights are zero.
    """
    names = [criterion.name for criterion in profile.criteria]
    if len(set(names)) != len(names):
        msg = f"The profile {profile.name!r} names a criterion twice; give each one weight."
        raise ValueError(msg)
    if not names:
        msg = f"The profile {profile.name!r} has no criteria; name at least one with a weight above zero."
        raise ValueError(msg)
    return tuple(normalised_weights([criterion.weight for criterion in profile.criteria]).tolist())


def results(scores: CandidateScores, profile: Profile) -> tuple[CriterionResult, ...]:
    """Return what a candidate earns on each criterion; ``None`` with a note where it was not measured, never 0."""
    shares = criterion_shares(profile)
    found: list[CriterionResult] = []
    for criterion, share in zip(profile.criteria, shares, strict=True):
        estimate = measured(scores, criterion.name)
        earned = None if estimate.value is None else rounded(point_utility(criterion, estimate.value))
        found.append(
            CriterionResult(
                criterion=criterion.name,
                weight=rounded(share),
                measured=rounded_estimate(estimate),
                utility=earned,
                note=estimate.reason if earned is None else None,
            )
        )
    return tuple(found)


def rounded_estimate(estimate: Estimate) -> Estimate:
    """Return the estimate with nine significant digits.

    Examples
    --------
    >>> rounded_estimate(Estimate(value=1 / 3, low=0.0, high=1.0, n=3)).value
    0.333333333
    """
    return Estimate(
        value=None if estimate.value is None else rounded(estimate.value),
        low=None if estimate.low is None else rounded(estimate.low),
        high=None if estimate.high is None else rounded(estimate.high),
        n=estimate.n,
        reason=estimate.reason,
    )
