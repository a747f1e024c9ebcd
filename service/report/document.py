"""The JSON report: everything of one evaluation as plain data in a stable order. Undefined is None with a reason."""

from typing import Any

from service.domain.evaluations import Evaluation
from service.domain.findings import Findings, Item
from service.domain.selection import Ranked
from service.report.candidates import candidate_record, failures
from service.report.figures import plain
from service.report.terms import terms

SCHEMA = "slm-judge/report/1"
NOTES = {
    "quality": "Mean score, 1 to 5, over the facets that may decide; the interval treats each prompt as one unit.",
    "latency_seconds": "From handing the request over to the last text; outliers are counted and kept.",
    "first_token_seconds": "From handing the request over to the first non-empty text, in the same request.",
    "decode_after_first_token": "(N - n) / (last - first), N being the runtime's count of completion tokens, n those that came with the first.",
    "first_visible_seconds": "To the first text that is not reasoning, where the runtime tells them apart.",
    "server_reported": "Medians of what the server said of its own answers, in its own names and units; in no score.",
    "end_to_end": "N / latency.",
    "prompt_and_completion_over_latency": "For comparison with other tools only: it rises with long prompts.",
    "model_resident": "Memory of the runner's processes after use minus before loading the model.",
    "process_peak": "Highest memory of the runner's process, runtime included; the memory gate uses it.",
    "outcomes": "What became of the verdict wanted of each judge, or of a check, on each answer; each stands in one column.",
    "canaries": "Answers of known grade, made from this run's own, that each judge graded too: whether it stood them; in no score.",
    "bias": "Points by which a very long answer, or one of the judge's own family, scores otherwise, other things equal; in no score.",
    "score": "Weighted utility, 0 to 1, on the profile's own anchors: other candidates do not change it.",
}


def document(findings: Findings) -> dict[str, Any]:
    """Return the report as JSON-able data; the same findings give the same bytes."""
    evaluation = findings.evaluation
    named = {candidate.name for candidate in evaluation.spec.candidates}
    return {
        "schema": SCHEMA,
        "version": findings.version,
        "evaluation": _evaluation(evaluation),
        "inputs": _inputs(evaluation),
        "progress": plain(findings.progress),
        "recommendation": plain(findings.ranking.recommendation),
        "ranking": ranking_record(findings),
        "candidates": [candidate_record(findings, one) for one in evaluation.spec.candidates],
        "judges": [_judge(findings, judge.model) for judge in evaluation.spec.judges],
        "outcomes": plain(findings.outcomes),
        "canaries": plain(findings.canaries),
        "bias": plain(findings.bias),
        "people": plain(findings.people),
        "side_by_side": plain(findings.side_by_side),
        "samples": [item_record(item) for item in findings.samples],
        "failures": failures([one for one in findings.attempts if one.candidate not in named]),
        "notes": dict(NOTES),
    }


def ranking_record(findings: Findings) -> dict[str, Any]:
    """Return the ranking: candidates in order of rank, then the barred ones as they were given."""
    ranking = findings.ranking
    return {
        "profile": ranking.profile,
        "terms": terms(findings.profile),
        "seed": ranking.seed,
        "draws": ranking.draws,
        "candidates": [plain(one) for one in in_order(findings)],
        "evpi": plain(ranking.evpi),
        "sensitivity": plain(ranking.sensitivity),
        "anchors": plain(ranking.anchors),
        "facets": plain(ranking.facets),
        "further": plain(ranking.further),
        "evidence": plain(findings.evidence),
    }


def in_order(findings: Findings) -> list[Ranked]:
    """Return the ranked candidates, the best first and the barred ones last."""
    return sorted(findings.ranking.candidates, key=lambda one: (one.rank is None, one.rank or 0))


def item_record(item: Item) -> dict[str, Any]:
    """Return one answer with what was said of it."""
    record: dict[str, Any] = plain(item)
    record["pass"] = record.pop("pass_number")
    record["round"] = record.pop("round_number")
    return record


def _evaluation(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "id": evaluation.id,
        "name": evaluation.name,
        "status": evaluation.status.value,
        "reason": evaluation.reason,
        "attempt": evaluation.attempt,
        "created_at": plain(evaluation.created_at),
        "started_at": plain(evaluation.started_at),
        "finished_at": plain(evaluation.finished_at),
    }


def _inputs(evaluation: Evaluation) -> dict[str, Any]:
    spec = evaluation.spec
    return {
        "rubric": {
            "name": spec.rubric.name,
            "title": spec.rubric.title,
            "fingerprint": spec.rubric.fingerprint,
        },
        "prompt_set": {
            "name": spec.prompt_set.name,
            "title": spec.prompt_set.title,
            "fingerprint": spec.prompt_set.fingerprint,
            "prompts": len(spec.prompt_set.prompts),
        },
        "profile": {
            "name": spec.profile.name,
            "title": spec.profile.title,
            "fingerprint": spec.profile.fingerprint,
        },
        "use": spec.use,
        "device": spec.device,
        "rounds": spec.rounds,
        "passes": spec.passes,
        "warmup": spec.warmup,
        "seed": spec.seed,
        "deadline_seconds": plain(spec.deadline),
    }


def _judge(findings: Findings, model: str) -> dict[str, Any]:
    judge = next(one for one in findings.evaluation.spec.judges if one.model == model)
    templates = findings.evaluation.spec.templates
    template = next((one.fingerprint for one in templates if one.name == judge.template), None)
    found = next((one for one in findings.qualifications if one.judge == model), None)
    return {
        "model": model,
        "version": findings.evaluation.spec.model(model).version,
        "template": {"name": judge.template, "fingerprint": template},
        "mode": judge.mode,
        "qualification": plain(found),
        "reason": "the judge was not examined yet" if found is None else None,
    }
