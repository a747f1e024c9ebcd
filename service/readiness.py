"""Readiness: what has to hold before the service can do its work, looked at one by one."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from service.errors import ServiceError
from service.store.database import Database, is_current

LEAST_FREE = 64 * 1024 * 1024
"""Bytes on the disk of the data directory below which nothing new should begin."""


async def look(database: Database, folder: Path, engine_runs: Callable[[], bool]) -> dict[str, str]:
    """Return each thing the service needs with ``ok``, or with what is wrong and what to do."""
    try:
        current = await is_current(database)
        stored = "ok" if current else "the database is of another version: run `slm-judge db upgrade`"
    except ServiceError as error:
        stored = error.message
    free = await asyncio.to_thread(_free, folder)
    return {
        "database": stored,
        "engine": "ok" if engine_runs() else "evaluations do not run: restart the service",
        "disk": "ok" if free >= LEAST_FREE else f"{free // 2**20} MiB are left: free some space",
    }


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
