"""Two judgings of the same answers: how far they agree, facet by facet, and whether the choice is still the same. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.domain.estimates import Estimate
from service.domain.evaluations import Evaluation, Spec, Status
from service.domain.findings import Findings, Item
from service.domain.responses import Slot
from service.domain.rubrics import Facet
from service.ending import reached
from service.errors import Conflict, Fault, Invalid

Scored = Mapping[Slot, Item]


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetAgreement:
    """One facet of both judgings.

    Attributes
    ----------
    same_words
        Whether its question, levels and check are the same on both sides; where not, a difference may be the rubric's.
    decides, decided
        Whether its scores decide now, and whether they did in the baseline.
    answers
        Answers that both scored.
    mean, mean_baseline
        Over those answers.
    difference
        Now minus baseline in points, over prompts.
    alpha
        Krippendorff's, ordinal: 1 is full agreement, 0 what chance gives.
    same
        Share of answers with the same score, rounded to whole levels.
    """

    facet: str
    same_words: bool
    decides: bool
    decided: bool
    answers: int
    mean: float | None
    mean_baseline: float | None
    difference: Estimate
    alpha: Estimate
    same: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingComparison:
    """What one judging says against another one of the same answers.

    Attributes
    ----------
    answers
        Answers that are in both, word for word.
    recommended, recommended_baseline
        The candidates recommended; ``None`` where nothing was.
    order, order_baseline
        The ranked candidates, best first.
    changed
        What is not the same: judges, their prompts and modes, the rubric, how many prompts were judged.
    """

    evaluation: str
    baseline: str
    answers: int
    facets: tuple[FacetAgreement, ...]
    recommended: str | None
    recommended_baseline: str | None
    order: tuple[str, ...]
    order_baseline: tuple[str, ...]
    changed: tuple[str, ...]


def may_compare_judgings(here: Evaluation, there: Evaluation) -> None:
    """Return if both are over and judged the same answers.

    Raises
    ------
    Conflict
        If one has not succeeded.
    Invalid
        If they are of different answers, or the same evaluation.
    """
    for one in (here, there):
        if one.status is not Status.SUCCEEDED:
            raise Conflict(f"Evaluation {one.id} is {one.status}: only those that succeeded can be compared.")
    roots = {one.spec.source or one.id for one in (here, there)}
    if here.id == there.id or len(roots) > 1:
        detail = (
            "name another judging of the same answers: GET /evaluations/{id}/judgings lists them; evaluations with "
            "answers of their own are compared under /comparison"
        )
        raise Invalid(f"baseline: {detail}", [Fault(pointer="", parameter="baseline", detail=detail)])


def compare_judgings(
    here: Findings, there: Findings, ours: Sequence[Item], theirs: Sequence[Item]
) -> JudgingComparison:
    """Compare two judgings; `may_compare_judgings` has been asked before. Takes seconds: not on the event loop."""
    now, before = _by_slot(ours), _by_slot(theirs)
    shared = [slot for slot in now if slot in before and now[slot].answer == before[slot].answer]
    old = {facet.name: facet for facet in there.evaluation.spec.rubric.facets}
    decides, decided = _deciding(here), _deciding(there)
    return JudgingComparison(
        evaluation=here.evaluation.id,
        baseline=there.evaluation.id,
        answers=len(shared),
        facets=tuple(
            _agree(
                facet,
                same_words=_words(facet) == _words(old[facet.name]),
                decides=facet.name in decides,
                decided=facet.name in decided,
                pairs=[(now[slot], before[slot]) for slot in shared],
            )
            for facet in here.evaluation.spec.rubric.facets
            if facet.name in old
        ),
        recommended=here.ranking.recommendation.candidate,
        recommended_baseline=there.ranking.recommendation.candidate,
        order=_order(here),
        order_baseline=_order(there),
        changed=(
            *_changed(here.evaluation.spec, there.evaluation.spec),
            *_judged_otherwise(here, there),
        ),
    )


def _by_slot(items: Sequence[Item]) -> dict[Slot, Item]:
    return {
        Slot(
            candidate=item.candidate,
            prompt=item.prompt,
            pass_number=item.pass_number,
            round_number=item.round_number,
        ): item
        for item in items
    }


def _agree(
    facet: Facet, *, same_words: bool, decides: bool, decided: bool, pairs: Sequence[tuple[Item, Item]]
) -> FacetAgreement:
    name = facet.name
    both = [(a, b) for a, b in pairs if name in a.scores and name in b.scores]
    ours, theirs = ([pair[side].scores[name] for pair in both] for side in (0, 1))
    from service.score.agreement import agreement  # a second of scipy, for those who compare

    found = agreement(judged=ours, human=theirs, clusters=[a.prompt for a, _ in both])
    return FacetAgreement(
        facet=name,
        same_words=same_words,
        decides=decides,
        decided=decided,
        answers=len(both),
        mean=sum(ours) / len(ours) if ours else None,
        mean_baseline=sum(theirs) / len(theirs) if theirs else None,
        difference=found.bias,
        alpha=found.alpha,
        same=found.raw,
    )


def _deciding(findings: Findings) -> set[str]:
    return {facet.facet for scores in findings.scores for facet in scores.facets if facet.decides}


def _order(findings: Findings) -> tuple[str, ...]:
    ranked = [one for one in findings.ranking.candidates if one.rank is not None]
    return tuple(one.candidate for one in sorted(ranked, key=lambda one: one.rank or 0))


def _words(facet: Facet) -> tuple[object, ...]:
    return facet.question, facet.levels, facet.check, facet.examples


def _changed(here: Spec, there: Spec) -> list[str]:
    said = []
    for what, ours, theirs in (
        ("judge", _judging(here), _judging(there)),
        ("rubric", here.rubric.fingerprint, there.rubric.fingerprint),
        ("profile", here.profile.fingerprint, there.profile.fingerprint),
    ):
        if ours != theirs:
            said.append(f"{what}: {_named(what, there)} became {_named(what, here)}")
    return said


def _judged_otherwise(here: Findings, there: Findings) -> Iterator[str]:
    """Say where one of the two ended early: the figures are of what both judged."""
    whole = len(here.evaluation.spec.prompt_set.prompts)
    said = [
        f"all {whole}" if prompts is None else f"{prompts} of {whole} prompts"
        for prompts in (reached(one.evaluation.spec, one.looks) for one in (there, here))
    ]
    if said[0] != said[1]:
        yield f"judged: {said[0]} became {said[1]}"


def _judging(spec: Spec) -> list[tuple[object, ...]]:
    prompts = {template.name: template.fingerprint for template in spec.templates}
    return [(judge, spec.model(judge.model).version, prompts.get(judge.template)) for judge in spec.judges]


def _named(what: str, spec: Spec) -> str:
    if what == "judge":
        seats = [f"{judge.model} ({judge.template}, {judge.mode})" for judge in spec.judges]
        return ", ".join(seats) or "no judge"
    named = spec.rubric if what == "rubric" else spec.profile
    return f"{named.name} {named.fingerprint[:12]}"
