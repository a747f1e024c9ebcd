"""`slm-judge rubrics`, `prompts` and `profiles`: what requests may name, listed and shown."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from service.cli.options import data_dir_option, json_option, server_option

Record = dict[str, Any]
EVERYTHING = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One kind of thing with names.

    Attributes
    ----------
    path
        Where the API lists them.
    name, plural
        What one and many are called.
    columns, row
        How a list shows them, besides the name and the title.
    lines
        What is told of one, below its name, title and description.
    """

    path: str
    name: str
    plural: str
    columns: tuple[str, ...]
    row: Callable[[Record], tuple[object, ...]]
    lines: Callable[[Record], Iterator[str]]


def _rubric_lines(one: Record) -> Iterator[str]:
    for facet in one["facets"]:
        scored = f"checked by {facet['check']}" if facet["check"] else "judged"
        yield f"{facet['name']} (weight {facet['weight']:g}, {scored}): {facet['question']}"
        for level, said in enumerate(facet["levels"], 1):
            yield f"  {level} = {said}"
        for example in facet["examples"]:
            yield f"  example of {example['level']}: {example['answer']}"


def _prompt_lines(one: Record) -> Iterator[str]:
    for prompt in one["prompts"]:
        yield f"{prompt['id']}: {prompt['text']}"
        if prompt["reference"]:
            yield f"  expected: {prompt['reference']}"


def _profile_lines(one: Record) -> Iterator[str]:
    yield f"use: {one['use']}"
    for gate in one["gates"]:
        of = f" of {gate['facet']}" if gate["facet"] else ""
        yield f"gate {gate['name']}{of}" + ("" if gate["limit"] is None else f": {gate['limit']:g}")
    for criterion in one["criteria"]:
        ends = f"{_end(criterion['zero'])} is 0, {_end(criterion['full'])} is 1, {criterion['scale']}"
        yield f"weight of {criterion['name']}: {criterion['weight']:g} ({ends})"
    yield "times in seconds, sizes in bytes"


def _end(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


RUBRICS = Shelf(
    path="/rubrics",
    name="RUBRIC",
    plural="rubrics",
    columns=("facets",),
    row=lambda one: (", ".join(facet["name"] for facet in one["facets"]),),
    lines=_rubric_lines,
)
PROMPT_SETS = Shelf(
    path="/prompt-sets",
    name="PROMPT_SET",
    plural="prompt sets",
    columns=("prompts", "with reference"),
    row=lambda one: (len(one["prompts"]), sum(bool(prompt["reference"]) for prompt in one["prompts"])),
    lines=_prompt_lines,
)
PROFILES = Shelf(
    path="/profiles",
    name="PROFILE",
    plural="selection profiles",
    columns=("use", "weights"),
    row=lambda one: (
        one["use"],
        ", ".join(f"{weighed['name']} {weighed['weight']:g}" for weighed in one["criteria"]),
    ),
    lines=_profile_lines,
)


def add_readers(group: click.Group, shelf: Shelf) -> None:
    """Give `group` the commands `list` and `show`."""

    @group.command("list", help=f"List the {shelf.plural} that requests may name.")
    @server_option
    @data_dir_option
    @json_option
    def list_(server: str | None, data_dir: Path | None, as_json: bool) -> None:
        list_shelf(shelf, server=server, data_dir=data_dir, as_json=as_json)

    @group.command("show", help=f"Show {shelf.name} whole.")
    @click.argument("name", metavar=shelf.name)
    @server_option
    @data_dir_option
    @json_option
    def show(name: str, server: str | None, data_dir: Path | None, as_json: bool) -> None:
        show_entry(shelf, name, server=server, data_dir=data_dir, as_json=as_json)


@click.group()
def profiles() -> None:
    """Look at selection profiles: what a choice weighs, and what it demands."""


def list_shelf(shelf: Shelf, *, server: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Print a table, or all of it as JSON."""
    from service.cli.client import connected_client
    from service.cli.showing import console, table

    with connected_client(server, data_dir, idle=True) as client:
        found = list(client.pages(shelf.path, EVERYTHING))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    rows = [(one["name"], one["title"], *shelf.row(one)) for one in found]
    console().print(table(("name", "title", *shelf.columns), rows))


def show_entry(shelf: Shelf, name: str, *, server: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Print one in lines or as JSON."""
    from service.cli.client import connected_client
    from service.cli.showing import console, plain

    with connected_client(server, data_dir, idle=True) as client:
        found = client.get(f"{shelf.path}/{quote(name, safe='')}")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    out = console()
    head = [f"{found['name']}: {found['title']}", found["description"]]
    for line in [*(one for one in head if one), *shelf.lines(found)]:
        out.print(plain(line), soft_wrap=not out.is_terminal)
