"""`slm-judge compare`: what it prints, and the exit code that CI waits for."""

from pathlib import Path
from typing import Any, Self

import pytest
from click.testing import CliRunner, Result

from service.cli import compare
from service.cli.commands import main
from service.report.versus import comparison_record
from tests.report.test_versus import FOUND

ID = "01936b00-0000-7000-8000-000000000001"
EARLIER = "01936b00-0000-7000-8000-000000000000"


class FakeClient:
    """A service that knows one comparison and remembers what it was asked."""

    asked: tuple[str, dict[str, str]] = ("", {})
    found: dict[str, Any] = comparison_record(FOUND)

    def __init__(self, server: str | None, data_dir: Path | None, *, idle: bool) -> None:
        del server, data_dir, idle

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def evaluation_id(self, id_: str) -> str:
        return EARLIER if id_ == "last" else id_

    def evaluation(self, id_: str) -> str:
        return f"/evaluations/{self.evaluation_id(id_)}"

    def get(self, path: str, **parameters: str) -> Any:
        FakeClient.asked = (path, parameters)
        return self.found


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "connected_client", FakeClient)


def slm_judge(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["compare", *arguments, "--server", "http://127.0.0.1:9"])


def test_worse_is_status_3_only_where_that_is_asked() -> None:
    assert slm_judge(ID, EARLIER).exit_code == 0
    result = slm_judge(ID, EARLIER, "--fail-on", "worse")
    assert result.exit_code == 3
    assert "Worse: small latency" in result.output


def test_better_and_undecided_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    text = str(comparison_record(FOUND)).replace("'worse'", "'inconclusive'")
    monkeypatch.setattr(FakeClient, "found", eval(text))
    assert slm_judge(ID, EARLIER, "--fail-on", "worse").exit_code == 0


def test_the_figures_are_shown() -> None:
    output = slm_judge(ID, EARLIER).output
    assert "small: worse" in output
    assert "× 2 (1.5 to 2.67)" in output
    assert "Changed: a | b" in output


def test_options_become_parameters() -> None:
    slm_judge(ID, "--candidate", "a", "--against", "b", "--only", "quality", "--margin", "0.2")
    path, parameters = FakeClient.asked
    assert path == f"/evaluations/{ID}/comparison"
    assert parameters == {
        "format": "json",
        "candidate": "a",
        "against": "b",
        "only": "quality",
        "margin": "0.2",
    }


def test_last_is_the_newest_evaluation_on_either_side() -> None:
    assert slm_judge("last", ID).exit_code == 0
    assert FakeClient.asked == (f"/evaluations/{EARLIER}/comparison", {"format": "json", "baseline": ID})
    assert slm_judge(ID, "LAST").exit_code == 0
    assert FakeClient.asked == (f"/evaluations/{ID}/comparison", {"format": "json", "baseline": EARLIER})


@pytest.mark.parametrize(
    "arguments", [(), ("yesterday",), (ID, EARLIER, "--fail-on", "better"), (ID, EARLIER, "--out", "x.pdf")]
)
def test_wrong_usage_is_status_2(arguments: tuple[str, ...]) -> None:
    assert slm_judge(*arguments).exit_code == 2
