"""`slm-judge judges`: what it sends, what it shows, and its exit status."""

from typing import Any, Self

import pytest
from click.testing import CliRunner, Result

from service.cli import judges
from service.cli.commands import main

FACET = {"facet": "accuracy", "standing": "qualified", "reason": "\x1b[31mfine", "trials": [], "probes": []}
HELD = {
    "key": "k",
    "judge": "box:phi",
    "asked": 102,
    "valid": 102,
    "spread": 5,
    "facets": [FACET],
    "created_at": "2026-11-22T12:00:00Z",
    "terms": {
        "rubric": "general",
        "template": "joint",
        "mode": "joint",
        "output": "text",
        "examination": "quick",
    },
}


class FakeClient:
    """A service that examines at once."""

    sent: Any = None
    states: tuple[dict[str, Any] | None, ...] = ()
    held: tuple[dict[str, Any], ...] = (HELD,)

    def __init__(self, address: str, *, local: bool) -> None:
        del address, local
        self.left = list(FakeClient.states)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def post(self, path: str, body: Any) -> Any:
        FakeClient.sent = (path, body)
        return {"key": "k", "state": "queued"}

    def get(self, path: str, **_: str) -> Any:
        assert path == "/judges/box%3Aphi/qualification"
        return {"under_way": self.left.pop(0) if self.left else None, "held": list(self.held)}


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges, "Client", FakeClient)
    monkeypatch.setattr(judges, "PAUSE", 0)
    states = [
        {"key": "k", "state": state, "asked": 0, "calls": 9, "failure": {"message": "no cable"}}
        for state in ("running", "done")
    ]
    monkeypatch.setattr(FakeClient, "states", tuple(states))


def slm_judge(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["judges", *arguments, "--server", "http://127.0.0.1:9"])


QUALIFY = ("qualify", "box:phi", "--prompt-set", "tiny")


def test_an_examination_is_asked_for_followed_and_shown() -> None:
    result = slm_judge(*QUALIFY, "--budget", "full", "--mode", "separate")
    assert result.exit_code == 0, result.output
    path, body = FakeClient.sent
    assert path == "/judges/box%3Aphi/qualification"
    assert body == {
        "prompt_set": "tiny",
        "rubric": "general",
        "examination": "full",
        "mode": "separate",
        "again": False,
    }
    assert "accuracy: qualified" in result.output
    assert "\x1b" not in result.output


def test_a_judge_that_may_decide_nothing_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    barred = {**HELD, "facets": [{**FACET, "standing": "barred"}]}
    monkeypatch.setattr(FakeClient, "held", (barred,))
    assert slm_judge(*QUALIFY).exit_code == 1


def test_an_examination_that_could_not_be_held_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = {"key": "k", "state": "failed", "failure": {"message": "no cable"}}
    monkeypatch.setattr(FakeClient, "states", (failed,))
    result = slm_judge(*QUALIFY)
    assert result.exit_code == 1
    assert "no cable" in result.output


def test_a_service_that_forgot_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeClient, "states", (None,))
    assert "ask again" in slm_judge(*QUALIFY).output


def test_the_examinations_of_a_judge_can_be_shown() -> None:
    assert "rubric general, template joint, joint, quick" in slm_judge("show", "box:phi").output
    assert '"standing": "qualified"' in slm_judge("show", "box:phi", "--json").output
