"""Recommend: from a ranking to a choice, a tie broken by a rule declared beforehand, or an honest "none".

Every number in a sentence is a field of the ranking, of the profile or of the candidate's measurements.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from service.domain.measurements import CandidateScores
from service.domain.selection import (
    AnchorMove,
    CriterionResult,
    FacetOmitted,
    GateResult,
    Profile,
    Ranked,
    Recommendation,
    Sensitivity,
)
from service.domain.units import spell
from service.rank.criteria import LOWER_IS_BETTER, measured
from service.rank.explain import (
    cautions,
    missing,
    reasons_for_model,
    reasons_for_none,
    reasons_for_tie,
    would_change,
)
from service.rank.gates import blocks
from service.rank.wording import CRITERION_TITLE, rounded

MINIMUM_PROMPTS = 8
"""Below this the intervals have not been shown to hold, so quality decides nothing."""
MINIMUM_COVERAGE = 0.8
"""Share of a facet's answers that must have a score; what is missing is seldom missing by chance."""


Settle = Callable[[tuple[str, ...]], tuple[str, str] | None]
"""Says of candidates that are tied who is preferred and why, from evidence that the ranking does not hold; or nothing."""


def undecided(_tied: tuple[str, ...]) -> None:
    """Prefer nobody."""


def recommend(
    *,
    ranked: Sequence[Ranked],
    scores: Mapping[str, CandidateScores],
    profile: Profile,
    sensitivity: Sequence[Sensitivity] = (),
    anchors: Sequence[AnchorMove] = (),
    facets: Sequence[FacetOmitted] = (),
    settle: Settle = undecided,
) -> Recommendation:
    """Return the choice that the ranking supports.

    Parameters
    ----------
    ranked
        All candidates, the eligible ones first and by rank.
    scores
        Their measurements by name.
    sensitivity, anchors, facets
        What would put another candidate first.
    settle
        Asked, before the profile's rule is, about those of a tie among whom there is something to choose.

    Returns
    -------
    Recommendation
        ``model`` when the first-ranked is within epsilon of the best with the profile's confidence and nobody else may be;
        ``tie`` with the tie set (everyone whose chance of that is at least one minus the confidence) and the choice of the
        declared rule; ``none`` when nobody is eligible.

    Notes
    -----
    In a tie the rule chooses among those that are within epsilon of the best with the profile's confidence, so that what it
    picks is as safe as a clear winner; where nobody is, among all that are tied. So does what `settle` prefers.
    """
    eligible = [line for line in ranked if line.eligible]
    if not eligible:
        nearest = nearest_miss(ranked, profile)
        return Recommendation(
            decision="none",
            candidate=None,
            runner_up=None,
            tie_set=(),
            reasons=reasons_for_none(ranked, nearest),
            missing=missing(ranked, profile),
            nearest_miss=None if nearest is None else nearest.candidate,
        )
    leader = eligible[0]
    tied = tie_set(ranked=eligible, profile=profile)
    sure = _sure(tied, profile)
    if sure and len(tied) == 1:
        rival = eligible[1] if len(eligible) > 1 else None
        return Recommendation(
            decision="model",
            candidate=leader.candidate,
            runner_up=None if rival is None else rival.candidate,
            tie_set=(),
            reasons=reasons_for_model(leader, rival, profile),
            cautions=cautions(leader, scores[leader.candidate]),
            obligations=scores[leader.candidate].licence.obligations,
            missing=(),
            would_change=would_change(leader, sensitivity, anchors, facets),
        )
    among = sure or tied
    names = tuple(line.candidate for line in among)
    settled = settle(names) if len(among) > 1 else None
    if settled is not None and settled[0] in names:
        chosen, why = among[names.index(settled[0])], settled[1]
    else:
        chosen, why = min(among, key=lambda line: tie_break_key(scores[line.candidate], profile)), None
    others = [line for line in tied if line is not chosen]
    rival = others[0] if others else next((line for line in eligible if line is not chosen), None)
    return Recommendation(
        decision="tie",
        candidate=chosen.candidate,
        runner_up=None if rival is None else rival.candidate,
        tie_set=tuple(line.candidate for line in tied),
        reasons=reasons_for_tie(chosen, tied, scores, profile, sure=sure, why=why),
        cautions=cautions(chosen, scores[chosen.candidate]),
        obligations=scores[chosen.candidate].licence.obligations,
        missing=(),
        would_change=would_change(leader, sensitivity, anchors, facets),
        equals=tuple(line.candidate for line in others),
        settled_by="rule" if why is None else "pairs",
    )


