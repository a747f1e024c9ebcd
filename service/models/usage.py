"""What a server counts of an answer, held against what it sent. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SPARE = 8
"""Tokens that are counted and have no text: ends of turns, marks around reasoning."""


@dataclass(slots=True, kw_only=True)
class Usage:
    """The server's own count, ``None`` where it gives none; `reasoning` is a part of `completion`, but not everywhere."""

    prompt: int | None = None
    completion: int | None = None
    reasoning: int | None = None
    total: int | None = None

    def take(self, said: Mapping[str, Any]) -> None:
        """Take what an answer's ``usage`` says; it may come several times, and the last counts."""
        self.prompt, self.completion = count(said.get("prompt_tokens")), count(said.get("completion_tokens"))
        self.total = count(said.get("total_tokens"))
        details = said.get("completion_tokens_details")
        apart = details.get("reasoning_tokens") if isinstance(details, dict) else said.get("reasoning_tokens")
        self.reasoning = count(apart)

    @property
    def beside(self) -> bool:
        """Whether reasoning is counted beside the completion and not within it, as the total gives away."""
        parts = (self.prompt, self.completion, self.reasoning)
        return (
            bool(self.reasoning) and self.total is not None and self.total == sum(one or 0 for one in parts)
        )


def count(value: object) -> int | None:
    """Return `value` if it can be a count."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None


def believed(usage: Usage, *, text: int, thought: int, max_tokens: int) -> tuple[int | None, int]:
    """Return how many tokens an answer has, and how many of them were never sent; all of them where that cannot be told.

    A rate over tokens that never arrived is not the rate of the text that did: a server that keeps its reasoning to itself
    counts it, and looks several times as fast as it is.

    Parameters
    ----------
    text, thought
        Bytes of the answer and of its reasoning as they were sent. A token has at least one.
    max_tokens
        What was asked for; a server that hides its reasoning counts no more.

    Examples
    --------
    40 bytes of answer, and 100 tokens of reasoning that were not sent; then the same without a word about reasoning:

    >>> believed(Usage(completion=110, reasoning=100), text=40, thought=0, max_tokens=200)
    (110, 100)
    >>> believed(Usage(completion=110), text=40, thought=0, max_tokens=200)
    (110, 110)
    >>> believed(Usage(completion=10), text=40, thought=0, max_tokens=200)
    (10, 0)
    """
    counted = usage.completion
    sent = text + thought
    if counted is None or (counted == 0 and sent) or counted > max(max_tokens, sent) + SPARE:
        return None, 0
    reasoning = 0 if usage.beside else min(usage.reasoning or 0, counted)
    # Shown as a summary only: nobody can say when the rest was made.
    summary = 0 < thought < reasoning - SPARE
    hidden = 0 if thought else reasoning
    return counted, counted if summary or counted - hidden > sent + SPARE else hidden
