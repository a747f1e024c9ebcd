"""The JSON report says everything, in a stable order, with None and a reason where something is undefined."""

import json
from dataclasses import replace

import msgspec
import pytest

from service.api.report_replies import ReportReply
from service.domain.findings import Findings
from service.report.document import document
from tests.report.scenes import findings


def test_the_same_findings_give_the_same_bytes() -> None:
    first, second = (json.dumps(document(findings()), allow_nan=False) for _ in range(2))
    assert first == second


def test_inputs_are_named_with_fingerprints_versions_and_seed() -> None:
    inputs = document(findings())["inputs"]
    assert inputs["rubric"] == {"name": "tiny", "title": "Tiny", "fingerprint": "a" * 64}
    assert inputs["prompt_set"]["prompts"] == 2
    assert inputs["seed"] == 1
    assert document(findings())["candidates"][0]["model"]["version"] == "v-tiny-s"


def test_an_undefined_figure_is_none_with_a_reason() -> None:
    p99 = document(findings())["candidates"][0]["measured"]["latency_seconds"]["p99"]
    assert p99 == {"value": None, "low": None, "high": None, "n": 4, "reason": "needs 299 samples"}


def test_floats_have_nine_significant_digits() -> None:
    base = findings()
    scores = replace(base.scores[0], latency=replace(base.scores[0].latency, minimum=1 / 3))
    report = document(replace(base, scores=(scores, base.scores[1])))
    assert report["candidates"][0]["measured"]["latency_seconds"]["minimum"] == 0.333333333


def test_nan_is_refused_rather_than_written() -> None:
    base = findings()
    scores = replace(base.scores[0], latency=replace(base.scores[0].latency, minimum=float("nan")))
    with pytest.raises(ValueError, match="finite"):
        document(replace(base, scores=(scores,)))


def test_an_interrupted_candidate_says_that_it_was_loaded_twice() -> None:
    loads = document(findings())["candidates"][0]["loads"]
    assert loads["count"] == 2
    assert loads["note"].startswith("2 loads for 1 pass")


def test_failures_are_counted_by_kind_and_message() -> None:
    (failure,) = document(findings(said="killed"))["candidates"][1]["failures"]
    assert failure == {
        "stage": "answer",
        "kind": "runner_died",
        "message": "the runner died: killed",
        "times": 1,
        "given_up": 1,
    }


def test_ranked_candidates_come_before_barred_ones() -> None:
    ranking = document(findings())["ranking"]
    assert [one["candidate"] for one in ranking["candidates"]] == ["small", "large"]
    assert ranking["candidates"][1]["gates"][0]["status"] == "fail"


def test_before_anything_was_measured_the_report_says_so() -> None:
    empty: Findings = replace(findings(), scores=(), qualifications=(), samples=(), loads=(), attempts=())
    report = document(empty)
    assert report["candidates"][0]["measured"] is None
    assert report["candidates"][0]["reason"] == "nothing was measured yet"
    assert report["judges"][0]["reason"] == "the judge was not examined yet"


def test_throughput_figures_are_named_for_what_they_are() -> None:
    rates = document(findings())["candidates"][0]["measured"]["throughput_tokens_per_second"]
    assert set(rates) == {"decode_after_first_token", "end_to_end", "prompt_and_completion_over_latency"}


def test_failures_of_judges_are_kept_apart() -> None:
    base = findings()
    attempt = replace(base.attempts[0], candidate=None, stage="judge_load", subject="tiny-judge")
    report = document(replace(base, attempts=(attempt,)))
    assert report["failures"][0]["stage"] == "judge_load"
    assert report["candidates"][1]["failures"] == []


def test_what_became_of_the_verdicts_is_counted_by_judge_candidate_and_facet() -> None:
    checked, judged = document(findings())["outcomes"]
    assert (checked["judge"], checked["checked"], checked["coverage"]) == (None, 1, 1.0)
    assert (judged["judge"], judged["candidate"], judged["facet"]) == ("tiny-judge", "small", "clarity")
    columns = ("scored", "unparsable", "timed_out", "refused", "left", "wanted", "coverage")
    assert [judged[name] for name in columns] == [1, 2, 1, 0, 0, 4, 0.25]


def test_the_report_is_what_its_description_says() -> None:
    report = json.loads(json.dumps(document(findings())))
    read = msgspec.convert(report, ReportReply)
    assert (read.outcomes, read.bias) == (list(findings().outcomes), list(findings().bias))


def test_what_sways_a_judge_is_shown_with_a_reason_where_it_cannot_be_told() -> None:
    (bias,) = document(findings())["bias"]
    assert bias["length"] == {"value": 0.3, "low": 0.1, "high": 0.5, "n": 3, "reason": None}
    assert (bias["family"]["value"], bias["family"]["reason"]) == (None, "one judge only")
