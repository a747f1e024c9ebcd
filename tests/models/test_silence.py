"""The runtimes send nothing home: Foundry Local says so itself in its log."""

import asyncio
import sys
from pathlib import Path

import pytest

from service.models.opening import SILENT, child_environment

START = """
import os, pathlib, sys, time
import foundry_local_sdk as sdk
sdk.FoundryLocalManager.initialize(sdk.Configuration(
    app_name="slm-judge", app_data_dir=sys.argv[1], logs_dir=sys.argv[1], log_level=sdk.LogLevel.DEBUG,
    disable_nonessential_telemetry=True))
until = time.monotonic() + 30  # the log is written by a thread that a busy machine keeps waiting
while time.monotonic() < until and not any(
    "1DS" in path.read_text("utf-8", "replace") for path in pathlib.Path(sys.argv[1]).rglob("*.log")
):
    time.sleep(0.01)
os._exit(0)
"""


async def log_of_a_start(folder: Path, *, silent: bool) -> str:
    async with child_environment(folder) as environment:
        kept = {name: value for name, value in environment.items() if silent or name not in SILENT}
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", START, str(folder)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=kept,
        )
        out, _ = await asyncio.wait_for(child.communicate(), 60)
    return out.decode("utf-8", "replace") + "".join(
        path.read_text("utf-8", "replace") for path in folder.rglob("*.log")
    )


@pytest.mark.slow
async def test_a_runner_s_environment_keeps_foundry_from_uploading_anything(tmp_path: Path) -> None:
    said = await log_of_a_start(tmp_path, silent=True)
    assert "1DS upload disabled" in said
    assert "ProcessInfo still uploads" not in said
    # Without it the one event would go out that the SDK's own switch spares: the log does tell the two apart.
    (tmp_path / "loud").mkdir()
    assert "ProcessInfo still uploads" in await log_of_a_start(tmp_path / "loud", silent=False)
