"""Questions and answers for the candidates, and the questions that are kept from them for measuring."""

import hashlib
import itertools
from collections.abc import Iterator
from random import Random

from service.models.builtin.recipe.families import Case, Family, ask
from service.models.builtin.recipe.planting import FAMILIES

_KEPT_OF = 16


def by_name() -> dict[str, list[Family]]:
    """Return the families by name; the lists of two, three and four share one."""
    names: dict[str, list[Family]] = {}
    for family in FAMILIES:
        names.setdefault(family.name, []).append(family)
    return names


def held_back(question: str) -> bool:
    """Tell whether a question is kept from training: one in sixteen is, by its digest and so for ever."""
    return hashlib.sha256(question.encode()).digest()[0] % _KEPT_OF == 0


def training_cases(random: Random) -> Iterator[Case]:
    """Yield questions to learn from, every family as often as every other."""
    names = list(by_name().values())
    while True:
        case = ask(random, random.choice(random.choice(names)))
        if not held_back(case.question):
            yield case


def _endless(random: Random, families: list[Family]) -> Iterator[Case]:
    while True:
        yield ask(random, random.choice(families))


def fresh_cases(seed: int, count: int) -> list[Case]:
    """Return different questions that no training has seen, family after family while they have any left."""
    random = Random(seed)  # noqa: S311 - repeatable on purpose
    names = list(by_name().values())
    cases: dict[str, Case] = {}
    for families in itertools.cycle(names):
        if len(cases) == count:
            break
        case = next(found for found in _endless(random, families) if held_back(found.question))
        cases.setdefault(case.question, case)
    return list(cases.values())
