"""One service per data directory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.engine.lock import hold
from service.errors import DataDirectoryInUse, Unavailable

HOLD = """
import sys, time
from pathlib import Path
from service.engine.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_service_is_told_who_is_there_and_what_to_do(tmp_path: Path) -> None:
    process = holder(tmp_path)
    try:
        with (
            pytest.raises(DataDirectoryInUse, match=f"process id {process.pid}: stop that one") as caught,
            hold(tmp_path),
        ):
            pass
        assert "SLM_JUDGE_DATA_DIR" in caught.value.message
        # Being refused must not have wiped out who is there.
        with pytest.raises(DataDirectoryInUse, match=f"process id {process.pid}"), hold(tmp_path):
            pass
    finally:
        process.kill()
        process.communicate()


def test_a_killed_service_holds_nobody_up(tmp_path: Path) -> None:
    process = holder(tmp_path)
    process.kill()
    process.communicate()
    with hold(tmp_path):
        assert (tmp_path / "service.pid").read_text() == f"{os.getpid()}\n"
    assert not (tmp_path / "service.pid").exists()


def test_the_same_process_is_refused_too_and_may_come_back_later(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    with hold(folder):
        with pytest.raises(DataDirectoryInUse, match=str(os.getpid())), hold(folder):
            pass
        assert (folder / "service.pid").exists()
    with hold(folder):
        pass


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(Unavailable, match=r"cannot be written to .*SLM_JUDGE_DATA_DIR"),
        hold(tmp_path / "file" / "data"),
    ):
        pass
    with pytest.raises(Unavailable, match="cannot be written to"), hold(tmp_path / "file"):
        pass


def test_an_error_inside_lets_go(tmp_path: Path) -> None:
    with pytest.raises(KeyError), hold(tmp_path):
        raise KeyError
    with hold(tmp_path):
        pass
