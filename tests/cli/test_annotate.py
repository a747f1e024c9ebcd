"""`slm-judge annotate`: answers out into a file, scores back, and how far the judge agrees."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli.commands import main
from tests.cli.scripted_api import ID, ScriptedApi, scripted_api, state

HERE = f"/evaluations/{ID}"
TABLE = b'item,answer,clarity,note\r\n1,"two\r\nlines",,\r\n2,one,,\r\n'
UNKNOWN = {"value": None, "low": None, "high": None}
SURE = {"value": 0.5, "low": 0.25, "high": 0.75}


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    answers = {
        "GET /evaluations": {"items": [state()], "next_cursor": None},
        f"GET {HERE}/annotations/tasks": TABLE,
        f"POST {HERE}/annotations": (201, {"kept": 3}),
    }
    with scripted_api(answers) as made:
        yield made


def annotate(api: ScriptedApi, *arguments: object) -> Result:
    given = ["annotate", *map(str, arguments)]
    return CliRunner().invoke(main, given, env={"SLM_JUDGE_SERVER": api.address})


def test_a_new_file_gets_answers_and_an_existing_one_is_sent(api: ScriptedApi, tmp_path: Path) -> None:
    file = tmp_path / "ann.CSV"
    handed = annotate(api, "last", file, "--annotator", "ann", "--limit", "5")
    assert handed.stdout.startswith(f"{file}: 2 answers. Fill in 1 to 5")
    assert file.read_bytes() == TABLE
    sent = annotate(api, ID, file, "--annotator", "ann")
    assert sent.stdout == "3 scores of ann are kept.\n"
    assert [(line, body) for line, _, body in api.asked[1:]] == [
        (f"GET {HERE}/annotations/tasks?annotator=ann&limit=5&format=csv", None),
        (f"POST {HERE}/annotations?annotator=ann", TABLE),
    ]


@pytest.mark.parametrize(("name", "empty"), [("a.csv", b"item,clarity,note\r\n"), ("a.jsonl", b"")])
def test_where_nothing_is_left_no_file_is_written(
    api: ScriptedApi, tmp_path: Path, name: str, empty: bytes
) -> None:
    api.answers[f"GET {HERE}/annotations/tasks"] = empty
    result = annotate(api, ID, tmp_path / name, "--annotator", "ann")
    assert (result.exit_code, "Nothing is left for ann" in result.stdout) == (0, True)
    assert not (tmp_path / name).exists()


def test_scores_that_are_refused_are_status_4_with_their_places(api: ScriptedApi, tmp_path: Path) -> None:
    (file := tmp_path / "a.csv").write_bytes(TABLE)
    faults = [{"pointer": "/2/clarity", "detail": "'7' is no score"}]
    told = "/2/clarity: '7' is no score"
    api.answers[f"POST {HERE}/annotations"] = (422, {"title": "No", "detail": told, "errors": faults})
    result = annotate(api, ID, file, "--annotator", "ann")
    assert (result.exit_code, result.stderr) == (4, f"Error: {told}\n")


def test_without_a_file_the_agreement_is_shown(api: ScriptedApi) -> None:
    figures = {"alpha": SURE, "kappa": UNKNOWN, "ac2": SURE, "raw": SURE, "bias": SURE | {"low": None}}
    facet = {"facet": "clarity", "items": 2, **figures}
    corrected = {"candidate": "\x1b[31mtiny-s", "judged": SURE, "corrected": UNKNOWN, "labelled": 2}
    api.answers[f"GET {HERE}/agreement"] = {
        "annotators": ["ann"],
        "items": 2,
        "reason": "few answers",
        "facets": [facet],
        "corrections": [corrected],
    }
    shown = annotate(api, "last").stdout
    assert shown.startswith("1 person, 2 answers: few answers.\n")
    assert "0.50 (0.25 to 0.75)" in shown
    assert "\x1b" not in shown
    (line,) = (line for line in shown.splitlines() if line.startswith("clarity"))
    assert line.split()[:2] == ["clarity", "2"]
    assert "–" in line, "what is not known is no figure"


@pytest.mark.parametrize("arguments", [("a.txt", "--annotator", "ann"), ("a.csv",)])
def test_wrong_use_is_status_2_before_anything_is_asked(api: ScriptedApi, arguments: tuple[str, ...]) -> None:
    assert annotate(api, ID, *arguments).exit_code == 2
    assert not api.asked
