"""Options that many commands share: which service, where its data is, whether to print JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click

Command = TypeVar("Command", bound=Callable[..., Any])
TOKEN_FILE = "service.cli.token_file"  # noqa: S105  # a key of the context, not a secret
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

data_dir_option = click.option(
    "--data-dir", type=click.Path(path_type=Path), help="Where to keep everything (SLM_JUDGE_DATA_DIR)."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
out_option = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it into this file."
)


def _note(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.meta[TOKEN_FILE] = value


def server_option(command: Command) -> Command:
    """Add ``--server`` and ``--token-file``: a service elsewhere, and what lets one in there."""
    command = click.option(
        "--token-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        expose_value=False,
        callback=_note,
        help="File with the access token for --server (or the token itself in SLM_JUDGE_TOKEN).",
    )(command)
    return click.option(
        "--server",
        metavar="URL",
        envvar="SLM_JUDGE_SERVER",
        help="A running service (SLM_JUDGE_SERVER); without it one is found or started for the command.",
    )(command)


class EvaluationId(click.ParamType[str]):
    """The id of an evaluation, or ``last`` for the newest one."""

    name = "evaluation"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the id as the API writes it."""
        text = str(value).lower()
        try:
            return text if text == "last" else str(UUID(text))
        except ValueError:
            self.fail(f"'{value}' is neither the id of an evaluation nor 'last'.", param, ctx)


class JsonObject(click.ParamType[dict[str, Any]]):
    """A JSON object, as a request would hold it; what is in it is for the service to judge."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """Return the object."""
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            self.fail(f"'{value}' is no JSON object: write one in quotes, as in the help.", param, ctx)
        return found


evaluation_argument = click.argument("evaluation", type=EvaluationId())
