"""`slm-judge compare`: an evaluation against a baseline, or two of its candidates, with an exit code for CI."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.table import Table

from service.cli.client import connected_client
from service.cli.evaluate import hand_over
from service.cli.showing import console, plain
from service.domain.comparisons import EvaluationComparison, Match
from service.report.figures import say
from service.report.versus import say_detectable, say_effect, title_of

WORSE = 3
"""Exit code when something is worse and ``--fail-on worse`` was given."""


def run_comparison(
    evaluation: str,
    baseline: str | None,
    *,
    server: str | None,
    data_dir: Path | None,
    parameters: dict[str, str],
    kind: str | None,
    out: Path | None,
    fail_on: str | None,
) -> int:
    """Compare, show or write what came of it, and return the exit code.

    Raises
    ------
    click.ClickException
        If the service refuses the comparison.
    """
    with connected_client(server, data_dir, idle=True) as client:
        asked = parameters | ({} if baseline is None else {"baseline": client.evaluation_id(baseline)})
        here = f"{client.evaluation(evaluation)}/comparison"
        found = client.get(here, format="json", **asked)
        if kind == "md":
            hand_over(client.text(here, format="md", **asked), out)
        elif kind == "json":
            hand_over(json.dumps(found, ensure_ascii=False, indent=1), out)
    if kind is None:
        show(msgspec.convert(found, EvaluationComparison))
    worse = list(worse_figures(found))
    if fail_on == "worse" and worse:
        click.echo(f"Worse: {', '.join(worse)}", err=True)
        return WORSE
    return 0


def worse_figures(found: dict[str, Any]) -> Iterator[str]:
    """Yield what is worse, as ``candidate figure``."""
    for match in found["matches"]:
        for one in match["figures"]:
            if one["verdict"] == "worse":
                yield f"{match['candidate']} {one['figure']}"


def show(found: EvaluationComparison) -> None:
    """Print a comparison."""
    out = console()
    for match in found.matches:
        out.print(plain(f"\n{_names(match)}: {match.verdict}"))
        out.print(_table(match))
    for title, lines in (("Changed", found.changed), ("Caution", found.cautions)):
        for line in lines:
            out.print(plain(f"{title}: {line}"), soft_wrap=not out.is_terminal)
    out.print(plain(f"\nTaken together: {found.verdict}"))


def _names(match: Match) -> str:
    return (
        match.candidate if match.candidate == match.against else f"{match.candidate} against {match.against}"
    )


def _table(match: Match) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    header: Sequence[str] = ("", "now", "against", "effect", "verdict", "could have seen")
    for at, column in enumerate(header):
        table.add_column(column, justify="left" if at in {0, 3, 4} else "right", no_wrap=at == 0)
    for one in match.figures:
        cells = (
            title_of(one),
            say(one.candidate, one.unit),
            say(one.against, one.unit),
            say_effect(one),
            one.verdict,
            say_detectable(one),
        )
        table.add_row(*map(plain, cells))
    return table
