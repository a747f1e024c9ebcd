"""`slm-judge export` and `slm-judge import`: one evaluation as a file, and back."""

from pathlib import Path

import click

from service.cli.client import connected_client


def export_evaluation(id_: str, file: Path | None, *, server: str | None, data_dir: Path | None) -> None:
    """Write an evaluation into `file`; without one under a name of its own."""
    with connected_client(server, data_dir, idle=True) as client:
        found = client.evaluation_id(id_)
        packed = client.content(f"/evaluations/{found}/export")
    target = file or Path(f"evaluation-{found}.jsonl.gz")
    try:
        target.write_bytes(packed)
    except OSError as error:
        raise click.ClickException(f"{target} cannot be written: {error.strerror}.") from error
    click.echo(f"{target} ({len(packed)} bytes)")


def import_evaluation(file: Path, *, server: str | None, data_dir: Path | None) -> None:
    """Send a file and say under which id the evaluation is there now."""
    with connected_client(server, data_dir, idle=True) as client:
        known, found = client.send("/evaluations/import", file.read_bytes(), "application/gzip")
    already = "was here already, just the same" if known == 200 else "is here now"
    click.echo(f"{found['id']} ({found['name']}) {already}.")
