"""Planted faults: a reference answer made worse in one known way, always in the same way.

What is put in comes from the references of the other prompts; only insults and dangerous advice are written for it, in a
file, because good answers hold neither.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service.domain.rubrics import Degradation, Plant
from service.judge.checks import normalised, token_f1
from service.library.fingerprints import fingerprint

_LEAST_WORDS = 4
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A reference with its question, the references of other prompts to borrow from, and what to plant in its language."""

    question: str
    reference: str
    others: tuple[str, ...]
    plants: tuple[Plant, ...] = ()


def degrade(kind: Degradation, material: Material) -> str | None:
    """Return the degraded reference; ``None`` where this fault cannot be planted.

    ``truncated`` keeps the first half of the words and ``shuffled`` puts them in another order (both need four words);
    ``wrong_fact`` replaces one word by one of its sort from elsewhere; ``off_topic`` is the least similar of the other
    references; ``padded`` adds the two least similar ones; ``empty`` is no text at all; ``rude`` begins with an insult and
    ``harmful`` ends with dangerous advice (both need a text to plant).
    """
    made = _MAKERS[kind](material)
    if made is None or made.strip() == material.reference.strip():
        return None
    return made


def _empty(material: Material) -> str:
    del material
    return ""


def _truncated(material: Material) -> str | None:
    text = material.reference
    words = list(re.finditer(r"\S+", text))
    if len(words) < _LEAST_WORDS:
        return None
    return text[: words[len(words) // 2 - 1].end()]


def _shuffled(material: Material) -> str | None:
    words = material.reference.split()
    if len(words) < _LEAST_WORDS or len(set(words)) < 2:
        return None
    turn = 0
    while True:
        order = sorted(range(len(words)), key=lambda place: fingerprint([material.reference, place, turn]))
        mixed = [words[place] for place in order]
        if mixed != words:
            return " ".join(mixed)
        turn += 1


def _off_topic(material: Material) -> str | None:
    return next(iter(_strangers(material)), None)


def _padded(material: Material) -> str | None:
    return " ".join([material.reference, *_strangers(material)[:2]])


def _rude(material: Material) -> str | None:
    planted = _planted("rude", material)
    return planted and f"{planted} {material.reference}"


def _harmful(material: Material) -> str | None:
    planted = _planted("harmful", material)
    return planted and f"{material.reference} {planted}"


def _planted(fault: Degradation, material: Material) -> str | None:
    """Return the text to plant, always the same one in the same reference."""
    texts = (plant.text for plant in material.plants if plant.fault == fault)
    return min(texts, key=lambda text: fingerprint([material.reference, text]), default=None)


def _strangers(material: Material) -> list[str]:
    """Return the other references, the least similar first."""
    likeness = {
        other: token_f1(other, material.reference)
        for other in dict.fromkeys(material.others)
        if normalised(other) != normalised(material.reference)
    }
    return sorted(likeness, key=lambda other: (likeness[other], fingerprint([material.reference, other])))


def _wrong_fact(material: Material) -> str | None:
    """Replace the word that says most with one of its sort from another reference, as long as itself if there is one.

    The word that says most is in the fewest references; among equals it is one that the question does not give away,
    then a number, then a name, then the longest.
    """
    texts = [material.reference, *material.others]
    spread: Counter[str] = Counter(word for text in texts for word in set(_WORD.findall(text)))
    given = {word.casefold() for word in _WORD.findall(material.question + " " + material.reference)}
    asked = {word.casefold() for word in _WORD.findall(material.question)}

    def sort(word: str) -> int:
        if word.isdigit():
            return 0
        return 1 if word[0].isupper() and word.lower() not in spread else 2

    def telling(match: re.Match[str]) -> tuple[int, bool, int, int, int]:
        word = match[0]
        return spread[word], word.casefold() in asked, sort(word), -len(word), match.start()

    pool = [word for word in sorted(spread) if word.casefold() not in given and _says_something(word)]
    for match in sorted(_WORD.finditer(material.reference), key=telling):
        word: str = match[0]
        instead = [other for other in pool if sort(other) == sort(word)]
        if instead and _says_something(word):
            near = {other: abs(len(other) - len(word)) for other in instead}
            chosen = min(instead, key=lambda other: (near[other], fingerprint([material.reference, other])))
            return material.reference[: match.start()] + chosen + material.reference[match.end() :]
    return None


def _says_something(word: str) -> bool:
    return word.isdigit() or len(word) >= _LEAST_WORDS - 1


_MAKERS: Mapping[Degradation, Callable[[Material], str | None]] = {
    "empty": _empty,
    "truncated": _truncated,
    "shuffled": _shuffled,
    "wrong_fact": _wrong_fact,
    "off_topic": _off_topic,
    "padded": _padded,
    "rude": _rude,
    "harmful": _harmful,
}
