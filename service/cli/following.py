"""Follow an evaluation until it is over: moving bars on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from service.cli.client import Client

OVER = frozenset({"succeeded", "failed", "cancelled"})
PAUSE = 1.0
QUIET = 10.0


def follow(client: Client, id_: str, console: Console) -> dict[str, Any]:
    """Show how far an evaluation is and return it once it is over."""
    states = _states(client, id_)
    return _bars(states, console) if console.is_terminal else _lines(states, console)


def _states(client: Client, id_: str) -> Iterator[dict[str, Any]]:
    while True:
        state = client.get(f"/evaluations/{id_}")
        yield state
        if state["status"] in OVER:
            return
        time.sleep(PAUSE)


def _bars(states: Iterator[dict[str, Any]], console: Console) -> dict[str, Any]:
    state: dict[str, Any] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        answers = progress.add_task("answers, timed", total=None)
        verdicts = progress.add_task("verdicts", total=None)
        for state in states:  # the last one is the result
            now = state["progress"]
            progress.update(answers, total=now["answers_wanted"], completed=_settled(now, "answers"))
            progress.update(
                verdicts, total=now["verdicts_wanted"] or None, completed=_settled(now, "verdicts")
            )
    return state


def _lines(states: Iterator[dict[str, Any]], console: Console) -> dict[str, Any]:
    state: dict[str, Any] = {}
    shown, at = "", 0.0
    for state in states:
        now = state["progress"]
        stage = f"{state['status']}, {now['stage']}"
        if stage != shown or time.monotonic() - at > QUIET:
            shown, at = stage, time.monotonic()
            console.print(
                f"{stage}: {_settled(now, 'answers')} of {now['answers_wanted']} answers, "
                f"{_settled(now, 'verdicts')} of {now['verdicts_wanted']} verdicts",
                highlight=False,
                markup=False,
            )
    return state


def _settled(progress: dict[str, Any], what: str) -> int:
    return int(progress[f"{what}_kept"]) + int(progress[f"{what}_failed"])
