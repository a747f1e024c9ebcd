"""`slm-judge adopt` and `slm-judge defaults`: choose the default model, and see what was chosen when."""

import json
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from service.cli.child import find_or_start
from service.cli.client import Client
from service.cli.showing import console, plain

COLUMNS = ("", "use", "device", "model", "adopted", "score", "stale", "note")


def adopt_default(
    evaluation: str, *, server: str | None, data_dir: Path | None, wanted: dict[str, str | None]
) -> None:
    """Adopt a candidate of `evaluation` and say what was adopted.

    Raises
    ------
    click.ClickException
        If the service refuses it.
    """
    given = {name: value for name, value in wanted.items() if value is not None}
    with find_or_start(server, data_dir) as address, Client(address, local=server is None) as client:
        made = client.post("/defaults", {"evaluation": client.evaluation_id(evaluation)} | given)
    out = console()
    out.print(plain(f"Default for {made['use']} use on {made['device']}: {made['model']}"))
    for caution in (*made["cautions"], *made["stale"]):
        out.print(plain(f"Caution: {caution}"), soft_wrap=not out.is_terminal)
    for obligation in made["obligations"]:
        out.print(plain(f"Obligation: {obligation}"), soft_wrap=not out.is_terminal)


def list_defaults(*, server: str | None, data_dir: Path | None, as_json: bool) -> None:
    """List what counts now and what counted before."""
    with find_or_start(server, data_dir) as address, Client(address, local=server is None) as client:
        page = client.get("/defaults", limit="200")
    if as_json:
        click.echo(json.dumps(page, ensure_ascii=False, indent=1))
        return
    out = console()
    if not page["items"]:
        out.print(plain("No default was adopted yet: slm-judge adopt EVALUATION"))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in COLUMNS:
        table.add_column(column)
    for one in page["items"]:
        table.add_row(*map(plain, _cells(one)))
    out.print(table)


def _cells(one: dict[str, Any]) -> tuple[str, ...]:
    score = "" if one["score"] is None else f"{one['score']:.3f}"
    stale = ("; ".join(one["stale"]) or "no") if one["current"] else ""
    adopted = one["adopted_at"][:16].replace("T", " ")
    return (
        "now" if one["current"] else "before",
        one["use"],
        one["device"],
        one["model"],
        adopted,
        score,
        stale,
        one["note"] or "",
    )
