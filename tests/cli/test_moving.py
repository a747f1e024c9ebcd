"""`slm-judge export` and `slm-judge import`: an evaluation as a file and back."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from service.cli.child import own_server
from service.cli.commands import main
from service.domain.archives import Archive
from service.library import Folders, Library
from service.moving import pack
from service.resources import data_folder
from tests.cli.scripted_api import ID, scripted_api, state
from tests.synthetic import Truth, evaluation, rows

LAST = {"items": [state()], "next_cursor": None}


def slm_judge(address: str, *arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], env={"SLM_JUDGE_SERVER": address})


def test_an_export_is_written_as_it_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    answers = {"GET /evaluations": LAST, f"GET /evaluations/{ID}/export": b"\x1f\x8b\x00packed"}
    with scripted_api(answers) as api:
        named = slm_judge(api.address, "export", ID, "mine.gz")
        last = slm_judge(api.address, "export", "last")
        nowhere = slm_judge(api.address, "export", ID, tmp_path / "no" / "mine.gz")
    assert named.stdout == "mine.gz (9 bytes)\n"
    assert last.stdout == f"evaluation-{ID}.jsonl.gz (9 bytes)\n", "'last' is no name for a file"
    assert {file.read_bytes() for file in tmp_path.iterdir()} == {b"\x1f\x8b\x00packed"}
    assert (nowhere.exit_code, "cannot be written" in nowhere.stderr) == (1, True)


@pytest.mark.parametrize(("status", "said"), [(201, "is here now"), (200, "was here already")])
def test_an_import_sends_the_file_and_says_where_it_is(tmp_path: Path, status: int, said: str) -> None:
    (file := tmp_path / "one.gz").write_bytes(b"packed")
    with scripted_api({"POST /evaluations/import": (status, state())}) as api:
        result = slm_judge(api.address, "import", file)
        assert api.asked == [("POST /evaluations/import", None, b"packed")]
    assert result.stdout.startswith(f"{ID} (mine) {said}")


def test_a_file_that_is_refused_is_status_4_and_says_why_once(tmp_path: Path) -> None:
    (file := tmp_path / "one.gz").write_bytes(b"x")
    detail = "the file cannot be imported: it is damaged"
    refused = (422, {"title": "No sense", "detail": detail, "errors": [{"pointer": "", "detail": detail}]})
    with scripted_api({"POST /evaluations/import": refused}) as api:
        result = slm_judge(api.address, "import", file)
    assert (result.exit_code, result.stderr) == (4, f"Error: {detail}\n")


@pytest.mark.slow
def test_what_one_service_exports_another_one_has(tmp_path: Path) -> None:
    library = Library(Folders(rubrics=data_folder("rubrics"), prompts=data_folder("prompts")))
    truths = (Truth(name="a", quality=4.0, latency=1.0, memory=2.0**30),)
    made = evaluation(truths, profile=library.profile("tiny"), prompts=3, rounds=1, facets=1)
    found = rows(made, truths, np.random.default_rng(1))
    archive = Archive(
        evaluation=made,
        loads=found.loads,
        responses=found.answers,
        verdicts=found.verdicts,
        attempts=(),
        qualifications=found.qualifications,
    )
    (file := tmp_path / "one.gz").write_bytes(pack(archive))
    with own_server(tmp_path / "data", isolated=True, idle=True) as address:
        assert "is here now" in slm_judge(address, "import", file).stdout
        assert "was here already" in slm_judge(address, "import", file).stdout
        assert slm_judge(address, "export", "last", tmp_path / "two.gz").exit_code == 0
        handed = slm_judge(address, "annotate", "last", tmp_path / "a.jsonl", "--annotator", "ann")
        assert "Fill in 1 to 5" in handed.stdout
        scored = (tmp_path / "a.jsonl").read_text().replace(": null}, ", ": 3}, ")
        (tmp_path / "a.jsonl").write_text(scored)
        sent = slm_judge(address, "annotate", "last", tmp_path / "a.jsonl", "--annotator", "ann")
        assert "scores of ann are kept" in sent.stdout, sent.output
        assert slm_judge(address, "annotate", "last").stdout.startswith("1 person, ")
    assert (tmp_path / "two.gz").read_bytes() == file.read_bytes()
