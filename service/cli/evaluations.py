"""`slm-judge evaluations`: list them, follow one, stop it, try it again, and read what came of it."""

import json
from pathlib import Path
from typing import Any

import click

from service.cli.exits import Unsuccessful
from service.cli.options import data_dir_option, evaluation_argument, json_option, out_option, server_option

COLUMNS = ("id", "status", "created", "name", "candidates")
STATES = ("queued", "running", "pausing", "paused", "cancelling", "succeeded", "failed", "cancelled")
PROFILE = "Another selection profile than the evaluation's own."


@click.group()
def evaluations() -> None:
    """List, follow, pause, stop, retry, judge again and delete evaluations, and read what came of them.

    EVALUATION is an id, or 'last' for the newest one.
    """


@evaluations.command("list")
@click.option("--status", type=click.Choice(STATES), help="Only those that stand there.")
@click.option("--label", help="Only those with this label.")
@click.option("--candidate", help="Only those with this candidate or model.")
@click.option("--judge", help="Only those with this judge.")
@click.option("--rubric", help="Only those by this rubric.")
@click.option("--prompt-set", help="Only those on this prompt set.")
@click.option("--profile", help="Only those by this selection profile.")
@click.option(
    "--use", type=click.Choice(["commercial", "research", "internal"]), help="Only those for this use."
)
@click.option("--device", help="Only those on this device.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="At most so many."
)
@server_option
@data_dir_option
@json_option
def list_(limit: int, server: str | None, data_dir: Path | None, as_json: bool, **search: str | None) -> None:
    """List evaluations, newest first."""
    from service.cli.showing import console, minute, plain, table

    with connected(server, data_dir) as client:
        wanted = {name: value for name, value in search.items() if value is not None}
        found = list(client.pages("/evaluations", limit, **wanted))
    if as_json:
        print_json(found)
        return
    out = console()
    if not found:
        out.print(
            plain(
                "There is no evaluation: slm-judge init writes a first one, slm-judge evaluate FILE runs it."
            )
        )
        return
    rows = (
        (
            one["id"],
            one["status"],
            minute(one["created_at"]),
            one["name"],
            ", ".join(candidate["name"] for candidate in one["candidates"]),
        )
        for one in found
    )
    out.print(table(COLUMNS, rows, whole=(0, 1, 2)))


