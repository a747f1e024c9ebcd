"""`slm-judge models`: what can be asked on this machine, and whether one of them answers."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from service.cli.exits import FAILED, Refused
from service.cli.options import data_dir_option, json_option, out_option, server_option

COLUMNS = ("model", "from", "licence", "on disk", "context", "capabilities")


@click.group(invoke_without_command=True)
@click.option("--catalog", is_flag=True, help="Ask the Foundry catalog and the endpoints first.")
@click.option("--capability", help="Only models that can do this, as in chat.")
@server_option
@data_dir_option
@json_option
@click.pass_context
def models(
    context: click.Context,
    catalog: bool,
    capability: str | None,
    server: str | None,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """List the models that requests may name, or ask one of them something."""
    if context.invoked_subcommand is None:
        list_models(server=server, data_dir=data_dir, catalog=catalog, capability=capability, as_json=as_json)
    elif catalog or capability or server or data_dir or as_json:
        raise click.UsageError(f"Put options behind '{context.invoked_subcommand}'.")


@models.command("list")
@click.option("--catalog", is_flag=True, help="Ask the Foundry catalog and the endpoints first.")
@click.option("--capability", help="Only models that can do this, as in chat.")
@server_option
@data_dir_option
@json_option
def list_(
    catalog: bool, capability: str | None, server: str | None, data_dir: Path | None, as_json: bool
) -> None:
    """List the models that requests may name."""
    list_models(server=server, data_dir=data_dir, catalog=catalog, capability=capability, as_json=as_json)


@models.command()
@click.argument("model")
@server_option
@data_dir_option
@json_option
def show(model: str, server: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Show what is known of MODEL."""
    from service.cli.client import connected_client
    from service.cli.showing import console, plain

    with connected_client(server, data_dir, idle=True) as client:
        found = client.get(f"/models/{quote(model, safe='')}")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    out = console()
    for name, value in found.items():
        told = ", ".join(map(str, value)) if isinstance(value, list) else value
        out.print(plain(f"{name.replace('_', ' ')}: {'unknown' if told is None else told}"))


@models.command()
@click.argument("model")
@click.option("--prompt", default="What is the capital of France?", show_default=True, help="What to ask it.")
@click.option(
    "--max-tokens", type=click.IntRange(1, 32_768), default=64, show_default=True, help="At most so many."
)
@server_option
@data_dir_option
@json_option
def check(
    model: str, prompt: str, max_tokens: int, server: str | None, data_dir: Path | None, as_json: bool
) -> None:
    """Load MODEL, ask it one prompt and show what it said and how long that took; status 1 if it did not answer."""
    from service.cli.client import connected_client
    from service.cli.showing import console, plain
    from service.report.figures import say

    with connected_client(server, data_dir, idle=True) as client:
        found = client.post(
            f"/models/{quote(model, safe='')}/check", {"prompt": prompt, "max_tokens": max_tokens}
        )
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    elif found["ok"]:
        out = console()
        out.print(plain(found["text"]))
        figures = (
            ("load", "load_seconds"),
            ("first token", "first_token_seconds"),
            ("latency", "latency_seconds"),
        )
        told = [f"{name} {say(found[key], 'seconds')}" for name, key in figures]
        out.print(plain(f"{', '.join(told)}, {found['completion_tokens']} tokens, a cold start"))
    else:
        raise click.ClickException(f"{model}: {found['failure']['message']}")
    sys.exit(0 if found["ok"] else FAILED)


@models.command()
@click.option("--capability", help="Only models that can do this, as in chat.")
@click.option("--prompt-set", help="A prompt set to keep beside them.")
@out_option
@server_option
@data_dir_option
def export(
    capability: str | None,
    prompt_set: str | None,
    out: Path | None,
    server: str | None,
    data_dir: Path | None,
) -> None:
    """Write models.json: the models with capability tags and sizes, and a prompt set if you name one.

    `slm-judge import models-json FILE` reads it.
    """
    from service.cli.client import connected_client
    from service.cli.evaluate import hand_over
    from service.library.models_json import models_json

    wanted = {} if capability is None else {"capability": capability}
    with connected_client(server, data_dir, idle=True) as client:
        found = whole(client, **wanted)["items"]
        asked = (
            [] if prompt_set is None else client.get(f"/prompt-sets/{quote(prompt_set, safe='')}")["prompts"]
        )
    if not found:
        raise Refused(f"No model has the capability '{capability}': `slm-judge models` lists them.")
    hand_over(json.dumps(models_json(found, asked), ensure_ascii=False, indent=1) + "\n", out)


def list_models(
    *, server: str | None, data_dir: Path | None, catalog: bool, capability: str | None = None, as_json: bool
) -> None:
    """List the models; with `catalog` after asking the Foundry catalog."""
    from service.cli.client import connected_client

    wanted = {} if capability is None else {"capability": capability}
    with connected_client(server, data_dir, idle=True) as client:
        if catalog:
            client.post("/models/refresh")
        page = whole(client, **wanted)
    if as_json:
        click.echo(json.dumps(page, ensure_ascii=False, indent=1))
        return
    _show(page)


def whole(client: Any, **wanted: str) -> Any:
    """Return the models of every page as one."""
    page = following = client.get("/models", limit="200", **wanted)
    while following["next_cursor"]:
        following = client.get("/models", limit="200", cursor=following["next_cursor"], **wanted)
        page["items"] += following["items"]
    page["next_cursor"] = None
    return page


def _show(page: dict[str, Any]) -> None:
    from service.cli.showing import console, plain, table

    out = console()
    out.print(table(COLUMNS, _rows(page["items"])))
    for broken in page["unreadable"]:
        out.print(plain(f"Left out: {broken['path']}: {broken['reason']}"))
    state = page["catalog"]
    never = "never asked; `slm-judge models --catalog` asks it"
    asked = never if state["state"] == "never" else state["state"]
    reason = f" ({state['reason']})" if state["reason"] else ""
    out.print(plain(f"Foundry catalog: {asked}{reason}"))


def _rows(models: list[dict[str, Any]]) -> Iterator[tuple[object, ...]]:
    from service.report.figures import NONE, say

    for one in models:
        yield (
            one["name"],
            one["source"],
            one["licence"] or "unknown",
            say(one["disk_bytes"], "bytes") if one["cached"] else "not cached",
            NONE if one["context"] is None else one["context"],
            ", ".join(one["capabilities"]),
        )
