"""Explain: the sentences of a recommendation. Every number in them is a field somewhere, spelled with its unit."""

from collections.abc import Mapping, Sequence

from service.domain.measurements import CandidateScores
from service.domain.selection import AnchorMove, CriterionResult, FacetOmitted, Profile, Ranked, Sensitivity
from service.domain.units import spell
from service.rank.criteria import measured
from service.rank.further import LEAST_WORTH
from service.rank.gates import blocks
from service.rank.wording import CRITERION_TITLE, CRITERION_UNIT, spell_probability, spell_score

PROVISIONAL_PROMPTS = 50
"""Below this a probability of being best is known to be too sure of itself."""
SHOWN_MOVES = 3
"""How many changes of weight a reader is told of."""


def reasons_for_model(leader: Ranked, rival: Ranked | None, profile: Profile) -> tuple[str, ...]:
    """Say why one candidate is recommended, an unproven gate first."""
    sentences = [*_reservation(leader), f"{leader.candidate} is recommended: {_standing(leader, profile)}."]
    sentences.append(_gates(leader))
    if rival is None:
        sentences.append("It is the only candidate that may be recommended.")
    else:
        sentences.append(_comparison(leader, rival))
    return tuple(sentences)


def reasons_for_tie(
    chosen: Ranked,
    tied: Sequence[Ranked],
    scores: Mapping[str, CandidateScores],
    profile: Profile,
    *,
    sure: Sequence[Ranked] = (),
    why: str | None = None,
) -> tuple[str, ...]:
    """Say who is tied and how the declared rule chose, or comparing their answers did.

    Parameters
    ----------
    sure
        Those of the tied that are within epsilon of the best with the profile's confidence: the choice is among them.
    why
        What the comparisons said, where they chose.
    """
    sentences = list(_reservation(chosen))
    if len(tied) > 1:
        names = _names([line.candidate for line in tied])
        sentences.append(f"{names} are tied: the evidence does not tell which is best.")
    else:
        sentences.append(
            f"{chosen.candidate} leads, but not with the confidence of {spell_probability(profile.confidence)} asked for."
        )
    sentences.extend(f"{line.candidate}: {_standing(line, profile)}." for line in tied)
    among = list(sure or tied)
    bar = f"within {profile.epsilon:g} of the best with a probability of at least {profile.confidence:g}"
    safe = f" of those {bar}, {_names([line.candidate for line in among])}," if len(among) < len(tied) else ""
    if len(tied) > 1 and len(among) == 1:
        sentences.append(f"The choice is {chosen.candidate}: it alone is {bar}.")
    elif why is not None:
        sentences.append(
            f"With the answers side by side, in both orders, the choice{safe} is {chosen.candidate}: {why}."
        )
    elif len(tied) > 1:
        rule = ", then ".join(CRITERION_TITLE[name] for name in profile.tie_break) or "name"
        values = [
            f"{line.candidate} {spell(value, CRITERION_UNIT[name])}"
            for name in profile.tie_break[:1]
            for line in among
            if (value := measured(scores[line.candidate], name).value) is not None
        ]
        detail = f" ({CRITERION_TITLE[profile.tie_break[0]]}: {', '.join(values)})" if values else ""
        sentences.append(
            f"By the rule declared beforehand ({rule}) the choice{safe} is {chosen.candidate}{detail}."
        )
    sentences.append(_gates(chosen))
    return tuple(sentences)


def reasons_for_none(ranked: Sequence[Ranked], nearest: Ranked | None) -> tuple[str, ...]:
    """Say why nobody can be recommended, and who came closest."""
    if nearest is None:
        return ("There is no candidate to choose from.",)
    sentences = ["No candidate may be recommended: not enough evidence, or a gate that bars each of them."]
    sentences.append(f"{nearest.candidate} comes closest: {nearest.reason}.")
    sentences.extend(
        f"{line.candidate}: {line.reason}." for line in ranked if line.candidate != nearest.candidate
    )
    return tuple(sentences)


def missing(ranked: Sequence[Ranked], profile: Profile) -> tuple[str, ...]:
    """List what would have to be measured before there is an answer."""
    found: list[str] = []
    for line in ranked:
        found.extend(
            f"{line.candidate}: {result.reason}"
            for result in line.gates
            if result.status in {"missing", "unproven"} and blocks(result, profile)
        )
        found.extend(
            f"{line.candidate}: {CRITERION_TITLE[result.criterion]} is not known: {result.note}"
            for result in line.criteria
            if result.weight > 0 and result.utility is None
        )
        if not any(blocks(result, profile) for result in line.gates) and line.score.value is not None:
            found.append(f"{line.candidate}: {line.reason}")
    return tuple(found) if ranked else ("a candidate",)


