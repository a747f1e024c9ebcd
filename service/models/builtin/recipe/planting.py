"""How each fault is planted in an answer; ``None`` where a fault does not fit the question."""

from collections.abc import Callable
from random import Random

from service.models.builtin.recipe.definitions import DEFINE
from service.models.builtin.recipe.facts import FACTS
from service.models.builtin.recipe.families import Case, Family, ask, fill
from service.models.builtin.recipe.invent import edited, invented
from service.models.builtin.recipe.lists import LISTS_BY_COUNT
from service.models.builtin.recipe.meetings import MEETINGS
from service.models.builtin.recipe.texts import TEXTS
from service.models.builtin.recipe.wordings import reworded
from service.models.builtin.recipe.words import HELD_OUT_ALL, OPPOSITES, POOLS

FAMILIES: tuple[Family, ...] = (*FACTS, DEFINE, *LISTS_BY_COUNT.values(), *TEXTS, *MEETINGS)
EMPTY_ANSWER = "(no answer)"

_OTHER = {**OPPOSITES, **{right: left for left, right in OPPOSITES.items()}, "positive": "negative"}
_OTHER |= {"negative": "positive", "broken": "small", "small": "big", "much": "little", "late": "early"}
_GREETINGS = ("Sure. ", "Of course. ", "Well, ", "Hello! ", "Let me help you. ")
_FAREWELLS = (
    " I hope this helps.",
    " Thank you.",
    " That is all.",
    " Have a nice day.",
    " Ask me again any time.",
)


def padded(random: Random, answer: str) -> str:
    """Put empty phrases around an answer."""
    return random.choice(_GREETINGS) + answer + random.choice(_FAREWELLS)


def shuffled(random: Random, pieces: list[str], *, neighbours: float) -> str | None:
    """Return the words in another order, ``None`` below four words; in a share only two neighbours trade places."""
    if len(pieces) < 4:
        return None
    order = pieces[:]
    if random.random() < neighbours:
        place = random.randrange(len(order) - 1)
        order[place], order[place + 1] = order[place + 1], order[place]
        return None if order == pieces else " ".join(order)
    while order == pieces:
        random.shuffle(order)
    return " ".join(order)


def wrong_value(random: Random, case: Case, key: str) -> str:
    """Return something that could stand in a key's place, but is wrong."""
    value = case.drawn.slots[key]
    way = random.random()
    if value.isdigit():
        return edited(random, value) if way < 0.6 else str(random.randint(1, 2024))
    if value in _OTHER and way < 0.5:
        return _OTHER[value]
    if way < 0.13 and len(value) > 2:
        return edited(random, value)
    if way < 0.36:
        slots = case.drawn.slots.items()
        others = [other for name, other in slots if name != key and other.isalpha() and len(other) > 1]
        if others:
            return random.choice(others)
    if way < 0.58:
        pool = POOLS.get(key.rstrip("123456789")) or POOLS["item" if value.islower() else "city"]
        return random.choice([word for word in pool if word not in HELD_OUT_ALL])
    return invented(random, capital=value[0].isupper())


def _wrong(random: Random, case: Case, *, reword: bool) -> str | None:
    keys = case.drawn.keys
    count = 1 if random.random() < 0.7 else random.randint(1, len(keys))
    slots = dict(case.drawn.slots)
    for key in random.sample(keys, count):
        slots[key] = wrong_value(random, case, key)
    if all(slots[key] == case.drawn.slots[key] for key in keys):
        return None
    return reworded(random, case, slots) if reword else fill(case.family.reference, slots)


def _swapped(random: Random, case: Case) -> str | None:
    """Give two values each other's place; in a list or among people no order is wrong."""
    if case.family.name not in ("json", "summary", "meeting action"):
        return None
    slots = dict(case.drawn.slots)
    one, two = random.sample(case.drawn.keys, 2)
    if slots[one] == slots[two]:
        return None
    slots[one], slots[two] = slots[two], slots[one]
    template = case.family.reference if random.random() < 0.6 else random.choice(case.family.wordings)
    return fill(template, slots)


