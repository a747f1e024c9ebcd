"""Compare two evaluations, or two candidates of one: may they be compared, who meets whom, and what changed. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from service.domain.comparisons import EvaluationComparison, Match, Terms
from service.domain.evaluations import Evaluation, Spec, Status
from service.domain.findings import Findings
from service.domain.models import Candidate
from service.errors import Conflict, Fault, Invalid

FIGURES = (
    "quality",
    "facets",
    "answered",
    "latency",
    "latency_p95",
    "first_token",
    "throughput",
    "memory",
    "disk",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Who is to be compared with whom, and on what.

    Attributes
    ----------
    candidate, against
        A name here and a name there; without `candidate` every candidate meets itself, without `against` the same name.
    only
        Figures to compare, of `FIGURES`; all when empty. Fewer claims need less evidence each.
    """

    candidate: str | None = None
    against: str | None = None
    only: tuple[str, ...] = ()
    terms: Terms = field(default_factory=Terms)


def may_compare(evaluation: Evaluation, baseline: Evaluation, wanted: Wanted) -> None:
    """Return if the two can be compared as wanted; called before anything is computed.

    Raises
    ------
    Invalid
        With every fault at its parameter: other prompts, another rubric, unknown names.
    Conflict
        If one of them has not succeeded.
    """
    for one in (evaluation, baseline):
        if one.status is not Status.SUCCEEDED:
            raise Conflict(f"Evaluation {one.id} is {one.status}: only those that succeeded can be compared.")
    faults = [
        *_input_faults(evaluation.spec, baseline.spec),
        *_name_faults(evaluation, baseline, wanted),
        *_figure_faults(wanted.only),
    ]
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise Invalid(f"{faults[0].parameter}: {faults[0].detail}{more}", faults)


def compare(findings: Findings, baseline: Findings, wanted: Wanted) -> EvaluationComparison:
    """Compare what was found with what the baseline found; `may_compare` has been asked before."""
    # A second of scipy, for those who compare.
    from service.score.claims import outcome, settled
    from service.score.versus import versus

    here, there = findings.evaluation, baseline.evaluation
    ours = {scores.candidate: scores for scores in findings.scores}
    theirs = {scores.candidate: scores for scores in baseline.scores}
    pairs = list(_pairs(here.spec, there.spec, wanted))
    unlike = _unlike(here.spec, there.spec)
    figures = [
        [
            one
            for one in versus(candidate=ours[a], against=theirs[b], terms=wanted.terms, unlike=unlike)
            if not wanted.only or _family(one.figure) in wanted.only
        ]
        for a, b in pairs
    ]
    matches = tuple(
        Match(
            candidate=a,
            against=b,
            figures=found,
            verdict=outcome([one.verdict for one in found]),
        )
        for (a, b), found in zip(
            pairs, settled(matches=figures, confidence=wanted.terms.confidence), strict=True
        )
    )
    return EvaluationComparison(
        evaluation=here.id,
        baseline=there.id,
        matches=matches,
        verdict=outcome([match.verdict for match in matches]),
        changed=() if here.id == there.id else tuple(_changed(findings, baseline, pairs)),
        cautions=(*_cautions(findings, baseline, unlike), *_all_alike(matches, here.id == there.id)),
    )


def _family(figure: str) -> str:
    return "facets" if figure.startswith("facet:") else figure


def _pairs(here: Spec, there: Spec, wanted: Wanted) -> Iterator[tuple[str, str]]:
    if wanted.candidate is not None:
        yield wanted.candidate, wanted.against or wanted.candidate
        return
    others = {candidate.name for candidate in there.candidates}
    for candidate in here.candidates:
        if candidate.name in others:
            yield candidate.name, candidate.name


def _input_faults(here: Spec, there: Spec) -> Iterator[Fault]:
    named = (
        ("prompt sets", "prompts", here.prompt_set, there.prompt_set),
        ("rubrics", "rubric", here.rubric, there.rubric),
    )
    for kinds, kind, ours, theirs in named:
        if ours.fingerprint != theirs.fingerprint:
            detail = (
                f"the {kinds} differ, {ours.name} ({ours.fingerprint[:12]}) here and {theirs.name} "
                f"({theirs.fingerprint[:12]}) there: name an evaluation with the same {kind}"
            )
            yield Fault(pointer="", parameter="baseline", detail=detail)


