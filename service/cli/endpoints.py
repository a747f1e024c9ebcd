"""`slm-judge endpoints`: the servers of the settings, what they serve, and what their models were seen to honour."""

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from service.cli.child import find_or_start
from service.cli.client import Client
from service.cli.showing import console, plain
from service.report.figures import NONE, say

MARKS = {True: "yes", False: "no", None: "cannot be told"}


def list_endpoints(*, server: str | None, data_dir: Path | None, refresh: bool, as_json: bool) -> int:
    """Print every endpoint with its models; status 1 if one could not be reached when it was last asked."""
    with find_or_start(server, data_dir) as address, Client(address, local=server is None) as client:
        found = (client.post("/endpoints/refresh") if refresh else client.get("/endpoints", limit="200"))[
            "items"
        ]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        _show(found, console())
    return 1 if any(one["state"] == "unreachable" for one in found) else 0


def probe_model(model: str, *, server: str | None, data_dir: Path | None, as_json: bool) -> int:
    """Have tried what a model behind an endpoint honours; status 1 if nothing could be tried."""
    with (
        find_or_start(server, data_dir) as address,
        Client(address, local=server is None, patience=None) as client,
    ):
        found = client.post(f"/models/{model}/probe")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    elif found["ok"]:
        out = console()
        out.print(_table(("ability", "honoured"), found["capabilities"].items()))
    else:
        raise click.ClickException(f"{model}: {found['failure']['message']}")
    return 0 if found["ok"] else 1


def _show(found: list[dict[str, Any]], out: Console) -> None:
    if not found:
        out.print("No endpoints: name servers in SLM_JUDGE_ENDPOINTS or FOUNDRY_LOCAL_ENDPOINT.")
    for one in found:
        kind = " ".join(filter(None, (one["dialect"], one["version"]))) or "not recognised yet"
        asked = "never asked: add --refresh" if one["state"] == "never" else one["state"]
        out.print(plain(f"{one['name']}: {kind}, {asked}, for use as {' and '.join(one['use'])}"))
        if one["reason"]:
            out.print(plain(f"  {one['reason']}"), soft_wrap=not out.is_terminal)
        if one["models"]:
            out.print(_models(one["models"]))


def _models(models: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("  model", "says size", "says memory", "context", "licence", "loaded", "honours"):
        table.add_column(column, no_wrap=column == "  model")
    for one in models:
        said = one["server_reported"]
        honoured = ", ".join(name for name, works in one["capabilities"].items() if works)
        cells = (
            f"  {one['model']}",
            say(said.get("disk_bytes"), "bytes"),
            say(said.get("memory_bytes"), "bytes"),
            said.get("context") or said.get("context_trained") or NONE,
            said.get("licence") or NONE,
            NONE if said.get("loaded") is None else MARKS[said["loaded"]],
            honoured if one["probed_at"] else "never tried",
        )
        table.add_row(*map(plain, cells))
    return table


def _table(columns: tuple[str, str], rows: Any) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=True)
    for name, works in rows:
        table.add_row(plain(name.replace("_", " ")), MARKS[works])
    return table
