"""Logs: one line for each event, as JSON or for a console, on standard error; structlog makes them when the first is due."""

import logging
import sys
from collections.abc import Collection, MutableMapping
from functools import cached_property
from typing import Any, Literal, TextIO

from service.observability.context import current
from service.observability.redaction import redact

Form = Literal["console", "json"]
LOUD = ("uvicorn.access", "uvicorn.error", "alembic", "asyncio", "httpx", "aiosqlite")
"""Loggers of libraries that say at INFO what our own lines say better."""


class Lines(logging.Formatter):
    """Writes records as structlog does, with what is bound where they were made, and without secrets.

    Importing structlog takes a moment that a start does not have, so it is imported with the first line.
    """

    def __init__(self, form: Form, secrets: Collection[str] = ()) -> None:
        super().__init__()
        self._form = form
        self._secrets = frozenset(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Return one line; a trace has several on a console."""
        return redact(self._inner.format(record), self._secrets)

    @cached_property
    def _inner(self) -> logging.Formatter:
        import structlog

        shared: list[structlog.types.Processor] = [
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            _add_context,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_colours,
        ]
        if self._form == "json":
            ending: list[structlog.types.Processor] = [
                structlog.processors.format_exc_info,
                structlog.processors.EventRenamer("message"),
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ]
        else:
            # Plain traces: rich ones show what local variables hold, prompts and keys among them.
            plain = structlog.dev.plain_traceback
            ending = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )


def configure_logs(
    form: Form, level: str, *, secrets: Collection[str] = (), stream: TextIO | None = None
) -> None:
    """Send every log line of the process to `stream` (standard error) in one form.

    Parameters
    ----------
    level
        ``debug``, ``info``, ``warning`` or ``error``.
    secrets
        What must not be in any line, wherever it came from.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines(form, secrets))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in LOUD:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _without_colours(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("color_message", None)  # the server's own second wording
    return event


def _add_context(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in current().items():
        event.setdefault(name, value)
    return event
