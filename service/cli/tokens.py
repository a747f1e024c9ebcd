"""`slm-judge tokens`: make, list and revoke access tokens, working on the database itself."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click

T = TypeVar("T")
SCOPES = ("read", "run", "admin")
COLUMNS = ("id", "name", "scope", "created", "last used", "state")
data_dir_option = click.option(
    "--data-dir", type=click.Path(path_type=Path), help="Where everything is kept (SLM_JUDGE_DATA_DIR)."
)


@click.group()
def tokens() -> None:
    """Make, list and revoke access tokens. Works on the database, whether or not the service runs."""


@tokens.command()
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    default="read",
    show_default=True,
    help="read: look; run: also have models run; admin: also delete and decide defaults.",
)
@data_dir_option
def create(name: str, scope: str, data_dir: Path | None) -> None:
    """Make a token called NAME and print it, this once."""
    from service.domain.tokens import Scope
    from service.store import tokens as store

    if not name.strip() or len(name) > 64 or not name.isprintable():
        raise click.UsageError("NAME must be 1 to 64 printable characters.")
    _, secret = _on_database(data_dir, lambda database: store.issue(database, name, Scope(scope)))
    click.echo(secret)
    note = "Keep it now, it is not shown again. Clients send it as: Authorization: Bearer TOKEN (commands: SLM_JUDGE_TOKEN)."
    click.echo(note, err=True)


@tokens.command("list")
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(data_dir: Path | None, as_json: bool) -> None:
    """List the tokens, revoked ones too."""
    from service.store import tokens as store

    found = _on_database(data_dir, store.all_of)
    if as_json:
        import json

        shown = [
            {
                "id": one.id,
                "name": one.name,
                "scope": one.scope.value,
                "created_at": _moment(one.created_at),
                "last_used_at": _moment(one.last_used_at),
                "revoked_at": _moment(one.revoked_at),
            }
            for one in found
        ]
        click.echo(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    from rich.table import Table

    from service.cli.showing import console, plain

    out = console()
    if not found:
        out.print(plain("There is no token yet: slm-judge tokens create NAME --scope run"))
        return
    table = Table(*COLUMNS, box=None, pad_edge=False, header_style="bold")
    for one in found:
        used = _minute(one.last_used_at) or "never"
        state = f"revoked {_minute(one.revoked_at)}" if one.revoked_at else "active"
        cells = (one.id, one.name, one.scope.value, _minute(one.created_at), used, state)
        table.add_row(*map(plain, cells))
    out.print(table)


@tokens.command()
@click.argument("token", metavar="ID_OR_NAME")
@data_dir_option
def revoke(token: str, data_dir: Path | None) -> None:
    """Revoke a token by its id, or all of a name; a running service refuses it within seconds."""
    from service.store import tokens as store

    for one in _on_database(data_dir, lambda database: store.revoke(database, token)):
        click.echo(f"Revoked {one.id} ({one.name}, {one.scope}).")


def _on_database(data_dir: Path | None, work: Callable[..., Awaitable[T]]) -> T:
    """Do `work` on the database, which is made or brought up to date first."""
    import asyncio

    from service.cli.surroundings import in_words, read_settings
    from service.store.database import close, migrate, open_database

    settings = read_settings(data_dir=data_dir)
    with in_words():
        with suppress(OSError):  # the database says it better
            settings.data_dir.mkdir(parents=True, exist_ok=True)
        migrate(settings.store_url)

        async def do() -> T:
            database = open_database(settings.store_url)
            try:
                return await work(database)
            finally:
                await close(database)

        return asyncio.run(do())


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat(timespec="seconds").replace("+00:00", "Z")


def _minute(value: datetime | None) -> str:
    return "" if value is None else f"{value:%Y-%m-%d %H:%M}"
