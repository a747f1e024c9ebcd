"""One service per data directory: a second one is told who works there and what to do."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from service.errors import DataDirectoryInUse, Unavailable


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Keep `folder` to this process; it is made if it does not exist.

    The lock belongs to the process and not to a file's content: one left by a killed process holds nobody up.

    Raises
    ------
    DataDirectoryInUse
        If another service works there.
    Unavailable
        If the folder cannot be made or written to.
    """
    owner = folder / "service.pid"
    # Not singleton and not per thread: the application may end in another thread than it began in.
    lock = FileLock(folder / "service.lock", timeout=0, thread_local=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        msg = (
            f"the data directory {folder} is in use by the service with process id {_read(owner)}: "
            "stop that one, or choose another directory with SLM_JUDGE_DATA_DIR"
        )
        raise DataDirectoryInUse(msg) from error
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        try:
            owner.write_text(f"{os.getpid()}\n", encoding="ascii")
        except OSError as error:
            raise _unwritable(folder, error) from error
        yield
    finally:
        with suppress(OSError):
            owner.unlink(missing_ok=True)
        lock.release()


def _read(owner: Path) -> str:
    # The other process holds the lock a moment before it has written who it is.
    try:
        return owner.read_text(encoding="ascii").strip() or "unknown"
    except (OSError, ValueError):
        return "unknown"


def _unwritable(folder: Path, error: OSError) -> Unavailable:
    return Unavailable(
        f"the data directory {folder} cannot be written to ({error.strerror}): "
        "change its permissions, or choose another directory with SLM_JUDGE_DATA_DIR"
    )
