"""Planted faults and what they deserve: the table of scores that the judge learns."""

import re
from dataclasses import dataclass
from random import Random

from service.models.builtin.recipe.families import Case
from service.models.builtin.recipe.planting import PLANTED

FACETS = ("accuracy", "completeness", "relevance", "clarity")
Scores = tuple[int, int, int, int]

DESERVED: dict[str, Scores] = {
    "correct": (5, 5, 5, 5),
    "reworded": (5, 5, 5, 5),
    "padded": (5, 5, 4, 4),
    "wrong": (2, 4, 4, 5),
    "wrong reworded": (2, 4, 4, 5),
    "wrong padded": (2, 4, 3, 4),
    "swapped": (2, 4, 4, 5),
    "hedged": (2, 4, 4, 4),
    "truncated": (3, 2, 4, 3),
    "omitted": (3, 2, 4, 3),
    "shuffled": (3, 4, 4, 1),
    "repeated": (4, 4, 3, 2),
    "off topic": (1, 1, 1, 5),
    "unreadable": (1, 1, 1, 1),
    "empty": (1, 1, 1, 1),
}
RIGHT = frozenset(("correct", "reworded", "padded"))
_WORD = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An answer with what a judge should say of it.

    Attributes
    ----------
    lacking
        Key words of the reference that the answer does not give in their place.
    """

    kind: str
    question: str
    answer: str
    reference: str
    scores: Scores
    rationale: str
    lacking: frozenset[str] = frozenset()


def words(text: str) -> list[str]:
    """Return the words and numbers of a text.

    Examples
    --------
    >>> words('{"age": 51}, in Cairo.')
    ['age', '51', 'in', 'Cairo']
    """
    return _WORD.findall(text)


def judged(random: Random, case: Case, kind: str, invention: float) -> Judged | None:
    """Return an answer to `case` with the planted fault, or ``None`` where the fault does not fit the case."""
    return labelled(case, kind, PLANTED[kind](random, case, invention))


def labelled(case: Case, kind: str, answer: str | None) -> Judged | None:
    """Return what a judge should say of an answer spoilt in a known way, ``None`` where it is not spoilt after all."""
    reference = case.reference
    if answer is None or (kind not in RIGHT and answer.strip() == reference):
        return None
    given = {word.lower() for word in words(answer)}
    values = {form for value in case.values.values() for form in (value, f"{value}s")}
    keys = [word for word in words(reference) if word in values]
    lacking = [] if kind in RIGHT else [word for word in keys if word.lower() not in given]
    if kind.startswith("wrong") or kind in ("omitted", "truncated"):
        if not lacking:
            return None
    elif kind == "swapped":
        lacking = keys
    rationale = _rationale(kind, lacking)
    return Judged(
        kind=kind,
        question=case.question,
        answer=answer,
        reference=reference,
        scores=DESERVED[kind],
        rationale=rationale,
        lacking=frozenset(lacking),
    )


def _rationale(kind: str, lacking: list[str]) -> str:
    if kind.startswith("wrong"):
        return f"expected {lacking[0]}"
    if kind in ("omitted", "truncated"):
        return f"incomplete, lacks {lacking[0]}"
    return {
        "correct": "matches the reference",
        "reworded": "same meaning",
        "padded": "right, with extra words",
        "swapped": "parts are swapped",
        "hedged": "gives two answers",
        "shuffled": "word order is broken",
        "repeated": "repeats itself",
        "off topic": "off the topic",
        "unreadable": "cannot be read",
        "empty": "no answer",
    }[kind]
