"""What a question family is: questions, a reference and other wordings as templates over slots."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from service.models.builtin.recipe.invent import invented
from service.models.builtin.recipe.words import HELD_OUT_ALL, POOLS

_SLOT = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The slots of one question, and which of them an answer must give."""

    slots: dict[str, str]
    keys: tuple[str, ...]


Draw = Callable[[Random, float], Drawn]
"""Draw slots; the number is the share of invented words, 0 for real questions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Questions of one kind.

    Attributes
    ----------
    reference
        The answer that candidates learn and the judge takes as full marks.
    wordings
        Right answers in other words, met by the judge in training.
    unseen
        Right answers in wordings that are kept for measuring.
    """

    name: str
    questions: tuple[str, ...]
    reference: str
    wordings: tuple[str, ...]
    unseen: tuple[str, ...]
    draw: Draw


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question with its slots."""

    family: Family
    question: str
    drawn: Drawn

    @property
    def reference(self) -> str:
        """The reference answer."""
        return fill(self.family.reference, self.drawn.slots)

    @property
    def values(self) -> dict[str, str]:
        """What an answer must give, by slot."""
        return {key: self.drawn.slots[key] for key in self.drawn.keys}


def fill(template: str, slots: Mapping[str, str]) -> str:
    """Put slots into a template; a slot's text may name further slots.

    Examples
    --------
    >>> fill("A $term is $phrase.", {"term": "desert", "phrase": "a $w1 place", "w1": "dry"})
    'A desert is a dry place.'
    """
    while "$" in template:
        template = _SLOT.sub(lambda match: slots[match[1] or match[2]], template)
    return template


def ask(random: Random, family: Family, invention: float = 0.0) -> Case:
    """Draw one question of a family."""
    drawn = family.draw(random, invention)
    return Case(family=family, question=fill(random.choice(family.questions), drawn.slots), drawn=drawn)


def pick(random: Random, kind: str, invention: float, *, capital: bool = False) -> str:
    """Draw a word of a kind; where words are invented, held-out words do not occur."""
    if random.random() < invention:
        return invented(random, capital=capital)
    words = POOLS[kind]
    return random.choice([word for word in words if word not in HELD_OUT_ALL] if invention else words)


def phrase(random: Random, marked: str, invention: float) -> Drawn:
    """Turn ``a *dry place`` into slots: starred words become keys, invented in `invention` of the cases."""
    slots: dict[str, str] = {}
    made_up = random.random() < invention

    def name(match: re.Match[str]) -> str:
        slot = f"w{len(slots) + 1}"
        slots[slot] = invented(random, capital=False) if made_up else match[1]
        return f"${slot}"

    text = re.sub(r"\*(\w+)", name, marked)
    return Drawn(slots={"phrase": text, **slots}, keys=tuple(slots))


def article(word: str) -> str:
    """Return ``a`` or ``an``.

    Examples
    --------
    >>> article("island"), article("desert")
    ('an', 'a')
    """
    return "an" if word[0].lower() in "aeiou" else "a"
