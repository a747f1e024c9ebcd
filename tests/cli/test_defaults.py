"""`slm-judge adopt` and `slm-judge defaults`: what they send and what they show."""

from typing import Any, Self

import pytest
from click.testing import CliRunner, Result

from service.cli import defaults
from service.cli.commands import main

ID = "01936b00-0000-7000-8000-000000000001"
ADOPTED = {
    "use": "commercial",
    "device": "local",
    "model": "tiny-s",
    "adopted_at": "2026-11-22T12:00:00Z",
    "score": 0.7,
    "note": "why \x1b[31mnot",
    "current": True,
    "stale": ["the model tiny-s changed"],
    "cautions": ["the evaluation recommended tiny-m"],
    "obligations": ["keep the notice"],
}


class FakeClient:
    """A service with one default; remembers what it was sent."""

    sent: Any = None
    items: tuple[dict[str, Any], ...] = (
        ADOPTED,
        {**ADOPTED, "model": "tiny-l", "current": False, "stale": []},
    )

    def __init__(self, address: str, *, local: bool) -> None:
        del address, local

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def evaluation_id(self, id_: str) -> str:
        return ID if id_ == "last" else id_

    def post(self, path: str, body: Any) -> Any:
        FakeClient.sent = (path, body)
        return ADOPTED

    def get(self, path: str, **parameters: str) -> Any:
        assert (path, parameters) == ("/defaults", {"limit": "200"})
        return {"items": list(self.items)}


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defaults, "Client", FakeClient)


def slm_judge(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--server", "http://127.0.0.1:9"])


def test_adopting_sends_what_was_given_and_tells_cautions_and_obligations() -> None:
    result = slm_judge("adopt", ID, "--candidate", "tiny-s", "--note", "why")
    assert result.exit_code == 0, result.output
    assert FakeClient.sent == ("/defaults", {"evaluation": ID, "candidate": "tiny-s", "note": "why"})
    assert "Default for commercial use on local: tiny-s" in result.output
    assert "Caution: the evaluation recommended tiny-m" in result.output
    assert "Caution: the model tiny-s changed" in result.output
    assert "Obligation: keep the notice" in result.output


def test_last_adopts_from_the_newest_evaluation() -> None:
    assert slm_judge("adopt", "last").exit_code == 0
    assert FakeClient.sent == ("/defaults", {"evaluation": ID})


def test_the_history_is_shown_with_what_is_stale() -> None:
    lines = slm_judge("defaults").output.splitlines()
    assert lines[1].startswith("now")
    assert "the model tiny-s" in lines[1]
    assert any(line.startswith("before") and "tiny-l" in line for line in lines)
    assert not any("\x1b" in line for line in lines)


def test_without_any_it_says_how_to_adopt_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeClient, "items", ())
    assert "slm-judge adopt" in slm_judge("defaults").output


def test_wrong_usage_is_status_2() -> None:
    assert slm_judge("adopt").exit_code == 2
    assert slm_judge("adopt", ID, "--use", "fun").exit_code == 2
