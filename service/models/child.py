"""A child process that speaks in lines: start it, write to it, read it, and end it whatever it does."""

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from service.domain.failures import Failure, FailureKind
from service.models.deaths import explain_death, out_of_memory_kills

REMEMBERED_LINES = 40


class Child:
    """One process with its pipes.

    Parameters
    ----------
    longest_line
        Bytes; a longer line is nonsense.
    on_line
        Gets every line of standard output and raises ``ValueError`` for one that makes no sense: the process is ended.
    on_end
        Gets the reason once the process is gone, whoever ended it.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        longest_line: int,
        on_line: Callable[[bytes], None],
        on_end: Callable[[Failure], None],
    ) -> None:
        self.pid = 0
        self._command = tuple(command)
        self._longest_line = longest_line
        self._on_line = on_line
        self._on_end = on_end
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._errors: deque[str] = deque(maxlen=REMEMBERED_LINES)
        self._ended_for: Failure | None = None
        self._kills_before = out_of_memory_kills()

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.returncode is None

    async def start(self, environment: Mapping[str, str]) -> None:
        """Start the process in a group of its own.

        Raises
        ------
        OSError
            If it cannot be started.
        """
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=self._longest_line,
            start_new_session=True,
            env=dict(environment),
        )
        self._process = process
        self.pid = process.pid
        errors = asyncio.create_task(self._collect_errors(process))
        self._tasks = (errors, asyncio.create_task(self._read(process, errors)))

    async def write(self, line: bytes) -> None:
        """Send one line. A process that died meanwhile is reported by its end, with the reason."""
        if self._process is None or self._process.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._process.stdin.write(line + b"\n")
            await self._process.stdin.drain()

    async def kill(self, failure: Failure, *, patience: float) -> None:
        """End the process and everything it started, for the reason given."""
        self._ended_for = self._ended_for or failure
        if self._process is not None:
            self._signal_group(self._process)
        if self._tasks:
            await asyncio.wait(self._tasks[-1:], timeout=patience)

    async def close(self, *, patience: float) -> None:
        """End the process: politely if it listens, by signal if it does not."""
        process = self._process
        if process is None:
            return
        if process.returncode is None and process.stdin is not None:
            self._ended_for = self._ended_for or Failure(
                kind=FailureKind.CANCELLED, message="The runner was closed."
            )
            with contextlib.suppress(OSError):
                process.stdin.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await process.wait()
        self._signal_group(process)
        await process.wait()
        for task in self._tasks:
            # A grandchild may hold the pipes open: the tasks are not waited for longer than the process.
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        process._transport.close()  # type: ignore[attr-defined] # noqa: SLF001  # asyncio offers no other way to let go of the pipes

    async def _read(self, process: asyncio.subprocess.Process, errors: asyncio.Task[None]) -> None:
        """Hand every line over, until the process ends or talks nonsense."""
        broken: Failure | None = None
        try:
            while process.stdout is not None and (line := await process.stdout.readline()):
                self._on_line(line)
        except ValueError as error:
            # Too long a line, not JSON, or JSON of another shape.
            broken = Failure(
                kind=FailureKind.UNEXPECTED,
                message=f"The runner broke its protocol ({type(error).__name__}): it was ended.",
            )
            self._signal_group(process)
        code = await process.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await asyncio.shield(errors)
        memory_ran_out = out_of_memory_kills() > self._kills_before
        self._on_end(
            broken or self._ended_for or explain_death(code, "\n".join(self._errors), memory_ran_out)
        )

    async def _collect_errors(self, process: asyncio.subprocess.Process) -> None:
        """Keep the last lines of standard error: a native crash explains itself there."""
        while process.stderr is not None and (piece := await process.stderr.read(65536)):
            self._errors.extend(piece.decode("utf-8", "replace").splitlines())

    def _signal_group(self, process: asyncio.subprocess.Process) -> None:
        """End the process and everything it started; one that is gone is left alone, its number may be another's."""
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
