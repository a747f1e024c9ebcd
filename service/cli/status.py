"""`slm-judge status` and `problems`: whether a service can do its work, and what its refusals mean."""

import json
from pathlib import Path
from urllib.parse import quote

import click

from service.cli.options import data_dir_option, json_option, server_option


@click.command()
@server_option
@json_option
def status(server: str | None, as_json: bool) -> None:
    """Say whether the service that runs can do its work; exit status 5 if not, or if none runs."""
    from service.cli.child import find_running
    from service.cli.client import Client

    with Client(find_running(server, None), local=server is None) as client:
        found = client.get(f"{client.address}/health/ready")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    click.echo(f"slm-judge {found['version']} at {client.address} is {found['status']}.")
    for name, said in found["checks"].items():
        click.echo(f"  {name}: {said}")


@click.command()
@click.argument("name", required=False)
@server_option
@data_dir_option
def problems(name: str | None, server: str | None, data_dir: Path | None) -> None:
    """Explain the problem called NAME, the last part of its type; without it, list them all."""
    from service.cli.client import connected_client

    where = "" if name is None else f"/{quote(name.removeprefix('/problems/'), safe='')}"
    with connected_client(server, data_dir, idle=True) as client:
        click.echo(client.text(f"{client.address}/problems{where}", format="txt"), nl=False)