def _hedged(random: Random, case: Case) -> str | None:
    if len(case.drawn.keys) != 1:
        return None
    (key,) = case.drawn.keys
    value, other = case.drawn.slots[key], wrong_value(random, case, key)
    if other == value:
        return None
    pair = [value, other]
    random.shuffle(pair)
    template = case.family.reference if random.random() < 0.5 else random.choice(case.family.wordings)
    return fill(
        template, {**case.drawn.slots, key: random.choice((" or ", " or maybe ", " or else ")).join(pair)}
    )


def _omitted(random: Random, case: Case) -> str | None:
    values = list(case.values.values())
    if case.family.name == "list":
        kept = sorted(random.sample(range(len(values)), random.randint(1, len(values) - 1)))
        left = [values[place] for place in kept]
        if len(left) == 1:
            return random.choice(("1. {}", "{}", "{}.", "- {}", "It is {}.")).format(left[0])
        smaller = LISTS_BY_COUNT[len(left)]
        slots = dict(zip((f"item{place}" for place in range(1, 5)), left, strict=False)) | {
            "kind": case.drawn.slots["kind"]
        }
        return fill(smaller.reference if random.random() < 0.5 else random.choice(smaller.wordings), slots)
    text = case.reference if random.random() < 0.6 else reworded(random, case, case.drawn.slots)
    pieces = text.split(" ")
    if len(pieces) < 4:
        return None
    count = random.randint(1, min(3, len(pieces) - 2))
    start = random.randrange(1, len(pieces) - count + 1)
    return " ".join(pieces[:start] + pieces[start + count :])


def _repeated(random: Random, reference: str) -> str:
    return " ".join([reference, *[reference.rsplit(" ", maxsplit=1)[-1]] * random.randint(4, 8)])


def _unreadable(random: Random) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz    .,"
    return "".join(random.choice(letters) for _ in range(random.randint(8, 40))).strip()


def _off_topic(random: Random, case: Case, invention: float) -> str:
    other = ask(random, random.choice([x for x in FAMILIES if x.name != case.family.name]), invention)
    return other.reference if random.random() < 0.8 else reworded(random, other, other.drawn.slots)


def _shuffled(random: Random, reference: str) -> str | None:
    """Shuffle with the line breaks left in place, or without them; two traded neighbours are the hardest to see."""
    pieces = reference.split(" ") if random.random() < 0.5 else reference.split()
    return shuffled(random, pieces, neighbours=0.35)


def _truncated(random: Random, pieces: list[str]) -> str:
    kept = len(pieces) // 2 if random.random() < 0.6 else random.randint(1, max(1, len(pieces) - 1))
    return " ".join(pieces[: max(1, kept)])


def _wrong_padded(random: Random, case: Case) -> str | None:
    wrong = _wrong(random, case, reword=random.random() < 0.3)
    return wrong and padded(random, wrong)


def _right_padded(random: Random, case: Case) -> str:
    return padded(
        random, case.reference if random.random() < 0.7 else reworded(random, case, case.drawn.slots)
    )


PLANTED: dict[str, Callable[[Random, Case, float], str | None]] = {
    "correct": lambda _random, case, _invention: case.reference,
    "reworded": lambda random, case, _invention: reworded(random, case, case.drawn.slots),
    "padded": lambda random, case, _invention: _right_padded(random, case),
    "wrong": lambda random, case, _invention: _wrong(random, case, reword=False),
    "wrong reworded": lambda random, case, _invention: _wrong(random, case, reword=True),
    "wrong padded": lambda random, case, _invention: _wrong_padded(random, case),
    "swapped": lambda random, case, _invention: _swapped(random, case),
    "hedged": lambda random, case, _invention: _hedged(random, case),
    "truncated": lambda random, case, _invention: _truncated(random, case.reference.split(" ")),
    "omitted": lambda random, case, _invention: _omitted(random, case),
    "shuffled": lambda random, case, _invention: _shuffled(random, case.reference),
    "repeated": lambda random, case, _invention: _repeated(random, case.reference),
    "off topic": _off_topic,
    "unreadable": lambda random, _case, _invention: _unreadable(random),
    "empty": lambda _random, _case, _invention: EMPTY_ANSWER,
}
