"""The ranking as it is asked for: five figures of each candidate first, the rest by name."""

from collections.abc import Collection
from typing import Any

from service.domain.findings import Findings
from service.domain.measurements import CandidateScores
from service.domain.selection import Ranked
from service.report.candidates import measured_record
from service.report.document import in_order
from service.report.figures import plain
from service.report.terms import terms

Record = dict[str, Any]
DETAILS = {
    "figures": "facets, the latency set, throughput, memory, disk, licence with its obligations, coverage",
    "chances": "P(best), P(within epsilon), regret, rank acceptability, Pareto membership, distance to the first",
    "gates": "each gate with its limit, what was measured, and the reason",
    "criteria": "what each criterion measured and earned",
    "sensitivity": "weights, anchors and facets that would put another candidate first; what to measure next",
    "evidence": "what the quality rests on, its bounds where scores are missing, the least difference that would show, the judge with its canaries, "
    "answers side by side where candidates are tied",
}
"""What can be asked for, and what it brings."""


def standing(findings: Findings, detail: Collection[str] = ()) -> Record:
    """Return the ranking and the recommendation.

    Parameters
    ----------
    detail
        Names of `DETAILS`; what is not named is left out.
    """
    ranking, evaluation = findings.ranking, findings.evaluation
    scores = {one.candidate: one for one in findings.scores}
    record: Record = {
        "evaluation": evaluation.id,
        "status": evaluation.status.value,
        "terms": terms(findings.profile),
        "seed": ranking.seed,
        "draws": ranking.draws,
        "recommendation": plain(ranking.recommendation),
        "candidates": [_candidate(one, scores.get(one.candidate), detail) for one in in_order(findings)],
    }
    if "sensitivity" in detail:
        record["sensitivity"] = {
            "evpi": plain(ranking.evpi),
            "weights": plain(ranking.sensitivity),
            "anchors": plain(ranking.anchors),
            "facets": plain(ranking.facets),
            "further": plain(ranking.further),
        }
    if "evidence" in detail:
        record["evidence"] = {
            "candidates": plain(findings.evidence),
            "judges": [_judge(findings, judge.model) for judge in evaluation.spec.judges],
            "side_by_side": plain(findings.side_by_side),
        }
    return record


def _candidate(one: Ranked, scores: CandidateScores | None, detail: Collection[str]) -> Record:
    record: Record = {
        "rank": one.rank,
        "candidate": one.candidate,
        "eligible": one.eligible,
        "reason": one.reason,
        "score": plain(one.score),
        "quality": None if scores is None else plain(scores.quality),
        "latency_p95_seconds": None if scores is None else plain(scores.latency.p95),
        "memory_bytes": None if scores is None else plain(scores.memory),
        "licence": None
        if scores is None
        else {"licence": scores.licence.licence, "allowed": scores.licence.allowed},
    }
    if "figures" in detail:
        record["figures"] = None if scores is None else measured_record(scores)
    if "chances" in detail:
        record["chances"] = {
            name: plain(getattr(one, name))
            for name in (
                *("p_best", "p_within", "expected_regret", "regret_high", "gap"),
                *("acceptability", "on_front", "p_front", "p_first_weights"),
            )
        }
    if "gates" in detail:
        record["gates"] = plain(one.gates)
    if "criteria" in detail:
        record["criteria"] = plain(one.criteria)
    return record


def _judge(findings: Findings, model: str) -> Record:
    found = next((one for one in findings.qualifications if one.judge == model), None)
    return {
        "judge": model,
        "usable": None if found is None else found.valid,
        "asked": None if found is None else found.asked,
        "facets": []
        if found is None
        else [{"facet": one.facet, "standing": one.standing, "reason": one.reason} for one in found.facets],
        "canaries": plain([one for one in findings.canaries if one.judge == model]),
        "reason": "the judge was not examined yet" if found is None else None,
    }
