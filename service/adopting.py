"""Adopt a candidate as the default: who may be adopted, and what is kept of why. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from service.domain.defaults import Basis, Default, Fingerprinted
from service.domain.evaluations import Spec
from service.domain.findings import Findings
from service.domain.selection import Profile, Ranked, Recommendation, Use
from service.errors import Fault, Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What somebody wants: without `candidate` the recommended one; a note says why where it is another one."""

    use: Use
    device: str
    candidate: str | None = None
    note: str | None = None


def adopt(findings: Findings, wanted: Adoption, *, profile: Profile, id_: str, now: datetime) -> Default:
    """Return the record of an adoption.

    Parameters
    ----------
    findings
        Ranked by `profile` for the wanted use.

    Raises
    ------
    Invalid
        If nobody was recommended or named, the name is unknown, a gate bars it, or a choice against the recommendation has
        no note.
    """
    spec, made = findings.evaluation.spec, findings.ranking.recommendation
    chosen = _chosen(findings, wanted)
    candidate = next(one for one in spec.candidates if one.name == chosen.candidate)
    names = dict.fromkeys([candidate.model, *(judge.model for judge in spec.judges)])
    scores = next((one for one in findings.scores if one.candidate == chosen.candidate), None)
    return Default(
        id=id_,
        use=wanted.use,
        device=wanted.device,
        candidate=chosen.candidate,
        model=candidate.model,
        evaluation=findings.evaluation.id,
        note=wanted.note,
        adopted_at=now,
        basis=Basis(
            evaluation_name=findings.evaluation.name,
            decision=made.decision,
            recommended=made.candidate,
            score=chosen.score.value,
            p_best=chosen.p_best,
            versions=tuple((name, spec.model(name).version) for name in names),
            files=tuple(_files(spec, profile)),
            obligations=() if scores is None else scores.licence.obligations,
            cautions=tuple(_cautions(spec, made, chosen, wanted)),
            runtimes=_runtimes(findings, candidate.name),
        ),
    )


def _chosen(findings: Findings, wanted: Adoption) -> Ranked:
    made = findings.ranking.recommendation
    name = wanted.candidate or made.candidate
    if name is None:
        miss = "" if made.nearest_miss is None else f" (nearest miss: {made.nearest_miss})"
        raise _refused(
            "/candidate", f"the evaluation recommends nobody{miss}: name a candidate that passes its gates"
        )
    ranked = {one.candidate: one for one in findings.ranking.candidates}
    if name not in ranked:
        raise _refused("/candidate", f"there is no candidate '{name}' (known: {', '.join(sorted(ranked))})")
    chosen = ranked[name]
    if not chosen.eligible:
        raise _refused("/candidate", f"'{name}' may not be adopted: {chosen.reason or 'a gate bars it'}")
    if name != made.candidate and not (wanted.note or "").strip():
        recommended = made.candidate or "nobody"
        raise _refused("/note", f"the evaluation recommends {recommended}: say why it is to be '{name}'")
    return chosen


def _files(spec: Spec, profile: Profile) -> Iterator[Fingerprinted]:
    yield Fingerprinted(kind="rubric", name=spec.rubric.name, fingerprint=spec.rubric.fingerprint)
    yield Fingerprinted(kind="prompt set", name=spec.prompt_set.name, fingerprint=spec.prompt_set.fingerprint)
    yield Fingerprinted(kind="profile", name=profile.name, fingerprint=profile.fingerprint)


def _runtimes(findings: Findings, candidate: str) -> tuple[str, ...]:
    held = {load.runtime for load in findings.loads if load.role == "judge" or load.name == candidate}
    return tuple(sorted(held))


def _cautions(spec: Spec, made: Recommendation, chosen: Ranked, wanted: Adoption) -> Iterator[str]:
    if chosen.candidate != made.candidate:
        yield f"the evaluation recommended {made.candidate or 'nobody'}"
    else:
        yield from made.cautions
    if wanted.device != spec.device:
        yield f"it was measured on {spec.device}, not on {wanted.device}"


def _refused(pointer: str, detail: str) -> Invalid:
    return Invalid(f"{pointer}: {detail}", [Fault(pointer=pointer, detail=detail)])
