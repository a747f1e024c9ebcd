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
    TimeRemainingColumn,
)

from service.cli.client import Client
from service.cli.exits import Unreachable

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


def left(begun: float, share: float, seconds: float) -> float | None:
    """Return the seconds that are left if it goes on like this, from the share at the beginning and now.

    Examples
    --------
    >>> left(0.0, 0.25, 10.0)
    30.0
    """
    return None if share <= begun else (1 - share) * seconds / (share - begun)


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
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, speed_estimate_period=120) as progress:
        answers = progress.add_task("answers, timed", total=None)
        verdicts = progress.add_task("verdicts", total=None, start=False)
        for state in states:  # the last one is the result
            now = state["progress"]
            progress.update(answers, total=now["answers_wanted"], completed=_settled(now, "answers"))
            judged = _settled(now, "verdicts")
            if judged or now["stage"] == "judging":
                progress.start_task(verdicts)
            progress.update(verdicts, total=now["verdicts_wanted"] or None, completed=judged)
    return state


def _lines(states: Iterator[dict[str, Any]], console: Console) -> dict[str, Any]:
    state: dict[str, Any] = {}
    shown, at = "", 0.0
    begun: tuple[float, float] | None = None
    for state in states:
        now, moment = state["progress"], time.monotonic()
        begun = begun or (now["share"], moment)
        stage = f"{state['status']}, {now['stage']}"
        if stage != shown or moment - at > QUIET:
            shown, at = stage, moment
            rest = left(begun[0], now["share"], moment - begun[1])
            estimate = "" if rest is None or state["status"] in OVER else f", about {rest:.0f} s left"
            console.print(
                f"{stage}: {_settled(now, 'answers')} of {now['answers_wanted']} answers, "
                f"{_settled(now, 'verdicts')} of {now['verdicts_wanted']} verdicts{estimate}",
                highlight=False,
                markup=False,
            )
    return state


def _settled(progress: dict[str, Any], what: str) -> int:
    return int(progress[f"{what}_kept"]) + int(progress[f"{what}_failed"])
