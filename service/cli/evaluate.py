"""`slm-judge evaluate FILE`: send a file's request, follow it, print or write the report."""

from pathlib import Path
from typing import Any

import click

from service.cli.child import find_or_start
from service.cli.client import Client
from service.cli.following import follow
from service.cli.showing import console, plain, show_report

MOST_BYTES = 16 * 1024 * 1024


def run_evaluation(
    file: Path, *, server: str | None, data_dir: Path | None, kind: str | None, out: Path | None
) -> None:
    """Evaluate what `file` asks for and show, print or write the report.

    Raises
    ------
    click.ClickException
        If the file or the request is refused, or the evaluation does not succeed.
    """
    body = read_request(file)
    notes = console(err=True)
    with find_or_start(server, data_dir) as address, Client(address, local=server is None) as client:
        made = client.post("/evaluations", body)
        for caution in made["cautions"]:
            notes.print(plain(f"Caution: {caution}"))
        notes.print(plain(f"Evaluation {made['id']} at {address}"))
        over = follow(client, made["id"], notes)
        if over["status"] != "succeeded":
            raise click.ClickException(
                f"The evaluation {over['status']}: {over['reason'] or 'no reason was given'}"
            )
        here = f"/evaluations/{made['id']}/report"
        if kind is None:
            show_report(client.get(here, format="json"), console())
        else:
            hand_over(client.text(here, format=kind), out)


def read_request(file: Path) -> Any:
    """Return what a YAML or JSON file holds; the service checks its sense.

    Raises
    ------
    click.ClickException
        If it cannot be read or parsed.
    """
    from service.library.documents import parse_json, parse_yaml

    try:
        if file.stat().st_size > MOST_BYTES:
            raise click.ClickException(f"{file} is larger than 16 MiB: put the prompts into a prompt set.")
        text = file.read_text(encoding="utf-8-sig")
        document = parse_json(text) if file.suffix == ".json" else parse_yaml(text)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{file} cannot be used: {error}") from error
    if not isinstance(document, dict):
        raise click.ClickException(
            f"{file} does not hold an object with fields such as candidates and judge."
        )
    return document


def hand_over(report: str, out: Path | None) -> None:
    """Print the report, or write it where `out` says.

    Raises
    ------
    click.ClickException
        If the file cannot be written.
    """
    if out is None:
        click.echo(report, nl=not report.endswith("\n"))
        return
    try:
        out.write_text(report, encoding="utf-8", newline="")
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}") from error
    click.echo(f"Written: {out}", err=True)
