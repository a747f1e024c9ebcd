"""What the JSON report says of one candidate: every figure under a name that says what it is, with its interval."""

from collections import Counter
from typing import Any

from service.domain.findings import Findings
from service.domain.measurements import CandidateScores, FacetScore
from service.domain.models import Candidate, Model
from service.domain.responses import Attempt, Load
from service.report.figures import plain

Record = dict[str, Any]


def candidate_record(findings: Findings, candidate: Candidate) -> Record:
    """Return all that is known of `candidate`; measurements are ``None`` with a reason before there are any."""
    spec = findings.evaluation.spec
    scores = next((one for one in findings.scores if one.candidate == candidate.name), None)
    loads = [load for load in findings.loads if load.role == "candidate" and load.name == candidate.name]
    tries = [attempt for attempt in findings.attempts if attempt.candidate == candidate.name]
    record: Record = {
        "name": candidate.name,
        "model": _model(spec.model(candidate.model)),
        "parameters": {
            "temperature": plain(candidate.temperature),
            "max_tokens": candidate.max_tokens,
            "system": candidate.system,
        },
        "measured": None,
        "reason": "nothing was measured yet" if scores is None else None,
        "loads": {
            "count": len(loads),
            "note": loads_note(loads, spec.passes),
            "each": list(map(_load, loads)),
        },
        "failures": failures(tries),
    }
    if scores is not None:
        record["measured"] = measured_record(scores)
    return record


def failures(attempts: list[Attempt]) -> list[Record]:
    """Return failures counted by kind and message, the most frequent first."""
    counted = Counter((one.stage, one.failure.kind.value, one.failure.message) for one in attempts)
    given_up = Counter(
        (one.stage, one.failure.kind.value, one.failure.message) for one in attempts if one.given_up
    )
    return [
        {
            "stage": stage,
            "kind": kind,
            "message": message,
            "times": times,
            "given_up": given_up[stage, kind, message],
        }
        for (stage, kind, message), times in sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))
    ]


def _model(model: Model) -> Record:
    return {
        "name": model.name,
        "source": model.source,
        "family": model.family,
        "version": model.version,
        "licence": model.licence,
        "capabilities": list(model.capabilities),
        "context": model.context,
        "description": model.description,
    }


def measured_record(scores: CandidateScores) -> Record:
    """Return every figure of a candidate; for the quality of each prompt see `by_prompt`."""
    latency = scores.latency
    return {
        "coverage": {
            "expected": scores.expected,
            "answered": scores.answered,
            "failed": scores.failed,
            "truncated": scores.truncated,
        },
        "quality": {
            "estimate": plain(scores.quality),
            "by_prompt": dict(zip(scores.prompts, plain(scores.quality_by_prompt), strict=True)),
            "facets": [_facet(facet) for facet in scores.facets],
        },
        "latency_seconds": {
            "mean": plain(latency.mean),
            "p50": plain(latency.p50),
            "p95": plain(latency.p95),
            "p99": plain(latency.p99),
            "minimum": plain(latency.minimum),
            "maximum": plain(latency.maximum),
            "n": latency.n,
            "effective_n": plain(latency.effective_n),
            "p95_provisional": latency.provisional,
            "outliers": latency.outliers,
            "drift": latency.drift,
        },
        "first_token_seconds": plain(scores.first_token),
        "first_visible_seconds": plain(scores.first_visible),
        "throughput_tokens_per_second": {
            "decode_after_first_token": plain(scores.decode_rate),
            "end_to_end": plain(scores.end_to_end_rate),
            "prompt_and_completion_over_latency": plain(scores.workshop_rate),
        },
        "memory_bytes": {"model_resident": plain(scores.memory), "process_peak": plain(scores.memory_peak)},
        "disk_bytes": plain(scores.disk),
        "load_seconds": plain(scores.load_seconds),
        "cold_first_token_seconds": plain(scores.cold_first_token),
        "context_tokens": scores.context,
        "licence": plain(scores.licence),
        "server_reported": {name: plain(estimate) for name, estimate in scores.server_reported},
    }


def _facet(facet: FacetScore) -> Record:
    return {
        "facet": facet.facet,
        "weight": plain(facet.weight),
        "estimate": plain(facet.estimate),
        "scored": facet.scored,
        "expected": facet.expected,
        "decides": facet.decides,
        "note": facet.note,
        "disagreement": plain(facet.disagreement),
    }


def _load(load: Load) -> Record:
    return {
        "pass": load.pass_number,
        "seconds": plain(load.seconds),
        "started_at": plain(load.started_at),
        "model_id": load.model_id,
        "device": load.device,
        "runtime": load.runtime,
        "context": load.context,
        "cold_first_token_seconds": plain(load.cold_first_token),
        "cold_latency_seconds": plain(load.cold_latency),
        "warmups": load.warmups,
        "model_resident_bytes": load.model_resident,
        "process_peak_bytes": load.process_peak,
        "memory_method": None if load.after is None else load.after.method,
    }


def loads_note(loads: list[Load], passes: int) -> str | None:
    """Say that a candidate was loaded more often than planned; ``None`` when it was not."""
    if len(loads) <= passes:
        return None
    return f"{len(loads)} loads for {passes} {'pass' if passes == 1 else 'passes'}: it was interrupted and went on"
