"""`slm-judge annotate`: hand answers out into a file, send people's scores back, and say how far the judge agrees."""

from pathlib import Path
from typing import Any

import click
from rich.table import Table

from service.cli.child import find_or_start
from service.cli.client import Client
from service.cli.showing import console, plain

KINDS = {".csv": ("csv", "text/csv"), ".jsonl": ("jsonl", "application/x-ndjson")}


def exchange(
    id_: str, file: Path, annotator: str, limit: int, *, server: str | None, data_dir: Path | None
) -> None:
    """Write answers to score into a new file, or send what an existing one holds."""
    if file.suffix not in KINDS:
        raise click.UsageError(f"{file} ends neither in .csv nor in .jsonl.")
    name, media_type = KINDS[file.suffix]
    with find_or_start(server, data_dir) as address, Client(address, local=server is None) as client:
        if file.exists():
            _, kept = client.send(
                f"/evaluations/{id_}/annotations", file.read_bytes(), media_type, annotator=annotator
            )
            click.echo(f"{kept['kept']} scores of {annotator} are kept.")
            return
        packed = client.content(
            f"/evaluations/{id_}/annotations/tasks", annotator=annotator, limit=str(limit), format=name
        )
    try:
        file.write_bytes(packed)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from error
    click.echo(f"{file}: fill in 1 to 5 for each facet, then run the same command again to send it.")


def show_agreement(id_: str, *, server: str | None, data_dir: Path | None) -> None:
    """Print how far the judge agrees with people, and the corrected quality."""
    with find_or_start(server, data_dir) as address, Client(address, local=server is None) as client:
        found = client.get(f"/evaluations/{id_}/agreement")
    out = console()
    out.print(plain(f"{len(found['annotators'])} people, {found['items']} answers: {found['reason']}."))
    if found["facets"]:
        out.print(_agreement(found["facets"]))
        out.print(_corrections(found["corrections"]))


def _agreement(facets: list[dict[str, Any]]) -> Table:
    table = Table("facet", "answers", "alpha", "kappa", "AC2", "same", "judge minus people")
    for one in facets:
        figures = (_said(one[name]) for name in ("alpha", "kappa", "ac2", "raw", "bias"))
        table.add_row(plain(one["facet"]), str(one["items"]), *figures)
    return table


def _corrections(rows: list[dict[str, Any]]) -> Table:
    table = Table("candidate", "as judged", "corrected", "prompts scored by people")
    for one in rows:
        table.add_row(
            plain(one["candidate"]), _said(one["judged"]), _said(one["corrected"]), str(one["labelled"])
        )
    return table


def _said(estimate: dict[str, Any]) -> str:
    value, low, high = (estimate[name] for name in ("value", "low", "high"))
    if value is None:
        return "–"
    return f"{value:.2f}" if low is None or high is None else f"{value:.2f} ({low:.2f} to {high:.2f})"
