"""GuideLLM against the exact-schedule server: what it reports of each request beside the server's log."""

import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REQUESTS = 12


@dataclass(frozen=True, slots=True)
class Reported:
    """How far one request's figures are from the log, in microseconds."""

    first_us: float
    gap_us: float


def run_guidellm(executable: str, address: str, model: str) -> list[dict[str, Any]]:
    """Have GuideLLM ask one request at a time, and return what it says of those that succeeded."""
    with tempfile.TemporaryDirectory() as folder:
        prompts, report = Path(folder) / "prompts.jsonl", Path(folder) / "report.json"
        prompts.write_text((json.dumps({"prompt": "hello " * 100}) + "\n") * REQUESTS, encoding="utf-8")
        command = [executable, "run", "--disable-console"]
        command += ["--backend", f"kind=openai_http,target={address},model={model}"]
        command += ["--profile", "kind=synchronous", "--constraint", f"kind=max_requests,count={REQUESTS}"]
        command += ["--data", f"kind=json_file,path={prompts}", "--output", f"kind=json,path={report}"]
        environment = {**os.environ, "HOME": folder, "HF_HUB_OFFLINE": "1"}
        subprocess.run(command, check=True, capture_output=True, timeout=180, env=environment)
        found: list[dict[str, Any]] = json.loads(report.read_bytes())["benchmarks"][0]["requests"][
            "successful"
        ]
        return found


def beside_log(reported: list[dict[str, Any]], log: list[dict[str, Any]]) -> list[Reported]:
    """Return the errors of each request that can be found in the log.

    It stamps with the wall clock and the server with the monotonic one: a request belongs to the entry nearest to its
    start, and each side's durations are its own.
    """
    ahead = time.time() - time.monotonic()
    errors = []
    for one in reported:
        start = (one["request_start_time"] - ahead) * 1e9
        sent = min(log, key=lambda entry: abs(entry["received"] - start))
        sends = sent["sends"]
        if abs(sent["received"] - start) > 0.2e9 or len(sends) < 2 or one["time_to_first_token_ms"] is None:
            continue
        first = one["time_to_first_token_ms"] * 1e3 - (sends[0] - sent["received"]) / 1e3
        gap = one["inter_token_latency_ms"] * 1e3 - (sends[-1] - sends[0]) / 1e3 / (sum(sent["tokens"]) - 1)
        errors.append(Reported(first, gap))
    return errors
