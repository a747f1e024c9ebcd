"""`slm-judge recommendation`: which model should be the default, from what was measured so far."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from service.cli.exits import FINE, NONE_RECOMMENDED
from service.cli.options import EvaluationId, data_dir_option, json_option, server_option


@click.command()
@click.option(
    "--use", type=click.Choice(["commercial", "research", "internal"]), help="What the licence must allow."
)
@click.option("--device", help="Device it is for.")
@click.option("--profile", help="Selection profile it must have been ranked by.")
@click.option(
    "--evaluation", type=EvaluationId(), help="From this evaluation, or 'last'; else the newest that fits."
)
@server_option
@data_dir_option
@json_option
def recommendation(
    server: str | None, data_dir: Path | None, as_json: bool, evaluation: str | None, **wanted: str | None
) -> None:
    """Recommend a default model with the reasons, how old they are and what changed since; status 7 for none."""
    from service.cli.client import connected_client
    from service.cli.showing import console, minute, plain, recommendation_lines

    given = {name: value for name, value in wanted.items() if value is not None}
    with connected_client(server, data_dir, idle=True) as client:
        if evaluation is not None:
            given["evaluation"] = client.evaluation_id(evaluation)
        found: dict[str, Any] = client.get("/recommendation", **given)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        out = console()
        for line in recommendation_lines(found):
            out.print(plain(line), soft_wrap=not out.is_terminal)
        if (source := found["evaluation"]) is not None:
            use = f"for {found['use']} use on {found['device']}, profile {found['profile']}"
            out.print(plain(f"  from '{source['name']}' of {minute(source['finished_at'])}, {use}"))
        for line in found["stale"]:
            out.print(plain(f"  changed since: {line}"), soft_wrap=not out.is_terminal)
    sys.exit(NONE_RECOMMENDED if found["candidate"] is None else FINE)
