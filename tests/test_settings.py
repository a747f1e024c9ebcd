"""Settings from the environment."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from service.settings import Settings


def test_without_any_variable_everything_has_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SLM_JUDGE_")]:
        monkeypatch.delenv(name)
    settings = Settings()
    assert (settings.host, settings.port, settings.device, settings.models) == (
        "127.0.0.1",
        8321,
        "local",
        (),
    )
    assert settings.rubrics.is_dir()
    assert settings.prompts.is_dir()


def test_folders_of_models_are_separated_as_in_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SLM_JUDGE_MODELS", f"{tmp_path / 'a'}{os.pathsep}{tmp_path / 'b'}{os.pathsep}")
    assert Settings().models == (tmp_path / "a", tmp_path / "b")


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "70000"), ("PORT", "many"), ("DEVICE", "../up"), ("JUDGE_CONCURRENCY", "0")]
)
def test_a_value_that_makes_no_sense_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"SLM_JUDGE_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8321"),
        ("box.example", "http://box.example:8321"),
        ("::1", "http://[::1]:8321"),
        ("0.0.0.0", "http://127.0.0.1:8321"),
        ("::", "http://[::1]:8321"),
    ],
)
def test_commands_call_a_service_that_listens_everywhere_by_a_name_of_this_machine(
    host: str, address: str
) -> None:
    assert Settings(host=host, port=8321).local_address == address
