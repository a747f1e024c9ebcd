"""`slm-judge annotate`: hand answers out into a file, send people's scores back, and say how far the judge agrees."""

import csv
import io
import json
from pathlib import Path

import click

from service.cli.client import connected_client
from service.cli.showing import Record, console, interval, plain, table

KINDS = {".csv": ("csv", "text/csv"), ".jsonl": ("jsonl", "application/x-ndjson")}
FIGURES = ("facet", "answers", "alpha", "kappa", "AC2", "same", "judge minus people")
CORRECTED = ("candidate", "as judged", "corrected", "prompts scored by people")


def exchange(
    id_: str, file: Path, annotator: str, limit: int, *, server: str | None, data_dir: Path | None
) -> None:
    """Write answers to score into a new file, or send what an existing one holds."""
    kind = KINDS.get(file.suffix.lower())
    if kind is None:
        raise click.UsageError(f"{file} ends neither in .csv nor in .jsonl.")
    name, media_type = kind
    with connected_client(server, data_dir, idle=True) as client:
        here = f"{client.evaluation(id_)}/annotations"
        if file.exists():
            _, kept = client.send(here, file.read_bytes(), media_type, annotator=annotator)
            click.echo(f"{kept['kept']} scores of {annotator} are kept.")
            return
        packed = client.content(f"{here}/tasks", annotator=annotator, limit=str(limit), format=name)
    handed = (
        packed.count(b"\n")
        if name == "jsonl"
        else sum(1 for _ in csv.DictReader(io.StringIO(packed.decode())))
    )
    if not handed:
        click.echo(f"Nothing is left for {annotator} to score: {file} is not written.")
        return
    try:
        file.write_bytes(packed)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from error
    click.echo(
        f"{file}: {handed} answers. Fill in 1 to 5 for each facet, then run the same command again to send it."
    )


def show_scores(id_: str, annotator: str | None, *, server: str | None, data_dir: Path | None) -> None:
    """Print every score that people gave, of one of them if named."""
    wanted = {} if annotator is None else {"annotator": annotator}
    with connected_client(server, data_dir, idle=True) as client:
        found = client.get(f"{client.evaluation(id_)}/annotations", **wanted)
    click.echo(json.dumps(found["items"], ensure_ascii=False, indent=1))


def show_agreement(id_: str, *, server: str | None, data_dir: Path | None) -> None:
    """Print how far the judge agrees with people, and the corrected quality."""
    with connected_client(server, data_dir, idle=True) as client:
        found = client.get(f"{client.evaluation(id_)}/agreement")
    out = console()
    people = len(found["annotators"])
    counted = f"{people} {'person' if people == 1 else 'people'}, {found['items']} answers"
    out.print(plain(f"{counted}: {found['reason']}."), soft_wrap=not out.is_terminal)
    if found["facets"]:
        out.print(table(FIGURES, map(_agreement, found["facets"])))
        out.print()
        out.print(table(CORRECTED, map(_correction, found["corrections"])))


def _agreement(one: Record) -> list[str]:
    return [
        one["facet"],
        str(one["items"]),
        *(interval(one[name]) for name in ("alpha", "kappa", "ac2", "raw", "bias")),
    ]


def _correction(one: Record) -> list[str]:
    return [one["candidate"], interval(one["judged"]), interval(one["corrected"]), str(one["labelled"])]
