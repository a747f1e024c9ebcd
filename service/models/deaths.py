"""Why a runner's process ended."""

import signal
from pathlib import Path

from service.domain.failures import Failure, FailureKind

_OUT_OF_MEMORY = (
    "bad_alloc",
    "MemoryError",
    "Cannot allocate memory",
    "Failed to allocate memory",
    "out of memory",
)


def out_of_memory_kills() -> int:
    """Return how many processes the Linux kernel has killed for memory since boot; 0 where it does not say."""
    try:
        for line in Path("/proc/vmstat").read_text(encoding="ascii").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return 0


def explain_death(code: int, errors: str, kernel_killed: bool) -> Failure:
    """Return the failure that a process's exit `code` and last words amount to.

    Parameters
    ----------
    code
        As in `subprocess`: negative for a signal.
    errors
        The last lines of standard error.
    kernel_killed
        Whether the kernel killed something for memory while the process lived.

    Examples
    --------
    >>> explain_death(-9, "", kernel_killed=True).kind
    <FailureKind.OUT_OF_MEMORY: 'out_of_memory'>
    """
    raw = errors[-2000:] or None
    if any(sign in errors for sign in _OUT_OF_MEMORY) or (code == -signal.SIGKILL and kernel_killed):
        return Failure(
            kind=FailureKind.OUT_OF_MEMORY,
            message="The model's process ran out of memory: stop other models, or choose a smaller variant of this one.",
            raw=raw,
        )
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return Failure(
            kind=FailureKind.RUNNER_DIED, message=f"The model's process was ended by {name}.", raw=raw
        )
    return Failure(
        kind=FailureKind.RUNNER_DIED, message=f"The model's process ended by itself (status {code}).", raw=raw
    )
