"""People: how far the judge agrees with them, and the quality corrected by their scores."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from statistics import fmean

from service.domain.annotations import Annotation, Correction, FacetAgreement, People, item_id
from service.domain.estimates import Estimate, undefined
from service.domain.findings import Item
from service.domain.measurements import CandidateScores, FacetScore
from service.score.agreement import agreement
from service.score.correction import ppi_mean

ENOUGH = 20
"""Labelled prompts of each candidate from which the corrected intervals were shown to hold."""

Given = Mapping[tuple[str, str], Mapping[str, int]]
"""Item and facet to annotator to score."""


def people(
    *,
    evaluation: str,
    annotations: Sequence[Annotation],
    items: Sequence[Item],
    scores: Sequence[CandidateScores],
) -> People | None:
    """Return what people's scores say of the judge's; ``None`` where there are none.

    Parameters
    ----------
    items
        Every answer with its scores.
    scores
        The candidates, with the facets that decide.

    Returns
    -------
    People
        `counted` where every candidate has enough prompts on which people scored every deciding facet: correcting some
        candidates and not others would compare a person with a judge.
    """
    if not annotations:
        return None
    given: dict[tuple[str, str], dict[str, int]] = {}
    for one in annotations:
        given.setdefault((one.item, one.facet), {})[one.annotator] = one.score
    names = {id(item): item_id(evaluation, item.prompt, item.answer) for item in items}
    facets = tuple(facet.facet for facet in scores[0].facets) if scores else ()
    corrections = tuple(_corrected(one, items, names, given) for one in scores)
    fewest = min((one.labelled for one in corrections), default=0)
    counted = fewest >= ENOUGH
    return People(
        annotators=tuple(sorted({one.annotator for one in annotations})),
        items=len({one.item for one in annotations}),
        facets=tuple(_agreement(facet, items, names, given) for facet in facets),
        corrections=corrections,
        counted=counted,
        needed=max(0, ENOUGH - fewest),
        reason=f"people scored at least {fewest} prompts of every candidate"
        if counted
        else f"people scored only {fewest} prompts of some candidate on every facet that decides; {ENOUGH} are needed",
    )


def corrected(*, scores: Sequence[CandidateScores], found: People | None) -> tuple[CandidateScores, ...]:
    """Return the candidates with the corrected quality, where there is enough to correct by."""
    if found is None or not found.counted:
        return tuple(scores)
    by_name = {one.candidate: one.corrected for one in found.corrections}
    return tuple(replace(one, quality=_on_scale(by_name[one.candidate])) for one in scores)


def _on_scale(estimate: Estimate) -> Estimate:
    """Keep an estimate within 1 and 5: nobody can give more or less."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate
    value, low, high = (min(5.0, max(1.0, end)) for end in (estimate.value, estimate.low, estimate.high))
    return replace(estimate, value=value, low=low, high=high)


def _corrected(
    one: CandidateScores, items: Sequence[Item], names: Mapping[int, str], given: Given
) -> Correction:
    deciding = [facet for facet in one.facets if facet.decides and facet.weight > 0]
    own: dict[str, list[tuple[float, float]]] = {}
    for item in items:
        pair = _pair(item, names[id(item)], deciding, given) if item.candidate == one.candidate else None
        if pair is not None:
            own.setdefault(item.prompt, []).append(pair)
    labelled = sorted(own)
    rest = [
        score
        for prompt, score in zip(one.prompts, one.quality_by_prompt, strict=True)
        if prompt not in own and score is not None
    ]
    found = ppi_mean(
        labels=[fmean(label for label, _ in own[prompt]) for prompt in labelled],
        judged=[fmean(judged for _, judged in own[prompt]) for prompt in labelled],
        unlabelled=rest,
    )
    return Correction(
        candidate=one.candidate,
        judged=one.quality,
        corrected=found.as_estimate,
        power=found.power,
        labelled=found.labelled,
        unlabelled=found.unlabelled,
    )


def _pair(item: Item, name: str, facets: Sequence[FacetScore], given: Given) -> tuple[float, float] | None:
    """Return what people and the judge give one answer in all; ``None`` where a facet lacks either."""
    deciding = {facet.facet: facet.weight for facet in facets if item.prompt not in facet.unscored}
    if not deciding or any((name, facet) not in given or facet not in item.scores for facet in deciding):
        return None
    total = sum(deciding.values())
    label = sum(weight * fmean(given[name, facet].values()) for facet, weight in deciding.items())
    judged = sum(weight * item.scores[facet] for facet, weight in deciding.items())
    return label / total, judged / total


def _agreement(facet: str, items: Sequence[Item], names: Mapping[int, str], given: Given) -> FacetAgreement:
    rows: dict[str, tuple[float, float, str]] = {}
    for item in items:
        name = names[id(item)]
        if (name, facet) in given and facet in item.scores:
            rows[name] = (item.scores[facet], fmean(given[name, facet].values()), item.prompt)
    ordered = [rows[name] for name in sorted(rows)]
    found = agreement(
        judged=[judged for judged, _, _ in ordered],
        human=[label for _, label, _ in ordered],
        clusters=[prompt for _, _, prompt in ordered],
    )
    return FacetAgreement(
        facet=facet,
        items=found.items,
        alpha=found.alpha,
        kappa=found.kappa,
        ac2=found.ac2,
        raw=found.raw,
        bias=found.bias,
        confusion=found.confusion,
        between=_between(facet, given),
    )


def _between(facet: str, given: Given) -> Estimate:
    """Return the alpha of pairs of people who scored the same answers."""
    pairs = [
        (name, scores[a], scores[b])
        for (name, about), scores in sorted(given.items())
        if about == facet
        for a, b in combinations(sorted(scores), 2)
    ]
    if not pairs:
        return undefined("no answer was scored by two people")
    return agreement(
        judged=[b for _, _, b in pairs],
        human=[a for _, a, _ in pairs],
        clusters=[name for name, _, _ in pairs],
    ).alpha
