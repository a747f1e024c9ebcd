"""Flips: who would come first if an anchor of the profile lay elsewhere, or a facet did not count."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

from service.domain.measurements import CandidateScores
from service.domain.selection import AnchorMove, Criterion, FacetOmitted, Profile, Ranked
from service.rank.criteria import anchors, criterion_shares, measured
from service.rank.robustness import anchor_sensitivity, leave_one_facet_out

SHARE = 0.2
"""By how much of itself an anchor is moved."""


def anchor_moves(
    *, ranked: Sequence[Ranked], scores: Mapping[str, CandidateScores], profile: Profile
) -> tuple[AnchorMove, ...]:
    """Return who is first when each anchor in turn is a fifth smaller and a fifth larger.

    Parameters
    ----------
    ranked
        The eligible, by rank; of equal scores the first one stays first.
    scores
        Their measurements by name.

    Returns
    -------
    tuple of AnchorMove
        Empty without candidates. The licence has no anchors, and criteria that count nothing are left out.
    """
    shares = criterion_shares(profile)
    used = [c for c, share in enumerate(shares) if share > 0]
    criteria = [profile.criteria[c] for c in used]
    if not ranked:
        return ()
    table = [[_value(scores[line.candidate], criterion) for criterion in criteria] for line in ranked]
    ends = [_ends(criterion) for criterion in criteria]
    moves = anchor_sensitivity(
        values=table,
        zero=[zero for zero, _ in ends],
        full=[full for _, full in ends],
        weights=[shares[c] for c in used],
        logarithmic=[criterion.name != "licence" and criterion.scale == "log" for criterion in criteria],
        change=SHARE,
    )
    return tuple(
        AnchorMove(
            criterion=criteria[move.criterion].name,
            anchor=move.anchor,
            factor=move.factor,
            first=ranked[move.leader].candidate,
        )
        for move in moves
        if criteria[move.criterion].name != "licence"
    )


def facets_omitted(
    *, ranked: Sequence[Ranked], scores: Mapping[str, CandidateScores], profile: Profile
) -> tuple[FacetOmitted, ...]:
    """Return who is first when each facet in turn does not count.

    Every facet is averaged over the prompts that have a quality score, so that with all facets the quality would be what
    it is.

    Returns
    -------
    tuple of FacetOmitted
        Empty where quality counts nothing, rests on one facet, or on other facets for one candidate than for another, or
        for one prompt than for another.
    """
    place = next((at for at, one in enumerate(profile.criteria) if one.name == "quality"), None)
    share = 0.0 if place is None else criterion_shares(profile)[place]
    if place is None or share <= 0 or not ranked:
        return ()
    tables = [_facet_means(scores[line.candidate]) for line in ranked]
    names = tuple(tables[0])
    partly = any(facet.unscored for facet in scores[ranked[0].candidate].facets if facet.facet in names)
    if any(tuple(table) != names for table in tables) or len(names) < 2 or partly:
        return ()
    weights = {
        facet.facet: facet.weight for facet in scores[ranked[0].candidate].facets if facet.facet in names
    }
    zero, full = anchors(profile.criteria[place])
    found = leave_one_facet_out(
        facets=[[table[name] for name in names] for table in tables],
        facet_weights=[weights[name] for name in names],
        quality_share=share,
        rest=[
            math.fsum(
                one.weight * (one.utility or 0.0) for at, one in enumerate(line.criteria) if at != place
            )
            for line in ranked
        ],
        zero=zero,
        full=full,
    )
    return tuple(FacetOmitted(facet=names[one.facet], first=ranked[one.leader].candidate) for one in found)


def _facet_means(scores: CandidateScores) -> dict[str, float]:
    """Return the mean of each deciding facet over the prompts that have a quality score."""
    kept = [at for at, score in enumerate(scores.quality_by_prompt) if score is not None]
    found: dict[str, float] = {}
    for facet in scores.facets:
        values = [value for at in kept if (value := facet.by_prompt[at]) is not None]
        if facet.decides and facet.weight > 0 and values:
            found[facet.facet] = fmean(values)
    return found


def _value(scores: CandidateScores, criterion: Criterion) -> float:
    value = measured(scores, criterion.name).value
    if value is None:
        msg = f"{scores.candidate} is ranked without a value of {criterion.name}."
        raise ValueError(msg)
    return value


def _ends(criterion: Criterion) -> tuple[float, float]:
    return (0.0, 1.0) if criterion.name == "licence" else anchors(criterion)
