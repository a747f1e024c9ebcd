"""`slm-judge judges`: have a judge examined, and see which of its scores may decide."""

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from service.cli.child import find_or_start
from service.cli.client import Client
from service.cli.following import PAUSE, QUIET
from service.cli.showing import Record, console, plain, qualification_lines


def qualify_judge(
    judge: str, *, server: str | None, data_dir: Path | None, as_json: bool, wanted: dict[str, Any]
) -> int:
    """Have `judge` examined and print what came of it.

    Returns
    -------
    int
        0 if it may decide at least one facet, else 1.

    Raises
    ------
    click.ClickException
        If the service refuses it, or there is nobody to ask.
    """
    body = {name: value for name, value in wanted.items() if value is not None}
    body["examination"] = body.pop("budget")
    here = address_of(judge)
    with find_or_start(server, data_dir) as address, Client(address, local=server is None) as client:
        hearing = client.post(here, body)
        if hearing["state"] != "done":
            hearing = _follow(client, here, hearing["key"])
        if hearing["state"] == "failed":
            raise click.ClickException(f"{judge} could not be examined: {hearing['failure']['message']}")
        held = client.get(here)["held"]
    found = next(one for one in held if one["key"] == hearing["key"])
    _print(found, as_json=as_json)
    return 0 if any(facet["standing"] == "qualified" for facet in found["facets"]) else 1


def show_judge(judge: str, *, server: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Print the examinations of `judge`, newest first."""
    with find_or_start(server, data_dir) as address, Client(address, local=server is None) as client:
        held = client.get(address_of(judge))["held"]
    if as_json:
        click.echo(json.dumps(held, ensure_ascii=False, indent=1))
        return
    if not held:
        console().print(plain(f"{judge} was never examined: slm-judge judges qualify {judge} --prompt-set …"))
    for found in held:
        _print(found, as_json=False)


def address_of(judge: str) -> str:
    """Return where the examinations of `judge` are."""
    return f"/judges/{quote(judge, safe='')}/qualification"


def _follow(client: Client, here: str, key: str) -> Record:
    """Say now and then how far it is, until it is over.

    Raises
    ------
    click.ClickException
        If the service forgot it, as one that was started anew does.
    """
    notes, shown, at = console(err=True), "", 0.0
    while True:
        hearing: Record | None = client.get(here)["under_way"]
        if hearing is None or hearing["key"] != key:
            raise click.ClickException("The service was started anew meanwhile: ask again.")
        if hearing["state"] in {"done", "failed"}:
            return hearing
        if hearing["state"] != shown or time.monotonic() - at > QUIET:
            shown, at = hearing["state"], time.monotonic()
            notes.print(plain(f"{shown}: {hearing['asked']} of {hearing['calls']} calls"))
        time.sleep(PAUSE)


def _print(found: Record, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    out = console()
    terms = found["terms"]
    if terms is not None:
        about = (
            f"rubric {terms['rubric']}, template {terms['template']}, {terms['mode']}, {terms['examination']}"
        )
        out.print(plain(f"{found['created_at'][:16].replace('T', ' ')}  {about}"))
    for line in qualification_lines(found):
        out.print(plain(line), soft_wrap=not out.is_terminal)
