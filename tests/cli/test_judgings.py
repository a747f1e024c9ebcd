"""Judging again from the command line: what is sent, and how judgings are listed and compared."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from service.cli import following
from service.cli.commands import main
from tests.cli.scripted_api import ID, ScriptedApi, scripted_api, state

AGAIN = "01a203d7-fd30-7700-be02-f80e5e13b7e9"
HERE = f"/evaluations/{ID}"
SURE = {"value": 0.5, "low": 0.25, "high": 0.75}
FACET = {
    "facet": "clarity",
    "same_words": True,
    "decides": False,
    "decided": True,
    "answers": 2,
    "mean": 4.0,
    "mean_baseline": None,
    "difference": SURE,
    "alpha": SURE | {"value": None},
    "same": SURE,
}
COMPARED = {
    "evaluation": AGAIN,
    "baseline": ID,
    "answers": 2,
    "facets": [FACET, FACET | {"facet": "tone", "same_words": False}],
    "recommended": None,
    "recommended_baseline": "\x1b[31mtiny-s",
    "order": [],
    "order_baseline": ["tiny-s", "tiny-l"],
    "changed": ["rubric: a became b"],
}
PLAN = {
    "answers": 9,
    "judge_calls": 5,
    "judge_calls_at_most": 25,
    "qualification_calls": 96,
    "canary_calls": 9,
    "verdicts_wanted": 9,
    "verdicts_taken_over": 4,
    "cautions": ["all of them"],
}


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    answers = {
        "GET /evaluations": {"items": [state(id=AGAIN)], "next_cursor": None},
        f"GET {HERE}/judgings": {"items": [state(id=AGAIN), state(judges=[])], "next_cursor": None},
        f"GET /evaluations/{AGAIN}/judgings/comparison": COMPARED,
        f"POST {HERE}/judgings": (202, state("queued", id=AGAIN)),
        f"GET /evaluations/{AGAIN}": [state("running", id=AGAIN), state(id=AGAIN)],
    }
    with scripted_api(answers) as made:
        yield made


def ask(api: ScriptedApi, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["evaluations", *arguments], env={"SLM_JUDGE_SERVER": api.address})


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ((), {}),
        (("--rubric", "tiny", "--name", "mine"), {"rubric": "tiny", "name": "mine"}),
        (("--judge", "a", "--related-judge", "flag"), {"judge": "a", "related_judge": "flag"}),
        (("--no-canaries",), {"canaries": False}),
        (("--stop-when", "{}"), {"stop_when": {}}),
        (("--stop-when", '{"confidence": 0.9, "batch": 5}'), {"stop_when": {"confidence": 0.9, "batch": 5}}),
        (("--no-stop-when",), {"stop_when": None}),
        (("--judge", "a", "--judge", "b"), {"judge": ["a", "b"]}),
        (("--judge", "a", "--mode", "separate"), {"judge": {"model": "a", "mode": "separate"}}),
        (("--judge", "a", "--samples", "3"), {"judge": {"model": "a", "samples": 3}}),
        (("--judge", "a", "--max-samples", "5"), {"judge": {"model": "a", "max_samples": 5}}),
    ],
)
def test_only_what_is_to_change_is_sent(
    api: ScriptedApi, options: tuple[str, ...], body: dict[str, object]
) -> None:
    result = ask(api, "judge-again", ID, *options)
    assert result.exit_code == 0, result.output
    assert AGAIN in result.stdout
    assert [(line, sent) for line, _, sent in api.asked] == [(f"POST {HERE}/judgings", body)]


def test_what_it_would_take_is_said_before_anything_runs(api: ScriptedApi) -> None:
    api.answers[f"POST {HERE}/judgings"] = PLAN
    assert ask(api, "judge-again", ID, "--dry-run").stdout.splitlines() == [
        "9 answers, 9 verdicts, 4 of them taken over",
        "5 calls to the judge (at most 25 where more samples decide), 96 to examine it first, 9 about answers of known grade",
        "caution: all of them",
    ]
    assert json.loads(ask(api, "judge-again", ID, "--dry-run", "--json").stdout) == PLAN
    assert {line for line, _, _ in api.asked} == {f"POST {HERE}/judgings?dry_run=true"}


def test_the_new_judging_is_followed_and_not_the_old_one(
    api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PAUSE", 0.01)
    result = ask(api, "judge-again", ID, "--watch")
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines()[:2] == ["Caution: few prompts", f"Evaluation {AGAIN}"]
    assert "succeeded, done" in result.stderr
    api.answers[f"GET /evaluations/{AGAIN}"] = state("failed", id=AGAIN, reason="no judge")
    assert ask(api, "judge-again", ID, "--watch").exit_code == 6


def test_judgings_of_the_same_answers_are_listed(api: ScriptedApi) -> None:
    lines = ask(api, "judgings", ID).stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [AGAIN, ID]
    assert "tiny-judge" in lines[1]
    assert "checks only" in lines[2]


def test_judgings_are_compared_facet_by_facet_with_what_came_of_the_choice(api: ScriptedApi) -> None:
    shown = ask(api, "compare-judgings", "last", ID).stdout
    assert api.asked[-1][0] == f"GET /evaluations/{AGAIN}/judgings/comparison?baseline={ID}"
    assert "\x1b" not in shown
    lines = shown.splitlines()
    assert lines[2].split()[:4] == ["clarity", "2", "4.00", "–"]
    assert "only before" in shown
    assert "tone (other words)" in shown
    assert "another choice" in shown
    assert lines[-3:] == [
        "Order now: nobody is ranked",
        "Order before: tiny-s > tiny-l",
        "Changed: rubric: a became b",
    ]


@pytest.mark.parametrize(
    "options",
    [
        ("--mode", "joint"),
        ("--template", "tiny"),
        ("--samples", "3"),
        ("--judge", "a", "--max-samples", "10"),
        ("--dry-run", "--watch"),
        ("--mode", "fast"),
        ("--stop-when", "0.95"),
        ("--stop-when", '{"confidence": 0.9'),
        ("--stop-when", "[" * 100_000),
        ("--stop-when", "{}", "--no-stop-when"),
    ],
)
def test_wrong_use_is_status_2_before_anything_is_asked(api: ScriptedApi, options: tuple[str, ...]) -> None:
    assert ask(api, "judge-again", ID, *options).exit_code == 2
    assert not api.asked


def test_verdicts_are_shown_with_what_the_judge_said(api: ScriptedApi) -> None:
    lost = {
        "candidate": "one",
        "prompt": "p1",
        "pass": 1,
        "round": 2,
        "facet": "style",
        "judge": "phi",
        "sample": 1,
        "outcome": "judge_failed",
        "score": None,
        "rationale": None,
        "raw": "<html>",
        "failure": "upstream",
        "message": "it answered 500",
        "tries": 2,
    }
    there = {**lost, "judge": None, "outcome": "checked", "score": 5.0, "raw": None, "message": None}
    api.answers[f"GET /evaluations/{ID}/verdicts"] = {"items": [lost, there], "next_cursor": None}
    result = ask(api, "verdicts", ID, "--facet", "style", "--outcome", "judge_failed")
    assert result.stdout.splitlines() == [
        "one  p1  pass 1, round 2  style: judge failed by phi",
        "  why: it answered 500",
        "  reply: <html>",
        "one  p1  pass 1, round 2  style: checked 5 by a check",
    ]
    assert api.asked[-1][0] == f"GET /evaluations/{ID}/verdicts?limit=20&facet=style&outcome=judge_failed"
