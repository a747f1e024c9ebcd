"""The main job as a new user sees it."""

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_the_demo_ranks_real_models_and_recommends_or_says_none() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "service", "demo", "--seed", "7"],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "curl http://127.0.0.1:" in done.stdout
    assert "Judge tiny-judge: " in done.stdout
    for name in ("tiny-xs", "tiny-s", "tiny-m", "tiny-l"):
        assert f"  {name} " in done.stdout
    assert "Recommendation: " in done.stdout
