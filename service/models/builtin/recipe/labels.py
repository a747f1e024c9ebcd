"""Encode an example for the judge's training, with a label for every token of the reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from service.models.builtin.recipe.faults import Judged, words
from service.models.builtin.recipe.judging import prompt, reply
from service.models.builtin.recipe.tokens import ASSISTANT, END, USER

FIRST_SCORE, _DECIDED, _FIXED = 6.0, 3.0, 0.1
PROBED = ("absent", "lacking", "moved")
"""What the probe is asked of the tokens of the reference, as the columns of :class:`JudgeRow` are named."""

_OPENING = '{"rationale": "'


class Encoded(Protocol):
    """Token ids, and of each where it begins and ends in the text."""

    @property
    def ids(self) -> list[int]:
        """The tokens."""

    @property
    def offsets(self) -> Sequence[tuple[int, int]]:
        """Their places."""


class Encoder(Protocol):
    """What turns text into tokens; torch and its tokenizers are not needed to label."""

    def encode(self, sequence: str) -> Encoded:
        """Encode one text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRow:
    """An encoded example: tokens, weights of the reply, weights of copying, and labels of the probe.

    Attributes
    ----------
    absent
        At each token of the reference: 1 if its word, as far as read, begins no word of the answer; -1 elsewhere.
    lacking
        The same for what the answer owed: 1 only where a key word is not given in its place.
    moved
        At each token whose word is in the answer: 1 if it never follows there the word that it follows in the reference.
    """

    tokens: list[int]
    reply: list[float]
    copy: list[float]
    absent: list[float]
    lacking: list[float]
    moved: list[float]


def encoded(tokens: Encoder, judged: Judged) -> JudgeRow:
    """Encode one example: what the loss counts, token by token."""
    asked = prompt(judged.question, judged.answer, judged.reference)
    said = reply(judged.rationale, judged.scores)
    question, answer = tokens.encode(asked), tokens.encode(said)
    before, after = 1 + len(question.ids) + 2, len(answer.ids) + 1
    columns = {name: [-1.0] * before for name in PROBED}
    copy = [0.0] * before
    start = len("Answer: ") + len(judged.answer) + len("\nReference: ")
    end = start + len(judged.reference)
    beginnings, pairs = _beginnings(judged.answer), _pairs(judged.answer)
    for place, (left, right) in enumerate(question.offsets, 1):
        if right <= start or left >= end:
            continue
        first, read, last = _word_at(asked[:end], max(left, start), min(right, end))
        if first == read:
            continue
        seen, earlier = asked[first:read].lower(), words(asked[start:first].lower())
        given = seen in beginnings
        owed = asked[first:last] in judged.lacking
        copy[place] = float(given)
        columns["absent"][place] = float(not given)
        columns["lacking"][place] = float(owed and (not given or judged.kind == "swapped"))
        if given and earlier:
            columns["moved"][place] = float((earlier[-1], seen) not in pairs)
    return JudgeRow(
        tokens=[USER, *question.ids, END, ASSISTANT, *answer.ids, END],
        reply=[0.0] * before + _weights(said, judged.rationale, answer.offsets) + [_FIXED],
        copy=copy + [0.0] * after,
        **{name: column + [-1.0] * after for name, column in columns.items()},
    )


def _weights(said: str, rationale: str, offsets: Sequence[tuple[int, int]]) -> list[float]:
    """Return how much each token of the reply counts: most where it is decided what is wrong, least in fixed text."""
    reason = len(_OPENING)
    first_score = said.index('"accuracy": ') + len('"accuracy": ')
    weights = []
    for left, right in offsets:
        if left <= reason < right or left <= first_score < right:
            weights.append(FIRST_SCORE)
        elif reason < right <= reason + len(rationale) + 1 or said[left:right].strip().isdigit():
            weights.append(_DECIDED)
        else:
            weights.append(_FIXED)
    return weights


def _beginnings(text: str) -> set[str]:
    """Return every beginning of every word, in lower case."""
    return {word[:length].lower() for word in words(text) for length in range(1, len(word) + 1)}


def _pairs(text: str) -> set[tuple[str, str]]:
    """Return every word with every beginning of the word after it, in lower case."""
    return {
        (word, following[:length])
        for word, following in pairwise(words(text.lower()))
        for length in range(1, len(following) + 1)
    }


def _word_at(text: str, left: int, right: int) -> tuple[int, int, int]:
    """Return where the word that ends or goes on in ``text[left:right]`` begins, is read up to, and ends."""
    end = right
    while end > left and not text[end - 1].isalnum():
        end -= 1
    if end == left:
        return end, end, end
    first = end
    while first > 0 and text[first - 1].isalnum():
        first -= 1
    last = end
    while last < len(text) and text[last].isalnum():
        last += 1
    return first, end, last
