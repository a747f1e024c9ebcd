"""`slm-judge import`: an evaluation that `export` wrote, or what other tools' files ask for."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.cli.options import CONTEXT, data_dir_option, server_option

if TYPE_CHECKING:
    from service.library.imported import Imported

MOST_BYTES = 16 * 1024 * 1024
TEXTS = frozenset({".txt", ".md"})
MOST_TEXT = 256 * 1024


class Importers(click.Group):
    """What to import is named first; a file alone is an evaluation that ``export`` wrote."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take anything that names no importer as the file of an evaluation."""
        if args and self.get_command(ctx, args[0]) is None:
            return super().resolve_command(ctx, ["evaluation", *args])
        return super().resolve_command(ctx, args)


@click.group("import", cls=Importers, context_settings=CONTEXT)
def import_() -> None:
    """Import an evaluation from a file that `export` wrote, or prompts and rubrics of other tools.

    `slm-judge import FILE` is short for `slm-judge import evaluation FILE`.
    """


@import_.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@server_option
@data_dir_option
def evaluation(file: Path, server: str | None, data_dir: Path | None) -> None:
    """Import an evaluation from FILE, which `export` wrote."""
    from service.cli.moving import import_evaluation

    import_evaluation(file, server=server, data_dir=data_dir)


def _folder_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--force", is_flag=True, help="Replace files that are there."),
        click.option(
            "--to",
            type=click.Path(file_okay=False, path_type=Path),
            default=Path("slm-judge-library"),
            show_default=True,
            help="Folder to write into; it becomes a library of your own.",
        ),
        click.option("--name", help="Name of the prompt set and the rubric  [default: the file's]"),
        click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    ):
        command = option(command)
    return command


@import_.command()
@_folder_options
def promptfoo(file: Path, name: str | None, to: Path, force: bool) -> None:
    """Make a prompt set and a rubric of a promptfoo configuration (YAML), and say what could not be carried over.

    Nothing of the file is run: JavaScript, Python and template logic stay behind, each with a line that says so.
    """
    from service.library.documents import parse_json, parse_yaml
    from service.library.promptfoo import from_promptfoo

    document = _document(file, parse_json if file.suffix == ".json" else parse_yaml)
    base = file.resolve().parent
    _write(
        file,
        name,
        to,
        force,
        lambda rubrics: from_promptfoo(document, rubrics, lambda path: _text(base, path)),
    )


@import_.command("openai-evals")
@_folder_options
def openai_evals(file: Path, name: str | None, to: Path, force: bool) -> None:
    """Make a prompt set and a rubric of an OpenAI eval (JSON, or JSON lines of samples), and say what was left behind.

    The file holds an eval with its testing_criteria and a run's data_source, or samples with input and ideal.
    """
    from service.library.documents import parse_json
    from service.library.openai_evals import from_openai_evals

    def lines(text: str) -> Any:
        return [parse_json(line) for line in text.splitlines() if line.strip()]

    document = _document(file, lines if file.suffix == ".jsonl" else parse_json)
    _write(file, name, to, force, lambda rubrics: from_openai_evals(document, rubrics))


@import_.command("models-json")
@_folder_options
@click.option("--capability", help="Only models with this tag, as in chat.")
@server_option
@data_dir_option
def models_json(
    file: Path,
    name: str | None,
    to: Path,
    force: bool,
    capability: str | None,
    server: str | None,
    data_dir: Path | None,
) -> None:
    """Say which models of a models.json are here, and make a prompt set of its prompts.

    Tags, sizes, licences and versions that are not so here are said; status 1 if none of the models is here.
    """
    from service.cli.client import connected_client
    from service.cli.models import whole
    from service.library.documents import parse_json
    from service.library.imported import Imported
    from service.library.models_json import choose

    document = _document(file, parse_json)
    with connected_client(server, data_dir, idle=True) as client:
        known = whole(client)["items"]
    try:
        found = choose(document, known, capability)
    except ValueError as error:
        raise click.ClickException(f"{file}: {error}") from error
    if not found.models:
        lines = "".join(f"\n  {line}" for line in found.lost)
        raise click.ClickException(f"None of the models in {file} is here and has the tag asked for.{lines}")
    click.echo(f"candidates: [{', '.join(found.models)}]")
    if found.prompts:
        title = f"Prompts of {file.name}"[:120]
        made = Imported(
            prompt_set={"title": title, "description": "", "prompts": list(found.prompts)},
            rubric=None,
            lost=found.lost,
        )
        _write(file, name, to, force, lambda _: made)
    else:
        for line in found.lost:
            click.echo(f"Not carried over: {line}", err=True)


