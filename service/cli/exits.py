"""Exit statuses: what a script learns from how a command ended. The README and ``--help`` show this table."""

from typing import Final

import click

FINE: Final = 0
FAILED: Final = 1
WRONG_USE: Final = 2
WORSE: Final = 3
REFUSED: Final = 4
UNREACHABLE: Final = 5
UNSUCCESSFUL: Final = 6
NONE_RECOMMENDED: Final = 7

MEANING: Final = {
    FINE: "fine",
    FAILED: "failed: a model, a check or the service itself",
    WRONG_USE: "wrong use: an option, an argument or a variable",
    WORSE: "worse (compare --fail-on worse)",
    REFUSED: "the service refused the request",
    UNREACHABLE: "no service answers, or it cannot be started",
    UNSUCCESSFUL: "the evaluation failed or was cancelled",
    NONE_RECOMMENDED: "no model can be recommended",
}


class Refused(click.ClickException):
    """The service understood the request and does not fulfil it."""

    exit_code = REFUSED


class Unreachable(click.ClickException):
    """Nobody is there to ask."""

    exit_code = UNREACHABLE


class Unsuccessful(click.ClickException):
    """An evaluation came to an end other than success."""

    exit_code = UNSUCCESSFUL


def table() -> str:
    """Return the table as lines of help that click leaves as they are.

    Examples
    --------
    >>> table().splitlines()[2]
    '  0  fine'
    """
    return "\n".join(["\b", "Exit status:", *(f"  {code}  {text}" for code, text in MEANING.items())])
