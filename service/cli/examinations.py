"""Commands that look at judges, rubrics and prompt sets before their word counts."""

import sys
from pathlib import Path
from typing import Any

import click

from service.cli.library import PROMPT_SETS, RUBRICS, add_readers
from service.cli.options import data_dir_option, server_option


@click.group()
def judges() -> None:
    """Find out which scores of a judge may decide."""


@judges.command()
@click.argument("judge")
@server_option
@data_dir_option
@click.option("--prompt-set", required=True, help="Prompts with references to plant faults in.")
@click.option("--rubric", default="general", show_default=True, help="The facets to be examined on.")
@click.option(
    "--budget",
    type=click.Choice(["quick", "full"]),
    default="quick",
    show_default=True,
    help="At most 150 calls, or 600.",
)
@click.option("--mode", type=click.Choice(["joint", "separate"]), help="All facets at once, or one by one.")
@click.option("--template", help="Judge template  [default: the model's, else the mode's]")
@click.option("--max-tokens", type=click.IntRange(1, 32_768), help="Tokens of a reply.")
@click.option("--thinking-tokens", type=click.IntRange(0, 32_768), help="Tokens to think with, on top.")
@click.option("--again", is_flag=True, help="Examine it again even if it was under the same terms.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def qualify(judge: str, server: str | None, data_dir: Path | None, as_json: bool, **wanted: Any) -> None:
    """Examine JUDGE; exit with status 1 if none of its scores may decide."""
    from service.cli.judges import qualify_judge

    sys.exit(qualify_judge(judge, server=server, data_dir=data_dir, as_json=as_json, wanted=wanted))


@judges.command()
@click.argument("judge")
@server_option
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(judge: str, server: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Show the examinations of JUDGE, newest first."""
    from service.cli.judges import show_judge

    show_judge(judge, server=server, data_dir=data_dir, as_json=as_json)


files_argument = click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
strict_option = click.option(
    "--strict", is_flag=True, help="Exit with status 1 for what to look at again, too."
)


@click.group()
def rubrics() -> None:
    """Look at rubrics, and check one before it is used."""


@rubrics.command("check")
@files_argument
@click.option(
    "--prompts",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A prompt set to hold the worked examples against; may be given several times.",
)
@strict_option
def check_rubric_files(files: tuple[Path, ...], prompts: tuple[Path, ...], strict: bool) -> None:
    """Check rubric FILES: faults, facets that are vague or that no judge can qualify on, examples that give prompts away."""
    from service.cli.checking import check_rubrics

    sys.exit(check_rubrics(files, prompts=prompts, strict=strict))


@click.group()
def prompts() -> None:
    """Look at prompt sets, and check one before it is used."""


@prompts.command("check")
@files_argument
@strict_option
def check_prompt_files(files: tuple[Path, ...], strict: bool) -> None:
    """Check prompt sets in FILES (JSON, JSON Lines, CSV): faults, and what is missing to judge and rank by them."""
    from service.cli.checking import check_prompts

    sys.exit(check_prompts(files, strict=strict))


add_readers(rubrics, RUBRICS)
add_readers(prompts, PROMPT_SETS)
