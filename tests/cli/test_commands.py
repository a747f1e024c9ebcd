"""Wrong usage is told in words with status 2, failures with status 1, before any service is started."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli.commands import main


def slm_judge(*arguments: str | Path, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], env=env)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from service.cli.commands import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'litestar', 'sqlalchemy', 'httpx', 'rich', 'pydantic', 'numpy', 'uvicorn'} & set(sys.modules)\n"
        "print('heavy:', sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Choose the default small language model" in done.stdout
    assert "heavy: []" in done.stdout


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "service", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("slm-judge")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("serve", "--port", "70000"),
        ("demo", "--seed", "x"),
        ("evaluate",),
        ("evaluate", "/absent"),
    ],
)
def test_wrong_usage_is_status_2(arguments: tuple[str, ...]) -> None:
    assert slm_judge(*arguments).exit_code == 2


def test_a_variable_that_makes_no_sense_is_named() -> None:
    result = slm_judge("serve", env={"SLM_JUDGE_PORT": "many"})
    assert result.exit_code == 2
    assert "SLM_JUDGE_PORT" in result.output


def test_a_port_in_use_says_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = slm_judge("serve", "--port", str(taken.getsockname()[1]), "--data-dir", tmp_path)
    assert result.exit_code == 1
    assert "is in use" in result.output
    assert "--port" in result.output


def test_a_data_directory_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = slm_judge("serve", "--port", "0", "--data-dir", tmp_path / "file" / "data")
    assert result.exit_code == 1
    assert "cannot be written to" in result.output


def test_the_database_is_upgraded(tmp_path: Path) -> None:
    for _ in range(2):
        result = slm_judge("db", "upgrade", "--data-dir", tmp_path)
        assert (result.exit_code, result.output) == (0, "The database is up to date.\n")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("request.yaml", "candidates: [a\n", "not YAML"),
        ("request.json", "{", "cannot be used"),
        ("request.yaml", "- a\n- b\n", "does not hold an object"),
        ("request.yaml", "a: &x [1]\nb: *x\n", "alias"),
        ("request.json", "[" * 5000 + "]" * 5000, "deep"),
        ("request.yaml", "a: 1\na: 2\n", "twice"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str, text: str, said: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    result = slm_judge("evaluate", file, "--data-dir", tmp_path / "data")
    assert result.exit_code == 1
    assert said in result.output
    assert not (tmp_path / "data").exists()


def test_report_options_that_contradict_each_other_are_wrong_usage(tmp_path: Path) -> None:
    file = tmp_path / "request.yaml"
    file.write_text("candidates: []\n")
    assert slm_judge("evaluate", file, "--json", "--report", "md").exit_code == 2
    assert slm_judge("evaluate", file, "--out", tmp_path / "report.pdf").exit_code == 2


def test_a_server_that_is_not_there_is_told() -> None:
    result = slm_judge("models", "--server", "http://127.0.0.1:9")
    assert result.exit_code == 5
    assert "slm-judge serve" in result.output
