"""What the judge reads and writes, and the mix of examples it learns from."""

import json
from random import Random

from service.models.builtin.recipe.families import Case, ask
from service.models.builtin.recipe.faults import FACETS, Judged, Scores, judged, words
from service.models.builtin.recipe.planting import FAMILIES
from service.models.builtin.recipe.sentences import sentence
from service.models.builtin.recipe.words import HELD_OUT_ALL

MIX = {
    "correct": 16,
    "reworded": 20,
    "padded": 6,
    "wrong": 14,
    "wrong reworded": 16,
    "wrong padded": 2,
    "swapped": 10,
    "hedged": 8,
    "truncated": 6,
    "omitted": 8,
    "shuffled": 13,
    "repeated": 5,
    "off topic": 5,
    "unreadable": 3,
    "empty": 2,
}
"""Weights of the kinds: as many right as fluent wrong answers, then what breaks in other ways."""

TEMPLATE = "tiny"
"""The file under ``prompts/judge`` that holds the form of :func:`prompt`."""
REPLY_TOKENS = 64
"""Enough for the longest reply that the grammar lets through as the judge writes it."""

_INVENTION = 0.85
_SENTENCES = 0.25

GRAMMAR = (
    'start: "{\\"rationale\\": \\"" TEXT "\\", '
    + ' ", '.join(f'\\"{facet}\\": " LEVEL' for facet in FACETS)
    + ' "}"\nLEVEL: /[1-5]/\nTEXT: /[^"\\\\\\n]{1,48}/\n'
)


def prompt(question: str, answer: str, reference: str) -> str:
    """Return what the judge is asked.

    The answer comes first and the reference after it: reading the reference, a decoder can check of each word whether the
    answer gave it. So words of the answer that no training text had do no harm, and a part left out is seen at once. The
    question comes last, because a word that it gives away must not look like one that the answer gave.
    """
    return f"Answer: {answer}\nReference: {reference}\nQuestion: {question}"


def reply(rationale: str, scores: Scores) -> str:
    """Return what the judge should say.

    Examples
    --------
    >>> reply("same meaning", (5, 5, 5, 5))
    '{"rationale": "same meaning", "accuracy": 5, "completeness": 5, "relevance": 5, "clarity": 5}'
    """
    return json.dumps({"rationale": rationale, **dict(zip(FACETS, scores, strict=True))})


def example(random: Random, *, ease: float = 0.0) -> Judged:
    """Draw one training example; nothing in it is held out.

    With probability `ease` it is the plainest task there is: a sentence of no family, repeated with or without one word
    changed. Nothing but comparing word by word solves it, so this is where comparing is learned.
    """
    while True:
        if random.random() < ease:
            kind, case = random.choice(("correct", "wrong")), sentence(random)
        else:
            kind = random.choices(list(MIX), list(MIX.values()))[0]
            case = _case(random, kind)
        found = judged(random, case, kind, _INVENTION)
        if found and not HELD_OUT_ALL.intersection(
            words(prompt(found.question, found.answer, found.reference))
        ):
            return found


def _case(random: Random, kind: str) -> Case:
    if random.random() < _SENTENCES and kind not in ("swapped", "hedged"):
        return sentence(random)
    families = [family for family in FAMILIES if family.name == "list"] if kind == "omitted" else []
    families = families if families and random.random() < 0.4 else list(FAMILIES)
    return ask(random, random.choice(families), _INVENTION)
