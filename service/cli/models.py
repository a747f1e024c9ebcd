"""`slm-judge models`: what can be asked on this machine."""

import json
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from service.cli.child import find_or_start
from service.cli.client import Client
from service.cli.showing import console, plain
from service.report.figures import NONE, say


def list_models(*, server: str | None, data_dir: Path | None, catalog: bool, as_json: bool) -> None:
    """List the models; with `catalog` after asking the Foundry catalog."""
    with find_or_start(server, data_dir) as address, Client(address, local=server is None) as client:
        if catalog:
            client.post("/models/refresh")
        page = whole(client)
    if as_json:
        click.echo(json.dumps(page, ensure_ascii=False, indent=1))
        return
    out = console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("model", "from", "licence", "on disk", "context", "capabilities"):
        table.add_column(column, no_wrap=column == "model")
    for one in page["items"]:
        size = say(one["disk_bytes"], "bytes") if one["cached"] else "not cached"
        context = NONE if one["context"] is None else str(one["context"])
        cells = (
            one["name"],
            one["source"],
            one["licence"] or "unknown",
            size,
            context,
            ", ".join(one["capabilities"]),
        )
        table.add_row(*map(plain, cells))
    out.print(table)
    for broken in page["unreadable"]:
        out.print(plain(f"Left out: {broken['path']}: {broken['reason']}"))
    state = page["catalog"]
    asked = (
        "never asked; `slm-judge models --catalog` asks it" if state["state"] == "never" else state["state"]
    )
    reason = f" ({state['reason']})" if state["reason"] else ""
    out.print(plain(f"Foundry catalog: {asked}{reason}"))


def whole(client: Client) -> Any:
    """Return the models of every page as one."""
    page = following = client.get("/models", limit="200")
    while following["next_cursor"]:
        following = client.get("/models", limit="200", cursor=following["next_cursor"])
        page["items"] += following["items"]
    page["next_cursor"] = None
    return page