def cautions(chosen: Ranked, scores: CandidateScores) -> tuple[str, ...]:
    """List what a reader should know before relying on the choice; unproven gates lead the reasons already."""
    found: list[str] = []
    scored = sum(score is not None for score in scores.quality_by_prompt)
    if any(result.criterion == "quality" and result.weight > 0 for result in chosen.criteria):
        if scored < PROVISIONAL_PROMPTS:
            found.append(
                f"quality rests on {scored} prompts; below {PROVISIONAL_PROMPTS} the probabilities are provisional"
            )
        found.extend(
            f"{facet.facet} does not count: {facet.note or 'the judge is barred from it'}"
            for facet in scores.facets
            if not facet.decides
        )
        found.extend(
            f"{facet.facet} was scored for {facet.scored} of {facet.expected} answers"
            for facet in scores.facets
            if facet.decides and facet.scored < facet.expected
        )
    if scores.latency.provisional and scores.latency.p95.value is not None:
        found.append(f"p95 latency rests on {scores.latency.n} samples and is provisional")
    if scores.latency.drift:
        found.append(f"latency drifted while it was measured: {scores.latency.drift}")
    if scores.failed:
        found.append(f"{scores.failed} of {scores.expected} answers failed")
    if scores.truncated:
        found.append(f"{scores.truncated} answers were cut off at the token limit")
    if scores.licence.allowed == "conditional":
        found.append(f"{scores.licence.name} comes with obligations")
    found.extend(
        f"{CRITERION_TITLE[result.criterion]} is beyond the profile's anchors, so more or less of it changes nothing"
        for result in chosen.criteria
        if result.criterion != "licence" and result.weight > 0 and result.utility in {0.0, 1.0}
    )
    return tuple(found)


def would_change(
    leader: Ranked,
    sensitivity: Sequence[Sensitivity],
    anchors: Sequence[AnchorMove] = (),
    facets: Sequence[FacetOmitted] = (),
) -> tuple[str, ...]:
    """List the smallest changes that would put another candidate level or first, and what to measure next."""
    moves: list[tuple[float, str]] = []
    for line in sensitivity:
        for end, rival, verb in ((line.low, line.low_rival, "fell"), (line.high, line.high_rival, "rose")):
            if end is not None and rival is not None:
                weights = f"from {spell_score(line.weight)} to {spell_score(end)}"
                text = f"{rival} would be level with {leader.candidate} if the weight of {CRITERION_TITLE[line.criterion]} {verb} {weights}"
                moves.append((abs(end - line.weight), text))
    found = [text for _, text in sorted(moves)[:SHOWN_MOVES]]
    found += [
        f"{move.first} would be first if the '{move.anchor}' of {CRITERION_TITLE[move.criterion]} were "
        f"{spell(abs(move.factor - 1), 'share')} {'larger' if move.factor > 1 else 'smaller'}"
        for move in anchors
        if move.first != leader.candidate
    ][:SHOWN_MOVES]
    found += [
        f"{one.first} would be first if {one.facet} did not count"
        for one in facets
        if one.first != leader.candidate
    ][:SHOWN_MOVES]
    best = max(sensitivity, key=lambda line: line.evppi or 0.0, default=None)
    if best is not None and best.evppi and best.evppi >= LEAST_WORTH:
        worth = f"knowing it exactly is worth {best.evppi:.4f} of score"
        found.append(f"the most useful further measurement is {CRITERION_TITLE[best.criterion]}: {worth}")
    return tuple(found)


def _standing(line: Ranked, profile: Profile) -> str:
    score = line.score
    shown = "no score"
    if score.value is not None and score.low is not None and score.high is not None:
        shown = f"score {spell_score(score.value)} (95 % interval {spell_score(score.low)} to {spell_score(score.high)})"
    best, within = line.p_best, line.p_within
    if best is None or within is None:
        return shown
    return f"{shown}, best with probability {spell_probability(best)}, within {profile.epsilon:g} of the best with {spell_probability(within)}"


def _gates(line: Ranked) -> str:
    passed = sum(result.status == "pass" for result in line.gates)
    return (
        f"{line.candidate} passes {passed} of {len(line.gates)} gates."
        if line.gates
        else "The profile has no gates."
    )


def _reservation(line: Ranked) -> tuple[str, ...]:
    return tuple(
        f"Unproven for {line.candidate}: {result.reason}."
        for result in line.gates
        if result.status == "unproven"
    )


def _comparison(leader: Ranked, rival: Ranked) -> str:
    gap = rival.gap
    ahead = ""
    if gap is not None and gap.value is not None and gap.low is not None and gap.high is not None:
        ahead = (
            f" by {spell_score(gap.value)} (95 % interval {spell_score(gap.low)} to {spell_score(gap.high)})"
        )
    pairs = list(zip(leader.criteria, rival.criteria, strict=True))
    gains = sorted(pairs, key=lambda pair: -_gain(*pair))
    better = [_pair(*pair) for pair in gains if _gain(*pair) > 1e-9]
    worse = [_pair(*pair) for pair in reversed(gains) if _gain(*pair) < -1e-9]
    text = f"It is ahead of {rival.candidate}{ahead}"
    if better:
        text += f", thanks to {', '.join(better)}"
    if worse:
        text += f", despite {', '.join(worse)}"
    return text + "."


def _gain(ours: CriterionResult, theirs: CriterionResult) -> float:
    if ours.utility is None or theirs.utility is None:
        return 0.0
    return ours.weight * (ours.utility - theirs.utility)


def _pair(ours: CriterionResult, theirs: CriterionResult) -> str:
    unit = CRITERION_UNIT[ours.criterion]
    values = [spell(side.measured.value, unit) for side in (ours, theirs) if side.measured.value is not None]
    return f"{CRITERION_TITLE[ours.criterion]} ({' against '.join(values)})"


def _names(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