def _name_faults(evaluation: Evaluation, baseline: Evaluation, wanted: Wanted) -> Iterator[Fault]:
    here, there = (_names(one.spec) for one in (evaluation, baseline))
    if wanted.candidate is None:
        if wanted.against is not None:
            yield Fault(pointer="", parameter="candidate", detail="say who meets it: give candidate as well")
        elif not set(here) & set(there):
            detail = (
                f"no candidate is in both ({', '.join(here)} here, {', '.join(there)} there): "
                "say who meets whom with candidate and against"
            )
            yield Fault(pointer="", parameter="baseline", detail=detail)
        elif evaluation.id == baseline.id:
            detail = "name another evaluation, or two candidates of this one with candidate and against"
            yield Fault(pointer="", parameter="baseline", detail=detail)
        return
    if wanted.candidate not in here:
        detail = f"there is no candidate '{wanted.candidate}' here (known: {', '.join(here)})"
        yield Fault(pointer="", parameter="candidate", detail=detail)
    other = wanted.against or wanted.candidate
    if other not in there:
        detail = f"there is no candidate '{other}' in the baseline (known: {', '.join(there)})"
        yield Fault(pointer="", parameter="against", detail=detail)
    elif evaluation.id == baseline.id and other == wanted.candidate:
        detail = f"'{other}' would meet itself: name another candidate, or a baseline"
        yield Fault(pointer="", parameter="against", detail=detail)


def _figure_faults(only: Sequence[str]) -> Iterator[Fault]:
    for name in only:
        if name not in FIGURES:
            detail = f"there is no figure '{name}' (known: {', '.join(FIGURES)})"
            yield Fault(pointer="", parameter="only", detail=detail)


def _names(spec: Spec) -> tuple[str, ...]:
    return tuple(candidate.name for candidate in spec.candidates)


def _unlike(here: Spec, there: Spec) -> str | None:
    """Say why the scores of the two do not mean the same; ``None`` if they do."""
    ours, theirs = (_judging(spec) for spec in (here, there))
    if ours == theirs:
        return None
    names = [", ".join(judge.model for judge in spec.judges) or "no judge" for spec in (here, there)]
    if names[0] != names[1]:
        return f"scored by {names[0]} here and by {names[1]} there"
    return f"{names[0]} is not the same here and there: its model, prompt or parameters changed"


def _judging(spec: Spec) -> list[tuple[object, ...]]:
    prompts = {template.name: template.fingerprint for template in spec.templates}
    return [(judge, spec.model(judge.model).version, prompts.get(judge.template)) for judge in spec.judges]


def _changed(findings: Findings, baseline: Findings, pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    here, there = findings.evaluation.spec, baseline.evaluation.spec
    if findings.version != baseline.version:
        yield f"slm-judge {baseline.version} became {findings.version}"
    for a, b in pairs:
        ours, theirs = _candidate(here, a), _candidate(there, b)
        models = here.model(ours.model), there.model(theirs.model)
        if ours.model != theirs.model:
            yield f"{a} is the model {ours.model}, {b} was {theirs.model}"
        elif models[0].version != models[1].version:
            yield f"the files of {ours.model} changed: {_short(models[1].version)} became {_short(models[0].version)}"
        for name in ("temperature", "max_tokens", "system"):
            if getattr(ours, name) != getattr(theirs, name):
                yield f"{a} was asked with another {name}"


def _cautions(findings: Findings, baseline: Findings, unlike: str | None) -> Iterator[str]:
    here, there = findings.evaluation.spec, baseline.evaluation.spec
    if unlike is not None:
        yield f"Scores cannot be compared: {unlike}."
    if here.device != there.device:
        yield f"Times are of different devices, {here.device} here and {there.device} there."
    ours, theirs = (
        {(load.device, load.runtime) for load in one.loads if load.role == "candidate"}
        for one in (findings, baseline)
    )
    if ours and theirs and ours != theirs:
        yield "Times are of different runtimes or execution devices."
    if (here.rounds, here.passes) != (there.rounds, there.passes):
        yield "The number of rounds or passes differs: the figures are not equally sure."


def _all_alike(matches: Sequence[Match], same: bool) -> Iterator[str]:
    """Warn where every candidate became slower, or faster, at once: models seldom do that together."""
    times = [one.verdict for match in matches for one in match.figures if one.figure == "latency"]
    if not same and len(times) > 1 and len(set(times)) == 1 and times[0] in {"better", "worse"}:
        word = "slower" if times[0] == "worse" else "faster"
        yield f"Every candidate is {word}: look at the machine, its load and its power mode, before the models."


def _candidate(spec: Spec, name: str) -> Candidate:
    return next(candidate for candidate in spec.candidates if candidate.name == name)


def _short(version: str | None) -> str:
    return "an unknown version" if version is None else version[:12]
