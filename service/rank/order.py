"""Order: candidates' measurements and a profile in, the ranking and the recommendation out. Read this first."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from service.domain.estimates import undefined
from service.domain.measurements import CandidateScores
from service.domain.selection import Profile, Ranked, Ranking, Sensitivity
from service.rank.acceptability import choice, smaa, weigh
from service.rank.criteria import criterion_shares, results
from service.rank.flips import anchor_moves, facets_omitted
from service.rank.further import further
from service.rank.gates import gate_results
from service.rank.pareto import front_probability, pareto_front
from service.rank.recommend import Settle, barred, recommend, tie_break_key, undecided
from service.rank.reweigh import interval
from service.rank.sample import Sample, sample
from service.rank.sensitivity import stability_interval
from service.rank.utility import FloatArray, weighted_sum
from service.rank.value import evpi, evppi
from service.rank.wording import rounded


def order(*, scores: Sequence[CandidateScores], profile: Profile, seed: int, draws: int = 10_000) -> Ranking:
    """Rank the candidates and say which one to choose, or that it cannot be said.

    Parameters
    ----------
    scores
        In any order; no candidate may appear twice and all must have been asked the same prompts.
    seed, draws
        The same scores, profile, seed and draws give the same ranking to the last byte, at nine significant digits.

    Returns
    -------
    Ranking
        Eligible candidates by rank, then the others. A candidate's score and interval depend on its own measurements
        only. Without candidates, prompts or anyone who passes the gates the decision is ``none`` and says what is missing.

    Raises
    ------
    ValueError
        If names repeat, prompts differ, all weights are zero, or the profile lacks an anchor or limit.

    References
    ----------
    .. [1] Keeney and Raiffa (1976): additive value on absolute anchors.
    .. [2] Lahdelma and Salminen (2001), SMAA-2: acceptability under uncertainty.
    """
    return rank(
        scores=scores, profile=profile, drawn=sample(scores=scores, profile=profile, seed=seed, draws=draws)
    )


def rank(
    *, scores: Sequence[CandidateScores], profile: Profile, drawn: Sample, settle: Settle = undecided
) -> Ranking:
    """Rank from stored draws: new weights, gates, epsilon or confidence, without drawing again.

    Parameters
    ----------
    drawn
        From `sample`, for the same candidates and the same criteria with the same anchors.
    settle
        Asked who of those that are tied is preferred, before the profile's rule for ties.

    Raises
    ------
    ValueError
        If the sample was drawn for other candidates, criteria or anchors.
    """
    ordered = sorted(scores, key=lambda one: one.candidate)
    _check(ordered, profile, drawn)
    shares = np.array(criterion_shares(profile))
    weighed = weigh(utilities=drawn.utilities, shares=shares)
    lines = [
        _line(one, profile, shares=shares, weighed=weighed[m], known=drawn.known[m])
        for m, one in enumerate(ordered)
    ]
    by_name = {one.candidate: one for one in ordered}
    eligible = [m for m, line in enumerate(lines) if line.eligible]
    eligible.sort(key=lambda m: (-_value(lines[m]), tie_break_key(ordered[m], profile)))
    if eligible:
        _place(lines, eligible, profile=profile, drawn=drawn, shares=shares, weighed=weighed)
    rest = [m for m in range(len(lines)) if not lines[m].eligible]
    rest.sort(key=lambda m: (-_value(lines[m]), lines[m].candidate))
    placed = tuple(lines[m] for m in (*eligible, *rest))
    first = [lines[m] for m in eligible]
    worth, sensitivity = _sensitivity(first, profile, drawn, shares, weighed, eligible)
    moves = anchor_moves(ranked=first, scores=by_name, profile=profile)
    omitted = facets_omitted(ranked=first, scores=by_name, profile=profile)
    return Ranking(
        profile=profile.name,
        seed=drawn.seed,
        draws=drawn.utilities.shape[2],
        candidates=placed,
        recommendation=recommend(
            ranked=placed,
            scores=by_name,
            profile=profile,
            sensitivity=sensitivity,
            anchors=moves,
            facets=omitted,
            settle=settle,
        ),
        evpi=worth,
        sensitivity=sensitivity,
        anchors=moves,
        facets=omitted,
        further=further(ranked=placed, sensitivity=sensitivity),
    )


def _line(
    one: CandidateScores,
    profile: Profile,
    *,
    shares: FloatArray,
    weighed: FloatArray,
    known: tuple[bool, ...],
) -> Ranked:
    criteria = results(one, profile)
    gates = gate_results(scores=one, profile=profile)
    counted = [c for c, share in enumerate(shares) if share > 0]
    if all(known[c] for c in counted):
        earned = [criteria[c].utility or 0.0 for c in counted]
        value = weighted_sum(utilities=earned, shares=[float(shares[c]) for c in counted])
        n = min(
            (criteria[c].measured.n for c in counted if criteria[c].criterion == "quality"),
            default=len(one.prompts),
        )
        score = interval(value=value, draws=weighed, n=n)
    else:
        lacking = [criteria[c].criterion for c in counted if not known[c]]
        score = undefined(f"no score without {', '.join(lacking)}")
    reasons = barred(one, profile=profile, gates=gates, criteria=criteria)
    return Ranked(
        candidate=one.candidate,
        rank=None,
        eligible=not reasons,
        score=score,
        gates=gates,
        criteria=criteria,
        reason="; ".join(reasons) or None,
    )


def _place(
    lines: list[Ranked],
    eligible: Sequence[int],
    *,
    profile: Profile,
    drawn: Sample,
    shares: FloatArray,
    weighed: FloatArray,
) -> None:
    """Fill in what only a comparison can tell, in canonical order of the candidates."""
    canonical = sorted(eligible)
    among = choice(scores=weighed[canonical], epsilon=profile.epsilon)
    used = [c for c, share in enumerate(shares) if share > 0]
    cube = drawn.utilities[np.ix_(canonical, used)]
    first = smaa(
        utilities=cube, draws=cube.shape[2], seed=drawn.seed, weights=[float(shares[c]) for c in used]
    )
    front = pareto_front(utilities=[[lines[m].criteria[c].utility or 0.0 for c in used] for m in canonical])
    p_front = front_probability(utilities=cube)
    leader = eligible[0]
    for spot, m in enumerate(canonical):
        line = lines[m]
        gap = None
        if m != leader:
            ahead = _value(lines[leader]) - _value(line)
            n = min(line.score.n, lines[leader].score.n)
            gap = interval(value=ahead, draws=weighed[leader] - weighed[m], n=n)
        lines[m] = replace(
            line,
            rank=eligible.index(m) + 1,
            p_best=rounded(among.p_best[spot]),
            p_within=rounded(among.p_within[spot]),
            expected_regret=rounded(among.expected_regret[spot]),
            regret_high=rounded(among.regret_high[spot]),
            acceptability=tuple(rounded(share) for share in among.acceptability[spot]),
            on_front=front[spot],
            p_front=rounded(p_front[spot]),
            p_first_weights=rounded(first.first_rank[spot]),
            gap=gap,
        )


def _sensitivity(
    ranked: Sequence[Ranked],
    profile: Profile,
    drawn: Sample,
    shares: FloatArray,
    weighed: FloatArray,
    eligible: Sequence[int],
) -> tuple[float | None, tuple[Sensitivity, ...]]:
    if not ranked:
        return None, ()
    canonical = sorted(eligible)
    used = [c for c, share in enumerate(shares) if share > 0]
    table = [[line.criteria[c].utility or 0.0 for c in used] for line in ranked]
    some = shares[used]
    worth = evppi(utilities=drawn.utilities[np.ix_(canonical, used)], shares=some)
    lines: list[Sensitivity] = []
    for place, c in enumerate(used):
        held = stability_interval(utilities=table, weights=some, index=place, leader=0)
        lines.append(
            Sensitivity(
                criterion=profile.criteria[c].name,
                weight=rounded(float(shares[c])),
                low=None if held.low is None else rounded(held.low),
                high=None if held.high is None else rounded(held.high),
                low_rival=None if held.low_rival is None else ranked[held.low_rival].candidate,
                high_rival=None if held.high_rival is None else ranked[held.high_rival].candidate,
                evppi=rounded(worth[place]),
            )
        )
    return rounded(evpi(scores=weighed[canonical])), tuple(lines)


def _value(line: Ranked) -> float:
    return -1.0 if line.score.value is None else line.score.value


def _check(ordered: Sequence[CandidateScores], profile: Profile, drawn: Sample) -> None:
    if tuple(one.candidate for one in ordered) != drawn.candidates:
        msg = "The stored draws are for other candidates; draw again."
        raise ValueError(msg)
    if [replace(c, weight=0.0) for c in profile.criteria] != [replace(c, weight=0.0) for c in drawn.criteria]:
        msg = "The stored draws are for other criteria or anchors; draw again."
        raise ValueError(msg)