def _document(file: Path, parse: Callable[[str], Any]) -> Any:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise click.ClickException(f"{file} is larger than 16 MiB: split it.")
        return parse(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{file} cannot be used: {error}") from error


def _text(base: Path, path: str) -> str:
    """Return a text file beside the configuration.

    Raises
    ------
    ValueError
        If it is elsewhere, no text, too large or not there.
    """
    file = (base / path).resolve()
    if file.suffix not in TEXTS:
        raise ValueError(f"'{path}' is no text file: only .txt and .md are read, and nothing is run")
    if not file.is_relative_to(base):
        raise ValueError(f"'{path}' is outside of the configuration's folder: copy it there")
    try:
        if file.stat().st_size > MOST_TEXT:
            raise ValueError(f"'{path}' is larger than 256 KiB")
        return file.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"'{path}' cannot be read") from error


def _write(file: Path, name: str | None, to: Path, force: bool, make: Callable[[Path], "Imported"]) -> None:
    """Check what came of the file as the service would, write it, and say what was left behind."""
    import yaml

    from service.cli.surroundings import in_words
    from service.library import Folders, Library
    from service.library.shelves import check_name
    from service.resources import data_folder

    shipped = Folders(rubrics=data_folder("rubrics"), prompts=data_folder("prompts"))
    name = name or re.sub(r"[^a-z0-9._-]+", "-", file.stem.lower()).strip("-._") or "imported"
    library = Library(shipped)
    with in_words():
        check_name(name, "prompt set")
        try:
            found = make(shipped.rubrics)
        except ValueError as error:
            raise click.ClickException(f"{file}: {error}") from error
        library.parse_prompt_set(found.prompt_set, name)
        if found.rubric is not None:
            library.parse_rubric(found.rubric, name)
    places = {
        to / "prompts" / "sets" / f"{name}.json": json.dumps(found.prompt_set, ensure_ascii=False, indent=1)
        + "\n"
    }
    if found.rubric is not None:
        text = yaml.safe_dump(found.rubric, allow_unicode=True, sort_keys=False, width=110)
        places[to / "rubrics" / "quality" / f"{name}.yaml"] = text
    there = [str(place) for place in places if place.exists()]
    if there and not force:
        raise click.UsageError(
            f"{' and '.join(there)} is there already: --force replaces it, --name gives another name."
        )
    try:
        _fill_up(shipped.rubrics, to / "rubrics")
        _fill_up(shipped.prompts, to / "prompts")
        for place, text in places.items():
            place.write_text(text, encoding="utf-8")
            click.echo(f"Written: {place}")
    except OSError as error:
        raise click.ClickException(f"{to} cannot be written: {error}") from error
    _say(found, name, to)


def _say(found: "Imported", name: str, to: Path) -> None:
    facets = [] if found.rubric is None else found.rubric["facets"]
    asked = f" on {', '.join(one['name'] for one in facets)}" if facets else ""
    click.echo(f"{len(found.prompt_set['prompts'])} prompts, {len(facets)} facets{asked}")
    if not facets:
        click.echo("The file does not say what a good answer is: take the rubric 'general'.")
    for line in found.lost:
        click.echo(f"Not carried over: {line}", err=True)
    here = to.resolve()
    click.echo(
        f"To use it: SLM_JUDGE_RUBRICS={here / 'rubrics'} SLM_JUDGE_PROMPTS={here / 'prompts'} slm-judge serve"
    )
    click.echo(f"and in an evaluation: prompt_set: {name}" + (f", rubric: {name}" if facets else ""))


def _fill_up(shipped: Path, own: Path) -> None:
    """Copy the shipped files that the own folder lacks, for it takes the place of the shipped one."""
    for source in sorted(shipped.rglob("*")):
        target = own / source.relative_to(shipped)
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
