"""`slm-judge validate`: is every target model listed, and does each answer? One table, one exit status."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from service.cli.child import find_or_start
from service.cli.client import Client
from service.cli.showing import console, plain
from service.report.figures import NONE, say

WORDS = {True: "yes", False: "no", None: "unknown"}
SHOWN = 60
"""Characters of an answer in the table."""


def validate_models(
    models: Sequence[str], *, server: str | None, data_dir: Path | None, deadline: float, as_json: bool
) -> int:
    """Print the table and return the exit status: 0 if every model is listed and answers, else 1."""
    body = {"models": list(models) or None, "deadline": deadline}
    # As long as it takes: every model may use up its deadline.
    with (
        find_or_start(server, data_dir) as address,
        Client(address, local=server is None, patience=None) as client,
    ):
        found = client.post("/validation", body)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        _show(found)
    return 0 if found["ok"] else 1


def _show(found: dict[str, Any]) -> None:
    out = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("model", "listed", "answers", "load", "first token", "latency", "it said"):
        table.add_column(column, no_wrap=column != "it said", overflow="fold")
    for one in found["models"]:
        check = one["check"]
        figures = (check[name] for name in ("load_seconds", "first_token_seconds", "latency_seconds"))
        cells = (
            one["model"],
            WORDS[one["listed"]],
            WORDS[one["answers"]],
            *(say(figure, "seconds") for figure in figures),
            NONE if check["text"] is None else check["text"][:SHOWN],
        )
        table.add_row(*map(plain, cells))
    out.print(table)
    for one in found["models"]:
        if not one["ok"]:
            out.print(plain(f"{one['model']}: {one['reason']}"), soft_wrap=not out.is_terminal)
    total = found["passed"] + found["failed"]
    out.print(plain(f"{found['passed']} of {total} models are listed and answer."))
