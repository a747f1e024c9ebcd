"""The commands about evaluations against a service of prepared answers: what they ask, print and end with."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import following
from service.cli.commands import main
from service.cli.exits import MEANING
from tests.cli.scripted_api import ID, ScriptedApi, scripted_api, state

HERE = f"/evaluations/{ID}"
LAST = {"items": [state()], "next_cursor": None}
NONE = {
    "decision": "none",
    "candidate": None,
    "tie_set": [],
    "reasons": ["Nobody passed."],
    "cautions": [],
    "obligations": [],
    "missing": [],
    "would_change": [],
    "evaluation": None,
    "stale": [],
}


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with scripted_api({f"GET {HERE}": state(), "GET /evaluations": LAST}) as made:
        yield made


def ask(api: ScriptedApi, *arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"SLM_JUDGE_SERVER": api.address} | environment)


def test_a_list_is_read_page_by_page_up_to_the_limit(api: ScriptedApi) -> None:
    api.answers["GET /evaluations"] = [
        {"items": [state()], "next_cursor": "abc"},
        {"items": [state("failed")] * 5, "next_cursor": None},
    ]
    result = ask(api, "evaluations", "list", "--limit", "3", "--json")
    assert [one["status"] for one in json.loads(result.stdout)] == ["succeeded", "failed", "failed"]
    assert [line for line, _, _ in api.asked] == [
        "GET /evaluations?limit=3",
        "GET /evaluations?limit=2&cursor=abc",
    ]


def test_a_list_and_a_state_are_shown_for_people(api: ScriptedApi) -> None:
    listed = ask(api, "evaluations", "list").stdout.splitlines()
    assert listed[1].split() == [ID, "succeeded", "2026-11-22", "10:15", "mine", "tiny-s"]
    shown = ask(api, "evaluations", "show", ID).stdout
    assert "4 of 4 answers, 4 of 4 verdicts" in shown
    assert "caution: few prompts" in shown


def test_last_is_the_newest_evaluation(api: ScriptedApi) -> None:
    assert json.loads(ask(api, "evaluations", "show", "last", "--json").stdout)["id"] == ID
    api.answers["GET /evaluations"] = {"items": [], "next_cursor": None}
    result = ask(api, "evaluations", "show", "last")
    assert (result.exit_code, result.stderr) == (
        4,
        "Error: There is no evaluation yet: slm-judge evaluate FILE\n",
    )


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        ("succeeded", 0, ""),
        ("failed", 6, "The evaluation failed: no memory"),
        ("cancelled", 6, "was cancelled"),
    ],
)
def test_watching_ends_with_how_the_evaluation_did(
    api: ScriptedApi, status: str, code: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PAUSE", 0.01)
    end = state(status, reason="no memory" if status == "failed" else None)
    # Away for a moment, as a service that is started anew is: whoever watches does not mind.
    api.answers[f"GET {HERE}"] = [state("running"), (503, {"title": "x", "detail": "starting"}), end]
    result = ask(api, "evaluations", "watch", ID)
    assert result.exit_code == code
    assert said in result.stderr
    assert "\x1b" not in result.stderr, "no bars where there is no terminal"


def test_orders_are_sent_as_they_are_meant(api: ScriptedApi) -> None:
    api.answers |= {
        f"POST {HERE}/cancel": state("cancelled"),
        f"POST {HERE}/retry": state("queued"),
        f"POST {HERE}/pause": state("paused"),
        f"POST {HERE}/resume": state("queued"),
        f"DELETE {HERE}": (204, None),
    }
    assert "cancelled" in ask(api, "evaluations", "cancel", ID).stdout
    assert "queued" in ask(api, "evaluations", "retry", ID).stdout
    assert "paused" in ask(api, "evaluations", "pause", ID).stdout
    assert "queued" in ask(api, "evaluations", "resume", ID).stdout
    assert ask(api, "evaluations", "delete", ID).exit_code == 1, "nobody said yes"
    assert ask(api, "evaluations", "delete", ID, "--yes").exit_code == 0
    assert [line for line, _, _ in api.asked if not line.startswith("GET")] == [
        f"POST {HERE}/cancel",
        f"POST {HERE}/retry",
        f"POST {HERE}/pause",
        f"POST {HERE}/resume",
        f"DELETE {HERE}",
    ]


def test_a_refusal_is_status_4_with_every_fault(api: ScriptedApi, tmp_path: Path) -> None:
    faults = [{"pointer": "/judge", "detail": "missing"}, {"pointer": "/rounds", "detail": "too many"}]
    api.answers["POST /evaluations"] = (422, {"title": "No sense", "detail": "x", "errors": faults})
    (file := tmp_path / "mine.yaml").write_text("candidates: [x]")
    result = ask(api, "evaluate", str(file))
    assert result.exit_code == 4
    assert result.stderr.splitlines() == ["Error: No sense", "  /judge: missing", "  /rounds: too many"]


@pytest.mark.parametrize("arguments", [("evaluations", "list"), ("recommendation",), ("models",)])
def test_nobody_there_is_status_5_and_says_how_to_start_one(arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, [*arguments, "--server", "http://127.0.0.1:1"])
    assert result.exit_code == 5
    assert "slm-judge serve" in result.stderr


def test_what_only_a_running_service_can_do_says_how_to_start_one() -> None:
    result = CliRunner().invoke(main, ["evaluations", "retry", ID], env={"SLM_JUDGE_PORT": "1"})
    assert result.exit_code == 5
    assert "start one with `slm-judge serve`" in result.stderr


def test_a_service_that_listens_everywhere_is_found_and_a_guarded_one_gets_the_token(
    api: ScriptedApi,
) -> None:
    # The host check refuses 0.0.0.0 and [::]: nobody calls a service so.
    api.answers["GET /health/live"] = {"status": "alive"}
    found = {"SLM_JUDGE_PORT": api.address.rpartition(":")[2], "SLM_JUDGE_TOKEN": "mine"}
    for more, given in (
        ({"SLM_JUDGE_HOST": "0.0.0.0"}, "Bearer mine"),
        ({"SLM_JUDGE_REQUIRE_TOKEN": "true"}, "Bearer mine"),
        ({}, None),  # nobody needs one there, and who knows who listens
    ):
        result = CliRunner().invoke(main, ["evaluations", "watch", ID], env=found | more)
        assert result.exit_code == 0, result.output
        assert api.asked[-1][1] == given
    assert set(api.hosts) == {api.address.removeprefix("http://")}


def test_where_a_token_is_missing_the_command_says_how_to_give_one(api: ScriptedApi) -> None:
    api.answers[f"GET {HERE}"] = (401, {"title": "A token is needed", "detail": "Send the header."})
    result = ask(api, "evaluations", "show", ID)
    assert result.exit_code == 4
    assert "SLM_JUDGE_TOKEN or name its file with --token-file" in result.stderr


def test_no_recommendation_is_status_7(api: ScriptedApi) -> None:
    api.answers["GET /recommendation"] = NONE
    result = ask(api, "recommendation", "--use", "research", "--evaluation", "last")
    assert (result.exit_code, result.stdout) == (7, "Recommendation: none\n  Nobody passed.\n")
    assert api.asked[-1][0] == f"GET /recommendation?use=research&evaluation={ID}"


@pytest.mark.parametrize("address", ["http://[bad", "ftp://box", "box:8321", "http://"])
def test_what_is_no_address_is_wrong_use(address: str) -> None:
    assert CliRunner().invoke(main, ["models", "--server", address]).exit_code == 2


def test_the_token_goes_to_the_service_that_was_named(api: ScriptedApi, tmp_path: Path) -> None:
    (file := tmp_path / "token").write_text("from-file\n")
    ask(api, "evaluations", "show", ID, SLM_JUDGE_TOKEN="from-variable")
    ask(api, "evaluations", "show", ID, "--token-file", str(file), SLM_JUDGE_TOKEN="from-variable")
    assert [given for _, given, _ in api.asked] == ["Bearer from-variable", "Bearer from-file"]
    assert ask(api, "evaluations", "show", ID, SLM_JUDGE_TOKEN="two words").exit_code == 2


def test_every_exit_status_is_in_the_help_and_the_readme() -> None:
    told = CliRunner().invoke(main, ["--help"]).stdout
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    for code, text in MEANING.items():
        assert f"{code}  {text}" in told
        assert f"| {code} | {text} |" in readme


def test_the_first_file_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "first.yaml"
    assert CliRunner().invoke(main, ["init", str(file)]).exit_code == 0
    assert f"slm-judge evaluate {file}" in file.read_text(encoding="utf-8")
    assert CliRunner().invoke(main, ["init", str(file)]).exit_code == 2
    assert CliRunner().invoke(main, ["init", str(file), "--force"]).exit_code == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_each_shell(shell: str) -> None:
    assert f"{shell}_complete" in CliRunner().invoke(main, ["completion", shell]).stdout
