"""`slm-judge init` and `slm-judge completion`: a first evaluation file, and a shell that knows the commands."""

from pathlib import Path

import click

SHELLS = ("bash", "zsh", "fish")
WHERE = {
    "bash": 'eval "$(slm-judge completion bash)"  # in ~/.bashrc',
    "zsh": 'eval "$(slm-judge completion zsh)"  # in ~/.zshrc',
    "fish": "slm-judge completion fish > ~/.config/fish/completions/slm-judge.fish",
}


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default="evaluation.yaml")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def init(file: Path, force: bool) -> None:
    """Write a first evaluation file with comments into FILE (evaluation.yaml); it runs as it is."""
    text = Path(__file__).with_name("first_evaluation.yaml").read_text(encoding="utf-8")
    try:
        with file.open("w" if force else "x", encoding="utf-8") as made:
            made.write(text.replace("THIS_FILE", str(file)))
    except FileExistsError as error:
        raise click.UsageError(f"{file} is there already: --force replaces it.") from error
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from error
    click.echo(f"Written: {file}. Run it with: slm-judge evaluate {file}", err=True)


@click.command(epilog="\b\n" + "\n".join(WHERE.values()))
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the lines that make SHELL complete commands and options."""
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is not None:
        click.echo(made(context.find_root().command, {}, "slm-judge", "_SLM_JUDGE_COMPLETE").source())
