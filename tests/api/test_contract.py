"""The service keeps what its description promises, whatever is sent: property tests over a real server on loopback."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import BODY
from tests.api.live import live_service

ROOT = Path(__file__).parents[2]
CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = os.environ.get("SLM_JUDGE_CONTRACT_EXAMPLES", "2")
"""Random requests per operation, beside those at every boundary; `make nightly` sends more."""
CASES = int(os.environ.get("SLM_JUDGE_CONTRACT_CASES", "2000"))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_no_request_breaks_what_the_description_promises(tmp_path: Path) -> None:
    with live_service(tmp_path, guarded=True) as live:
        told = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"]
        told += [f"{live.address}/schema/openapi.json", "--header", f"Authorization: Bearer {live.secret}"]
        told += [
            "--checks",
            "all",
            "--max-examples",
            EXAMPLES,
            "--seed",
            "1",
            "--continue-on-failure",
            "--no-color",
        ]
        hooks = {"SCHEMATHESIS_HOOKS": "tests.api.contract_hooks", "PYTHONPATH": str(ROOT)}
        run = subprocess.run(
            told, cwd=tmp_path, env=os.environ | hooks, capture_output=True, text=True, check=False
        )
    said = "\n".join(line[:500] for line in run.stdout.splitlines())
    assert run.returncode == 0, said[-20_000:] + run.stderr[-2000:]
    generated = re.search(r"(\d+) generated", said)
    assert generated, said
    assert int(generated[1]) >= CASES, "raise SLM_JUDGE_CONTRACT_EXAMPLES"


GENERATOR = """
project_name_override: client
package_name_override: slm_judge_client
post_hooks: []
content_type_overrides:
  application/merge-patch+json: application/json
  application/gzip: application/octet-stream
"""

CLIENT = """
import json, sys
from slm_judge_client import AuthenticatedClient
from slm_judge_client.api.evaluations import create_evaluation, get_evaluation, list_evaluations
from slm_judge_client.api.results import get_ranking, get_report
from slm_judge_client.models import EvaluationRequest, Problem

address, secret, known, body = sys.argv[1:]
with AuthenticatedClient(base_url=address, token=secret) as client:
    made = create_evaluation.sync(client=client, body=EvaluationRequest.from_dict(json.loads(body)))
    read = get_evaluation.sync(evaluation_id=made.id, client=client)
    page = list_evaluations.sync(client=client, limit=2, label="spare")
    ranking = get_ranking.sync(evaluation_id=known, client=client)
    report = get_report.sync(evaluation_id=known, client=client)
    wrong = list_evaluations.sync(client=client, limit=0)
    print(json.dumps({
        "made": made.status, "same": read.id == made.id, "page": len(page.items), "more": page.next_cursor is not None,
        "ranked": [one.candidate for one in ranking.candidates], "report": report.schema,
        "problem": [isinstance(wrong, Problem), wrong.status, wrong.errors[0].parameter],
    }))
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_client_made_from_the_description_works(tmp_path: Path) -> None:
    with live_service(tmp_path, guarded=True) as live:
        headers = {"Authorization": f"Bearer {live.secret}"}
        document = httpx.get(f"{live.address}/schema/openapi.json", headers=headers, timeout=60).content
        (tmp_path / "openapi.json").write_bytes(document)
        (tmp_path / "config.yaml").write_text(GENERATOR)
        told = [sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json"]
        told += ["--config", "config.yaml", "--output-path", "client", "--meta", "none"]
        made = subprocess.run(told, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stdout + made.stderr
        assert "Unable to process" not in made.stdout + made.stderr
        (tmp_path / "slm_judge_client").symlink_to(tmp_path / "client")
        told = [sys.executable, "-c", CLIENT, live.address, live.secret]
        used = subprocess.run(
            [*told, "01936b00-0000-7000-8000-000000000001", json.dumps(BODY)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert used.returncode == 0, used.stderr
    assert json.loads(used.stdout) == {
        "made": "queued",
        "same": True,
        "page": 2,
        "more": True,
        "ranked": ["small", "large"],
        "report": "slm-judge/report/1",
        "problem": [True, 422, "limit"],
    }
