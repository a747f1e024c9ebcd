"""The composed application over HTTP, on SQLite and on PostgreSQL, with real models."""

import time
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from service import app
from service.app import create_app, prepared
from service.errors import DataDirectoryInUse, Unavailable
from service.settings import Settings
from service.store.database import open_database

PROMPTS = [
    {"id": "italy", "text": "What is the capital of Italy?", "reference": "The capital of Italy is Rome."},
    {"id": "hot", "text": "What is the opposite of hot?", "reference": "The opposite of hot is cold."},
    {"id": "fruits", "text": "List two fruits.", "reference": "1. apple\n2. banana"},
    {"id": "cuba", "text": "What is the capital of Cuba?", "reference": "The capital of Cuba is Havana."},
]
BODY = {
    "candidates": ["tiny-xs"],
    "judge": "tiny-judge",
    "rubric": "tiny",
    "prompt_set": PROMPTS,
    "profile": "tiny",
    "rounds": 5,
}


def settings(tmp_path: Path, url: str | None = None) -> Settings:
    return Settings(data_dir=tmp_path / "data", database_url=url, port=80)


def over(client: TestClient[Any], identity: str) -> dict[str, Any]:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        found = dict(client.get(f"/api/v1/evaluations/{identity}").json())
        if found["status"] in {"succeeded", "failed", "cancelled"}:
            return found
        time.sleep(0.1)
    raise AssertionError("the evaluation did not end")


@pytest.mark.slow_on_postgresql
def test_an_evaluation_runs_from_post_to_recommendation(tmp_path: Path, empty_database_url: str) -> None:
    chosen = settings(tmp_path, empty_database_url)
    with prepared(chosen), TestClient(create_app(chosen), base_url="http://127.0.0.1:80") as client:
        accepted = client.post("/api/v1/evaluations", json=BODY)
        assert accepted.status_code == 202, accepted.text
        ended = over(client, accepted.json()["id"])
        assert ended["status"] == "succeeded", ended
        assert ended["progress"]["answers_kept"] == 20
        report = client.get(f"/api/v1/evaluations/{ended['id']}/report?format=json").json()
        assert [one["name"] for one in report["candidates"]] == ["tiny-xs"]
        advice = client.get("/api/v1/recommendation", params={"evaluation": ended["id"]}).json()
        assert advice["decision"] in {"model", "tie", "none"}
        assert advice["reasons"]
        assert client.delete(f"/api/v1/evaluations/{ended['id']}").status_code == 204
        assert client.get(f"/api/v1/evaluations/{ended['id']}").status_code == 404


def test_composing_changes_nothing_on_disk_before_it_is_prepared(tmp_path: Path) -> None:
    create_app(settings(tmp_path))
    assert not (tmp_path / "data").exists()


def test_a_second_service_on_the_same_directory_is_refused(tmp_path: Path) -> None:
    with (
        prepared(settings(tmp_path)),
        pytest.raises(DataDirectoryInUse, match="SLM_JUDGE_DATA_DIR"),
        prepared(settings(tmp_path)),
    ):
        raise AssertionError("the second one was let in")


def test_a_data_directory_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file is in the way")
    with pytest.raises(Unavailable, match="SLM_JUDGE_DATA_DIR"), prepared(settings(tmp_path)):
        raise AssertionError("it was prepared")


def test_a_scratch_folder_that_a_killed_service_left_is_cleared(tmp_path: Path) -> None:
    left = tmp_path / "data" / "scratch" / "runner-left"
    left.mkdir(parents=True)
    with prepared(settings(tmp_path)):
        assert not left.exists()


def guard_of(tmp_path: Path, **changes: Any) -> tuple[bool, float]:
    chosen = Settings(data_dir=tmp_path, **changes)
    access = app._access(chosen, open_database(chosen.store_url))
    return access.tokens is not None, access.limiter.per_minute if access.limiter else 0


def test_callers_from_elsewhere_need_a_token_and_have_a_limit(tmp_path: Path) -> None:
    assert guard_of(tmp_path) == (False, 0)
    assert guard_of(tmp_path, host="0.0.0.0") == (True, app.RATE_LIMIT)
    assert guard_of(tmp_path, host="192.0.2.1", rate_limit=0) == (True, 0)
    assert guard_of(tmp_path, require_token=True, rate_limit=30) == (True, 30)


def test_a_service_may_be_called_by_its_own_names_and_those_allowed(tmp_path: Path) -> None:
    own = {"127.0.0.1:8321", "localhost:8321", "[::1]:8321"}
    assert set(app._hosts(Settings(data_dir=tmp_path))) == own
    allowed = ("judge.example", "box:9000", "[fd00::1]")
    # Nobody calls 0.0.0.0; a name without a port also counts with ours, as a proxy or a person would write it.
    beyond = Settings(data_dir=tmp_path, host="0.0.0.0", allowed_hosts=allowed)
    assert set(app._hosts(beyond)) == own | {*allowed, "judge.example:8321", "[fd00::1]:8321"}


def test_allowed_hosts_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLM_JUDGE_ALLOWED_HOSTS", "Judge.example, box:9000,")
    assert Settings().allowed_hosts == ("judge.example", "box:9000")
