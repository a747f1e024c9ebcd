"""What the terminal shows: the judge, the ranking, the choice; problems as sentences; nothing a model could abuse."""

import io
from dataclasses import replace

import httpx
import pytest
from rich.console import Console

from service.cli import following
from service.cli.client import said
from service.cli.showing import show_report
from service.domain.selection import Recommendation
from service.report.document import document
from tests.report.scenes import findings


def shown(report: dict[str, object]) -> str:
    out = io.StringIO()
    show_report(report, Console(file=out, width=110, highlight=False, markup=False))
    return out.getvalue()


def test_judge_ranking_and_choice_are_shown() -> None:
    text = shown(document(findings()))
    assert "accuracy: qualified, 6 of 6 planted faults noticed (noticed enough)" in text
    assert "  stood level order 11 of 12\n" in text
    row = next(line for line in text.splitlines() if line.startswith("1  small"))
    assert row.split() == [
        "1",
        "small",
        "0.700",
        "4.10",
        "(3.69",
        "to",
        "4.51)",
        "6.2",
        "ms",
        "1800",
        "9",
        "MiB",
        "MIT",
        "(yes)",
    ]
    assert "large is not ranked: the licence gate failed" in text
    assert "Recommendation: small\n" in text


def test_an_honest_none_is_shown_with_what_is_missing() -> None:
    base = findings()
    none = Recommendation(
        decision="none",
        candidate=None,
        runner_up=None,
        tie_set=(),
        reasons=("too few",),
        missing=("38 prompts",),
    )
    text = shown(document(replace(base, ranking=replace(base.ranking, recommendation=none))))
    assert "Recommendation: none\n  too few\n  missing: 38 prompts\n" in text


def test_what_comes_from_outside_cannot_steer_the_terminal() -> None:
    text = shown(document(findings(said="\x1b[2J[bold red]x[/] \x07\u202e")))
    assert not any(sign in text for sign in "\x1b\x07\u202e")
    assert "[bold red]x[/]" in text


def test_before_anything_was_measured_there_are_dashes() -> None:
    empty = replace(findings(), scores=(), qualifications=(), samples=(), loads=(), attempts=())
    text = shown(document(empty))
    assert "Judge tiny-judge: the judge was not examined yet" in text


def answer(status: int, body: object) -> httpx.Response:
    return httpx.Response(status, json=body, request=httpx.Request("POST", "http://here/x"))


def test_a_problem_is_a_sentence_with_each_fault_below_it() -> None:
    body = {
        "title": "The request does not make sense as it stands",
        "detail": "/a: one (and 1 more)",
        "errors": [{"pointer": "/a", "detail": "one"}, {"parameter": "b", "detail": "two"}],
    }
    assert said(answer(422, body)).splitlines() == [
        "The request does not make sense as it stands",
        "  /a: one",
        "  b: two",
    ]


@pytest.mark.parametrize("body", [[], "x", {}, {"title": 1}, {"errors": 3}])
def test_an_answer_that_is_no_problem_is_told_as_such(body: object) -> None:
    assert "answered 502" in said(answer(502, body))


class Scripted:
    """Answers one state after the other."""

    def __init__(self, *statuses: str, left: float | None = None) -> None:
        self.statuses = list(statuses)
        self.left = left

    def get(self, path: str) -> dict[str, object]:
        assert path == "/evaluations/x"
        counts = {
            f"{what}_{how}": 1 for what in ("answers", "verdicts") for how in ("wanted", "kept", "failed")
        }
        return {
            "status": self.statuses.pop(0),
            "reason": None,
            "progress": {"stage": "judging", "share": 0.5, "seconds_left": self.left, **counts},
        }


@pytest.mark.parametrize("terminal", [True, False])
def test_following_ends_when_it_is_over(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "PAUSE", 0.01)
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=terminal)
    scripted = Scripted("queued", "running", "running", "succeeded")
    over = following.follow(scripted, "/evaluations/x", console)  # type: ignore[arg-type]
    assert over["status"] == "succeeded"
    if not terminal:
        assert [line.split(",")[0] for line in out.getvalue().splitlines()] == [
            "queued",
            "running",
            "succeeded",
        ]


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize(("seconds", "said"), [(7.2, "about 8 s left"), (None, "")])
def test_following_says_what_the_service_expects_and_nothing_else(
    terminal: bool, seconds: float | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PAUSE", 0.01)
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=terminal)
    # Half is done all the time: a share alone would say that it never ends.
    following.follow(Scripted("running", "running", "succeeded", left=seconds), "/evaluations/x", console)  # type: ignore[arg-type]
    assert said in out.getvalue()
    assert ("left" in out.getvalue()) == bool(said)
