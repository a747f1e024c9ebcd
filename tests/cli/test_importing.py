"""`slm-judge import`: files that become a library of one's own, and what is refused."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli.commands import main
from service.library import Folders, Library
from tests.cli.scripted_api import scripted_api

CONFIG = """
prompts: [file://ask.txt, file://../secret.txt, file://run.py]
tests:
  - {vars: {country: Peru}, assert: [{type: contains, value: Lima}, {type: python, value: "open('hacked', 'w')"}]}
"""


def slm_judge(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("secret {{country}}")
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "ask.txt").write_text("Capital of {{country}}?\n")
    (folder / "run.py").write_text("raise SystemExit")
    (folder / "Capitals 1.yaml").write_text(CONFIG)
    return folder / "Capitals 1.yaml"


def test_a_configuration_becomes_a_library_that_the_service_can_use(config: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    result = slm_judge("import", "promptfoo", config, "--to", mine)
    assert result.exit_code == 0, result.output
    library = Library(Folders(rubrics=mine / "rubrics", prompts=mine / "prompts"))
    assert [one.text for one in library.prompt_set("capitals-1").prompts] == ["Capital of Peru?"]
    assert [one.check for one in library.rubric("capitals-1").facets] == ["contains"]
    assert library.rubric("general").facets, "what ships is there too, for the folder takes its place"
    assert library.judge_templates()
    assert library.licence_terms("MIT", "commercial", "x").allowed == "yes"
    assert f"SLM_JUDGE_RUBRICS={mine / 'rubrics'}" in result.stdout
    assert result.stderr.splitlines() == [
        "Not carried over: prompt 2: '../secret.txt' is outside of the configuration's folder: copy it there",
        "Not carried over: prompt 3: 'run.py' is no text file: only .txt and .md are read, and nothing is run",
        "Not carried over: test 1: assert python: code of a file is not run: use a check or a criterion for the judge",
    ]


def test_files_that_are_there_stay_unless_forced(config: Path, tmp_path: Path) -> None:
    again = ("import", "promptfoo", config, "--to", tmp_path / "mine")
    assert slm_judge(*again).exit_code == 0
    assert slm_judge(*again).exit_code == 2
    assert slm_judge(*again, "--force").exit_code == 0
    assert slm_judge(*again, "--name", "other").exit_code == 0


@pytest.mark.parametrize("name", ["../x", "A B", ".hidden"])
def test_a_name_that_is_none_is_refused(config: Path, tmp_path: Path, name: str) -> None:
    assert slm_judge("import", "promptfoo", config, "--to", tmp_path / "mine", "--name", name).exit_code != 0
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("name", ["samples.json", "samples.jsonl"])
def test_samples_are_read_as_json_and_as_json_lines(tmp_path: Path, name: str) -> None:
    rows = [{"input": "Capital of Peru?", "ideal": "Lima"}, {"input": "Capital of Cuba?", "ideal": "Havana"}]
    text = "\n".join(map(json.dumps, rows)) if name.endswith("l") else json.dumps(rows)
    (tmp_path / name).write_text(text)
    result = slm_judge("import", "openai-evals", tmp_path / name, "--to", tmp_path / "mine")
    assert result.exit_code == 0, result.output
    assert "2 prompts, 1 facets on exact" in result.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prompts: !!python/object/apply:os.system [id]", "cannot be used"),
        ("prompts: &a [*a]", "alias"),
        ("prompts: [", "not YAML"),
        ("tests: []", "no promptfoo configuration"),
        (
            "prompts: [a]\ntests: [{assert: [{type: is-json, value: {pattern: '(a+)+'}}]}]",
            "regular expression",
        ),
    ],
)
def test_a_hostile_or_broken_file_is_refused_and_nothing_written(
    tmp_path: Path, text: str, said: str
) -> None:
    (file := tmp_path / "x.yaml").write_text(text)
    result = slm_judge("import", "promptfoo", file, "--to", tmp_path / "mine")
    assert result.exit_code == 1
    assert said in result.output
    assert not (tmp_path / "mine").exists()


def test_a_file_alone_is_an_evaluation(tmp_path: Path) -> None:
    (file := tmp_path / "evaluation-x.jsonl.gz").write_bytes(b"x")
    result = slm_judge("import", file, "--server", "http://127.0.0.1:1")
    assert result.exit_code == 5, result.output


def test_models_json_goes_out_and_comes_in(tmp_path: Path) -> None:
    known = {
        "name": "a",
        "source": "builtin",
        "family": None,
        "licence": "MIT",
        "capabilities": ["chat"],
        "disk_bytes": 1048576,
        "context": 512,
        "version": "1",
        "cached": True,
    }
    answers = {
        "GET /models": {"items": [known], "next_cursor": None},
        "GET /prompt-sets/tiny": {"prompts": [{"id": "x", "text": "Why?", "reference": "So."}]},
    }
    file, mine = tmp_path / "models.json", tmp_path / "mine"
    with scripted_api(answers) as api:
        there = ("--server", api.address)
        out = slm_judge(
            "models", "export", "--capability", "chat", "--prompt-set", "tiny", "--out", file, *there
        )
        assert out.exit_code == 0, out.output
        assert api.asked[0][0] == "GET /models?limit=200&capability=chat"
        back = slm_judge("import", "models-json", file, "--to", mine, *there)
        assert back.exit_code == 0, back.output
        assert slm_judge("import", "models-json", file, "--capability", "vision", *there).exit_code == 1
    assert json.loads(file.read_text(encoding="utf-8"))["models"]["a"]["size_mb"] == 1.0
    assert back.stdout.startswith("candidates: [a]\n")
    library = Library(Folders(rubrics=mine / "rubrics", prompts=mine / "prompts"))
    assert library.prompt_set("models").prompts[0].reference == "So."