@evaluations.command()
@evaluation_argument
@server_option
@data_dir_option
@json_option
def show(evaluation: str, server: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Show what an evaluation asks and how far it is."""
    with connected(server, data_dir) as client:
        print_state(client.get(client.evaluation(evaluation)), as_json=as_json)


@evaluations.command()
@evaluation_argument
@server_option
@data_dir_option
@json_option
def watch(evaluation: str, server: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Follow an evaluation until it is over; status 6 unless it succeeds."""
    from service.cli.child import find_running
    from service.cli.client import Client

    with Client(find_running(server, data_dir), local=server is None) as client:
        follow_to_end(client, client.evaluation(evaluation), as_json=as_json)


@evaluations.command()
@evaluation_argument
@server_option
@data_dir_option
@json_option
def cancel(evaluation: str, server: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Stop an evaluation; what it found so far stays."""
    stop("cancel", evaluation, server, data_dir, as_json=as_json)


@evaluations.command()
@evaluation_argument
@server_option
@data_dir_option
@json_option
def pause(evaluation: str, server: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Let an evaluation rest until it is resumed."""
    stop("pause", evaluation, server, data_dir, as_json=as_json)


@evaluations.command()
@evaluation_argument
@click.option("--watch", "follow", is_flag=True, help="Follow it until it is over.")
@server_option
@data_dir_option
@json_option
def resume(evaluation: str, follow: bool, server: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Let a paused evaluation go on with what is missing."""
    set_going("resume", evaluation, follow, server, data_dir, as_json=as_json)


@evaluations.command()
@evaluation_argument
@click.option("--watch", "follow", is_flag=True, help="Follow it until it is over.")
@server_option
@data_dir_option
@json_option
def retry(evaluation: str, follow: bool, server: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Have an evaluation that is over try again what failed or is missing."""
    set_going("retry", evaluation, follow, server, data_dir, as_json=as_json)


@evaluations.command()
@evaluation_argument
@click.option("--name", help="Its name from now on; '' gives back the one it would have by itself.")
@click.option("--label", "labels", multiple=True, help="A label, in place of those it has; may be repeated.")
@click.option("--no-labels", is_flag=True, help="Take every label away.")
@server_option
@data_dir_option
@json_option
def describe(
    evaluation: str,
    name: str | None,
    labels: tuple[str, ...],
    no_labels: bool,
    server: str | None,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Give an evaluation another name or other labels."""
    change: dict[str, Any] = {} if name is None else {"name": name or None}
    if labels or no_labels:
        change["labels"] = list(labels)
    if not change or (labels and no_labels):
        raise click.UsageError("Say what to change: --name, --label or --no-labels.")
    with connected(server, data_dir) as client:
        print_state(client.patch(client.evaluation(evaluation), change), as_json=as_json)


@evaluations.command()
@evaluation_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@server_option
@data_dir_option
def delete(evaluation: str, yes: bool, server: str | None, data_dir: Path | None) -> None:
    """Delete an evaluation that is over, with everything kept for it."""
    with connected(server, data_dir) as client:
        here = client.evaluation(evaluation)
        state = client.get(here)
        if not yes:
            click.confirm(
                f"Delete '{state['name']}' ({state['id']}) with all its answers?", abort=True, err=True
            )
        client.delete(here)
        click.echo(f"Deleted {state['id']}.", err=True)


@evaluations.command()
@evaluation_argument
@click.option("--candidate", help="Only this candidate's.")
@click.option("--prompt", help="Only those to this prompt.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="At most so many."
)
@server_option
@data_dir_option
@json_option
def items(
    evaluation: str,
    candidate: str | None,
    prompt: str | None,
    limit: int,
    server: str | None,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Show answers with their scores, and why the judge gave them."""
    from service.cli.showing import console, item_lines, plain

    given = {"candidate": candidate, "prompt": prompt}
    with connected(server, data_dir) as client:
        wanted = {name: value for name, value in given.items() if value is not None}
        found = list(client.pages(f"{client.evaluation(evaluation)}/items", limit, **wanted))
    if as_json:
        print_json(found)
        return
    out = console()
    for one in found:
        for line in item_lines(one):
            out.print(plain(line), soft_wrap=not out.is_terminal)


@evaluations.command()
@evaluation_argument
@click.option("--profile", help=PROFILE)
@click.option("--weights", help="Weights to change, as in quality:0.5,latency_p95:0.2.")
@click.option("--gates", help="Gates to change, as in memory:4GiB,quality:3; off takes one out.")
@click.option("--anchors", help="Anchors to change, as in latency_p95:10s..500ms.")
@click.option("--use", type=click.Choice(["commercial", "research", "internal"]), help="Use to allow.")
@click.option("--detail", help="More figures, by name and separated by commas, or all; with --json.")
@server_option
@data_dir_option
@json_option
def ranking(
    evaluation: str, server: str | None, data_dir: Path | None, as_json: bool, **changes: str | None
) -> None:
    """Rank the candidates, with other weights or gates if you like; nothing is run again."""
    from service.cli.showing import console, plain, ranked_table, recommendation_lines

    with connected(server, data_dir) as client:
        wanted = {name: value for name, value in changes.items() if value is not None}
        found = client.get(f"{client.evaluation(evaluation)}/ranking", **wanted)
    if as_json:
        print_json(found)
        return
    out = console()
    out.print(ranked_table(found["candidates"]))
    for line in recommendation_lines(found["recommendation"]):
        out.print(plain(line), soft_wrap=not out.is_terminal)


@evaluations.command()
@evaluation_argument
@click.option(
    "--format", "kind", type=click.Choice(["md", "html", "json", "csv"]), help="Without it: as a table."
)
@click.option("--profile", help=PROFILE)
@out_option
@server_option
@data_dir_option
def report(
    evaluation: str,
    kind: str | None,
    profile: str | None,
    out: Path | None,
    server: str | None,
    data_dir: Path | None,
) -> None:
    """Print or write the report: as a table, Markdown, one HTML file, JSON or CSV."""
    from service.cli.evaluate import hand_over
    from service.cli.showing import console, show_report

    kind = kind or (out.suffix.lstrip(".") if out else None)
    if kind not in {None, "md", "html", "json", "csv"}:
        raise click.UsageError("--out does not end in .md, .html, .json or .csv: say which with --format.")
    with connected(server, data_dir) as client:
        here = f"{client.evaluation(evaluation)}/report"
        wanted = {} if profile is None else {"profile": profile}
        if kind is None:
            show_report(client.get(here, format="json", **wanted), console())
        else:
            hand_over(client.text(here, format=kind, **wanted), out)


def connected(server: str | None, data_dir: Path | None) -> Any:
    """Return a context with a client of the service that is named or runs, else of one that only serves what is stored."""
    from service.cli.client import connected_client

    return connected_client(server, data_dir, idle=True)


def stop(what: str, evaluation: str, server: str | None, data_dir: Path | None, *, as_json: bool) -> None:
    """Cancel or pause, and print where it stands then."""
    with connected(server, data_dir) as client:
        here = client.evaluation(evaluation)
        print_state(client.post(f"{here}/{what}"), as_json=as_json)


def set_going(
    order: str, evaluation: str, follow: bool, server: str | None, data_dir: Path | None, *, as_json: bool
) -> None:
    """Have a service that runs take an evaluation up, and follow it if wanted; one of the command's own would end too soon."""
    from service.cli.child import find_running
    from service.cli.client import Client

    with Client(find_running(server, data_dir), local=server is None) as client:
        here = client.evaluation(evaluation)
        state = client.post(f"{here}/{order}")
        if follow:
            follow_to_end(client, here, as_json=as_json)
        else:
            print_state(state, as_json=as_json)


def follow_to_end(client: Any, here: str, *, as_json: bool) -> None:
    """Show how far an evaluation is until it is over.

    Raises
    ------
    Unsuccessful
        If it failed or was cancelled.
    """
    from service.cli.following import follow
    from service.cli.showing import console

    over = follow(client, here, console(err=True))
    if as_json:
        print_json(over)
    if over["status"] != "succeeded":
        raise Unsuccessful(f"The evaluation {ended(over)}")


def ended(state: dict[str, Any]) -> str:
    """Return how an evaluation ended, as the end of a sentence."""
    what = "was cancelled" if state["status"] == "cancelled" else state["status"]
    return f"{what}: {state['reason']}" if state["reason"] else f"{what}."


def print_state(state: dict[str, Any], *, as_json: bool) -> None:
    """Print an evaluation as JSON or in lines."""
    from service.cli.showing import console, plain, state_lines

    if as_json:
        print_json(state)
        return
    out = console()
    for line in state_lines(state):
        out.print(plain(line), soft_wrap=not out.is_terminal)


def print_json(found: Any) -> None:
    """Print what the service said, as it said it."""
    click.echo(json.dumps(found, ensure_ascii=False, indent=1))
