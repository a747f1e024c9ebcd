"""The commands against a real service: one on a free port, shared by the tests, with the built-in models."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from service.cli.child import own_server
from service.cli.commands import main

REQUEST = """
candidates: [tiny-xs]
judge: tiny-judge
rubric: tiny
profile: tiny
prompt_set:
  - {text: "What is the capital of France?", reference: The capital of France is Paris.}
rounds: 1
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def server(data_dir: Path) -> Iterator[str]:
    with own_server(data_dir, isolated=True) as address:
        yield address


def test_it_answers_where_it_says(server: str) -> None:
    assert httpx.get(f"{server}/health/ready", trust_env=False).json()["status"] == "ready"


def test_models_are_listed(server: str) -> None:
    result = CliRunner().invoke(main, ["models", "--server", server])
    assert result.exit_code == 0
    assert "tiny-s" in result.output
    assert "Foundry catalog: never asked" in result.output
    listed = CliRunner().invoke(main, ["models", "--server", server, "--json"])
    assert "tiny-judge" in {one["name"] for one in json.loads(listed.output)["items"]}


def test_models_are_validated_in_one_table_with_one_exit_status(server: str) -> None:
    good = CliRunner().invoke(main, ["validate", "tiny-xs", "--server", server])
    assert good.exit_code == 0, good.output
    assert "1 of 1 models are listed and answer." in good.output
    bad = CliRunner().invoke(main, ["validate", "tiny-xs", "nobody", "--server", server, "--json"])
    assert bad.exit_code == 1
    assert [one["ok"] for one in json.loads(bad.output)["models"]] == [True, False]


def test_without_endpoints_it_says_how_to_name_some(server: str) -> None:
    listed = CliRunner().invoke(main, ["endpoints", "--refresh", "--server", server])
    assert (listed.exit_code, "SLM_JUDGE_ENDPOINTS" in listed.output) == (0, True)
    tried = CliRunner().invoke(main, ["endpoints", "probe", "tiny-xs", "--server", server])
    assert tried.exit_code == 1
    assert "Only models behind an endpoint" in tried.output or "behind no endpoint" in tried.output


def test_a_second_service_on_the_data_directory_is_refused(server: str, data_dir: Path) -> None:
    assert server
    done = subprocess.run(
        [sys.executable, "-m", "service", "serve", "--port", "0", "--data-dir", str(data_dir)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "is in use by the service with process id" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_refused_request_shows_every_fault(server: str, tmp_path: Path) -> None:
    file = tmp_path / "request.yaml"
    file.write_text(REQUEST.replace("tiny-xs", "absent").replace("rubric: tiny", "rubric: absent"))
    result = CliRunner().invoke(main, ["evaluate", str(file), "--server", server])
    assert result.exit_code == 4
    assert "/candidates/0: There is no model 'absent'" in result.output
    assert "/rubric: there is no rubric called 'absent'" in result.output


@pytest.mark.parametrize(
    ("name", "start"),
    [("report.md", "# tiny-xs on inline\n\n**"), ("report.html", "<!DOCTYPE html>\n<html lang")],
)
def test_a_file_is_evaluated_and_its_report_written(
    server: str, tmp_path: Path, name: str, start: str
) -> None:
    file, out = tmp_path / "request.yaml", tmp_path / name
    file.write_text(REQUEST)
    result = CliRunner().invoke(main, ["evaluate", str(file), "--server", server, "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert out.read_text(encoding="utf-8").startswith(start)


def test_the_first_file_is_accepted_as_it_is(server: str, tmp_path: Path) -> None:
    file = tmp_path / "first.yaml"
    CliRunner().invoke(main, ["init", str(file)])
    planned = CliRunner().invoke(main, ["evaluate", str(file), "--server", server, "--dry-run", "--json"])
    assert planned.exit_code == 0, planned.output
    assert json.loads(planned.stdout)["candidate_calls"] == 60  # 2 candidates x 10 prompts x 3 rounds


def test_two_deterministic_benches_of_the_built_in_models_print_the_same(server: str) -> None:
    arguments = ["bench", "--models", "tiny-xs", "--rounds", "1", "--deterministic", "--server", server]
    first, second = (CliRunner().invoke(main, arguments) for _ in range(2))
    assert first.exit_code == 0, first.output
    assert first.stdout == second.stdout
    assert [one["model"] for one in json.loads(first.stdout)["models"]] == ["tiny-xs"]


def test_an_idle_service_serves_what_is_stored_and_runs_nothing(tmp_path: Path) -> None:
    (file := tmp_path / "request.yaml").write_text(REQUEST)
    with own_server(tmp_path, isolated=True, idle=True) as address:
        assert httpx.get(f"{address}/health/ready", trust_env=False).is_success
        result = CliRunner().invoke(main, ["evaluate", str(file), "--server", address])
    assert result.exit_code == 5
    assert "runs no evaluation now" in result.output


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from service.cli.child import own_server\n"
        f"with own_server(Path({str(tmp_path)!r}), isolated=True) as address:\n"
        "    print(address, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        address = parent.stdout.readline().strip()
        assert httpx.get(f"{address}/health/live", trust_env=False).is_success
        parent.kill()
    for _ in range(100):
        try:
            httpx.get(f"{address}/health/live", trust_env=False)
        except httpx.HTTPError:
            return
        time.sleep(0.1)
    pytest.fail("the service outlived its parent")


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "service", "serve", "--port", "0", "--data-dir", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "slm-judge is listening on http://127.0.0.1:" in process.stderr.readline()
        process.send_signal(number)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""