def undetermined(ranked: Sequence[Ranked], profile: Profile) -> tuple[str, ...]:
    """Return those of a tie among whom something has to choose; none where nobody or one alone is to be chosen."""
    eligible = [line for line in ranked if line.eligible]
    if not eligible:
        return ()
    tied = tie_set(ranked=eligible, profile=profile)
    among = _sure(tied, profile) or tied
    return tuple(line.candidate for line in among) if len(among) > 1 else ()


def _sure(tied: Sequence[Ranked], profile: Profile) -> tuple[Ranked, ...]:
    return tuple(line for line in tied if _within(line) >= profile.confidence)


def tie_set(*, ranked: Sequence[Ranked], profile: Profile) -> tuple[Ranked, ...]:
    """Return the eligible whose chance of being within epsilon of the best is at least one minus the confidence.

    The first-ranked is always among them.
    """
    return tuple(
        line
        for place, line in enumerate(ranked)
        if place == 0 or _within(line) >= 1 - profile.confidence - 1e-12
    )


def _within(line: Ranked) -> float:
    return line.p_within or 0.0


def tie_break_key(scores: CandidateScores, profile: Profile) -> tuple[tuple[float, ...], str]:
    """Return what the declared rule sorts by: the better value first, the unknown last, the name in the end."""
    key: list[float] = []
    for name in profile.tie_break:
        value = measured(scores, name).value
        sign = 1.0 if name in LOWER_IS_BETTER else -1.0
        key.append(math.inf if value is None else sign * rounded(value))
    return tuple(key), scores.candidate


def barred(
    scores: CandidateScores,
    *,
    profile: Profile,
    gates: Sequence[GateResult],
    criteria: Sequence[CriterionResult],
) -> tuple[str, ...]:
    """Return every reason why a candidate may not be recommended; none if it may."""
    reasons = [result.reason for result in gates if blocks(result, profile)]
    counted = [result for result in criteria if result.weight > 0]
    reasons.extend(
        f"{CRITERION_TITLE[result.criterion]} is not known: {result.note}"
        for result in counted
        if result.utility is None
    )
    if any(result.criterion == "quality" and result.utility is not None for result in counted):
        scored = sum(score is not None for score in scores.quality_by_prompt)
        if scored < MINIMUM_PROMPTS:
            reasons.append(
                f"only {scored} prompts have a quality score; at least {MINIMUM_PROMPTS} are needed"
            )
        reasons.extend(
            f"{facet.facet} was scored for only {facet.scored} of {facet.expected} answers; "
            f"at least {spell(MINIMUM_COVERAGE, 'share')} are needed"
            for facet in scores.facets
            if facet.decides and facet.scored < MINIMUM_COVERAGE * facet.expected
        )
    return tuple(reasons)


def nearest_miss(ranked: Sequence[Ranked], profile: Profile) -> Ranked | None:
    """Return the candidate that fails least: fewest blocking gates, then the higher score, then the name."""
    if not ranked:
        return None
    return min(
        ranked,
        key=lambda line: (
            sum(blocks(result, profile) for result in line.gates)
            + sum(result.utility is None and result.weight > 0 for result in line.criteria),
            -(line.score.value if line.score.value is not None else -1.0),
            line.candidate,
        ),
    )
