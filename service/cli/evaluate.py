"""`slm-judge evaluate FILE`: send a file's request, follow it, print or write the report."""

from pathlib import Path
from typing import Any

import click

from service.cli.child import find_running
from service.cli.client import Client, connected_client
from service.cli.evaluations import ended, print_json
from service.cli.exits import FINE, NONE_RECOMMENDED, Unsuccessful
from service.cli.following import follow
from service.cli.showing import console, plain, show_report

MOST_BYTES = 16 * 1024 * 1024


def run_evaluation(
    file: Path,
    *,
    server: str | None,
    data_dir: Path | None,
    kind: str | None,
    out: Path | None,
    fail_on: str | None,
) -> int:
    """Evaluate what `file` asks for, show, print or write the report, and return the exit status.

    Raises
    ------
    click.ClickException
        If the file or the request is refused, or the evaluation does not succeed.
    """
    body = read_request(file)
    notes = console(err=True)
    with connected_client(server, data_dir) as client:
        made = client.post("/evaluations", body)
        for caution in made["cautions"]:
            notes.print(plain(f"Caution: {caution}"))
        notes.print(plain(f"Evaluation {made['id']} at {client.address}"))
        here = f"/evaluations/{made['id']}"
        over = follow(client, here, notes)
        if over["status"] != "succeeded":
            raise Unsuccessful(f"The evaluation {ended(over)}")
        found = client.get(f"{here}/report", format="json")
        if kind is None:
            show_report(found, console())
        else:
            hand_over(client.text(f"{here}/report", format=kind), out)
    missing = fail_on == "none" and found["recommendation"]["candidate"] is None
    return NONE_RECOMMENDED if missing else FINE


def submit(file: Path, *, server: str | None, data_dir: Path | None, dry_run: bool, as_json: bool) -> None:
    """Have a service that runs take up what `file` asks for, or with `dry_run` say what it would do.

    Raises
    ------
    click.ClickException
        If the file or the request is refused, or no service runs.
    """
    body = read_request(file)
    if dry_run:
        with connected_client(server, data_dir, idle=True) as client:
            plan = client.post("/evaluations?dry_run=true", body)
        if as_json:
            print_json(plan)
            return
        out = console()
        for name, value in plan.items():
            for told in value if isinstance(value, list) else [value]:
                out.print(plain(f"{name.replace('_', ' ')}: {'unknown' if told is None else told}"))
        return
    with Client(find_running(server, data_dir), local=server is None) as client:
        made = client.post("/evaluations", body)
    print_json(made) if as_json else click.echo(made["id"])


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
