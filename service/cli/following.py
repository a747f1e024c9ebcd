"""Follow an evaluation until it is over: moving bars on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from service.cli.client import Client
from service.cli.exits import Unreachable
from service.cli.showing import time_left

OVER = frozenset({"succeeded", "failed", "cancelled", "paused"})
PAUSE = 1.0
QUIET = 10.0
AWAY = 60.0
"""Seconds that a service may be away, as one that is started anew is, before whoever follows gives up."""


def follow(client: Client, here: str, console: Console) -> dict[str, Any]:
    """Show how far the evaluation at `here` is and return it once it is over."""
    states = _states(client, here)
    moving = console.is_terminal and not console.is_dumb_terminal
    return _bars(states, console) if moving else _lines(states, console)


def _states(client: Client, here: str) -> Iterator[dict[str, Any]]:
    seen: float | None = None
    while True:
        try:
            state = client.get(here)
        except Unreachable:
            if seen is None or time.monotonic() - seen > AWAY:
                raise
        else:
            seen = time.monotonic()
            yield state
            if state["status"] in OVER:
                return
        time.sleep(PAUSE)


def _bars(states: Iterator[dict[str, Any]], console: Console) -> dict[str, Any]:
    state: dict[str, Any] = {}
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=console) as progress:
        answers = progress.add_task("answers, timed", total=None, left="")
        verdicts = progress.add_task("verdicts", total=None, start=False, left="")
        for state in states:  # the last one is the result
            now = state["progress"]
            progress.update(answers, total=now["answers_wanted"], completed=_settled(now, "answers"))
            judged = _settled(now, "verdicts")
            if judged or now["stage"] == "judging":
                progress.start_task(verdicts)
            progress.update(verdicts, total=now["verdicts_wanted"] or None, completed=judged)
            measuring = now["stage"] != "judging"  # what is left is of all of it: said once, where it moves
            progress.update(answers, left=time_left(now) if measuring else "")
            progress.update(verdicts, left="" if measuring else time_left(now))
    return state


def _lines(states: Iterator[dict[str, Any]], console: Console) -> dict[str, Any]:
    state: dict[str, Any] = {}
    shown, at = "", 0.0
    for state in states:
        now, moment = state["progress"], time.monotonic()
        stage = f"{state['status']}, {now['stage']}"
        if stage != shown or moment - at > QUIET:
            shown, at = stage, moment
            left = time_left(now)
            console.print(
                f"{stage}: {_settled(now, 'answers')} of {now['answers_wanted']} answers, "
                f"{_settled(now, 'verdicts')} of {now['verdicts_wanted']} verdicts{f', {left}' if left else ''}",
                highlight=False,
                markup=False,
            )
    return state


def _settled(progress: dict[str, Any], what: str) -> int:
    return int(progress[f"{what}_kept"]) + int(progress[f"{what}_failed"])
