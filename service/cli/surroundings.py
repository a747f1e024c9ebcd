"""Settings from options and variables, and errors in words instead of traces."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from pydantic import ValidationError

from service.errors import Invalid, ServiceError
from service.settings import Settings

LISTENING = "slm-judge is listening on "


def read_settings(**options: Any) -> Settings:
    """Return the settings: options that were given win over SLM_JUDGE_* variables.

    Raises
    ------
    click.UsageError
        With every variable or option that does not make sense.
    """
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        faults = [
            f"SLM_JUDGE_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}, not {one['input']!r}"
            for one in error.errors()
        ]
        raise click.UsageError("\n".join(faults)) from error


@contextmanager
def in_words() -> Iterator[None]:
    """Turn an error of ours into a message and exit status 1."""
    try:
        yield
    except Invalid as error:
        faults = "".join(f"\n  {fault.pointer or '/'}: {fault.detail}" for fault in error.faults)
        raise click.ClickException(error.message + faults) from error
    except ServiceError as error:
        raise click.ClickException(error.message) from error
