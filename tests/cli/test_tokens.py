"""Tokens on the command line, and a service that wants one before it listens elsewhere."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli.commands import main
from service.settings import Settings


def slm_judge(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], env={"SLM_JUDGE_DATABASE_URL": None})


def test_a_token_is_made_shown_once_listed_and_revoked(tmp_path: Path) -> None:
    made = slm_judge("tokens", "create", "laptop", "--scope", "run", "--data-dir", tmp_path)
    assert made.exit_code == 0, made.output
    secret = made.stdout.strip()
    assert secret.startswith("slmj_")
    listed = slm_judge("tokens", "list", "--json", "--data-dir", tmp_path)
    assert secret not in listed.output
    (token,) = json.loads(listed.stdout)
    assert (token["name"], token["scope"], token["last_used_at"]) == ("laptop", "run", None)
    assert "laptop" in slm_judge("tokens", "list", "--data-dir", tmp_path).output
    revoked = slm_judge("tokens", "revoke", token["id"], "--data-dir", tmp_path)
    assert revoked.output == f"Revoked {token['id']} (laptop, run).\n"
    again = slm_judge("tokens", "revoke", "laptop", "--data-dir", tmp_path)
    assert again.exit_code == 1
    assert "There is no active token 'laptop'" in again.output


def test_an_empty_list_says_what_to_do(tmp_path: Path) -> None:
    assert "slm-judge tokens create" in slm_judge("tokens", "list", "--data-dir", tmp_path).output


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 65])
def test_a_name_that_cannot_be_listed_is_refused(tmp_path: Path, name: str) -> None:
    assert slm_judge("tokens", "create", name, "--data-dir", tmp_path).exit_code == 2


def test_listening_elsewhere_without_a_token_is_refused(tmp_path: Path) -> None:
    refused = slm_judge("serve", "--host", "0.0.0.0", "--port", 0, "--data-dir", tmp_path)
    assert refused.exit_code == 1
    assert "slm-judge tokens create" in refused.output


@pytest.mark.parametrize(
    ("host", "beyond"),
    [
        ("127.0.0.1", False),
        ("127.0.0.2", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("::", True),
        ("192.0.2.1", True),
        ("localhost.example.org", True),
    ],
)
def test_what_is_beyond_loopback(host: str, beyond: bool) -> None:
    assert Settings(host=host).beyond_loopback is beyond
