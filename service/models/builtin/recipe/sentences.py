"""Sentences that belong to no family: they teach a judge to compare words it has no template for."""

from random import Random

from service.models.builtin.recipe.families import Case, Drawn, Family, pick
from service.models.builtin.recipe.invent import invented
from service.models.builtin.recipe.words import ADJECTIVES, DETERMINERS, NOUNS, PREPOSITIONS, VERBS

_PATTERNS = (
    "D A N V P D N.",
    "S V D A N P S.",
    "S was V P D N P Y.",
    "there are Y A Ns P S.",
    "S and S V D N P D N.",
    "D N P S is A and A.",
    "D N of S V Y Ns.",
    "S has Y Ns and Y Ns.",
    "it is D A N P S.",
    "in Y D N V S.",
    "D N was V by S.",
    "D A N is called S.",
    "S, D N, V P S.",
    "because D N was A, S V D N.",
    "S V N",
    "A N and A N",
    "Y",
    "S",
    "S S",
    "Y Ns",
)
_ASKING = [
    "Who",
    "What",
    "When",
    "Where",
    "Which",
    "Why",
    "Tell+me",
    "Describe",
    "How+many",
    "Translate:",
    "Explain",
    "Find",
    "Repeat",
    "Copy",
    "Write+about",
]
_BEFORE = ("I believe ", "It seems that ", "The text says: ", "The answer is: ")
_WORDS = {"N": NOUNS, "A": ADJECTIVES, "V": VERBS}


def sentence(random: Random) -> Case:
    """Draw a sentence as the reference, its content words as keys, and a question with a piece of it."""
    slots: dict[str, str] = {}
    parts = []
    wild = random.random() < 0.3
    marks = (
        ["S", *random.choices("NAVSYDP", k=random.randint(0, 6))]
        if wild
        else random.choice(_PATTERNS).split()
    )
    for mark in marks:
        bare = mark.rstrip(".,s")
        end = mark[len(bare) :]
        if bare == "D":
            parts.append(random.choice(DETERMINERS))
        elif bare == "P":
            parts.append(random.choice(PREPOSITIONS))
        elif bare in ("N", "A", "V", "S", "Y"):
            slot = f"k{len(slots)}"
            slots[slot] = _content(random, bare)
            parts.append("${" + slot + "}" + end)
        else:
            parts.append(mark)
    reference = " ".join(parts)
    reference = reference[0].upper() + reference[1:]
    if random.random() < 0.15:
        reference = reference.rstrip(".")
    family = Family(
        name="sentence",
        questions=(),
        reference=reference,
        wordings=(reference, *(before + reference for before in _BEFORE)),
        unseen=(),
        draw=lambda _random, _invention: Drawn(slots={}, keys=()),
    )
    drawn = Drawn(slots=slots, keys=tuple(slots))
    words = Case(family=family, question="", drawn=drawn).reference.rstrip(".").split()
    start = random.randrange(len(words))
    piece = " ".join(words[start : start + random.randint(1, 6)])
    asking = random.choice(_ASKING).replace("+", " ")
    return Case(family=family, question=f"{asking} {piece}{random.choice('??.')}", drawn=drawn)


def _content(random: Random, kind: str) -> str:
    if kind == "Y":
        return str(
            random.choice((random.randint(0, 99), random.randint(1000, 2100), random.randint(0, 99_999)))
        )
    if kind == "S":
        return pick(random, random.choice(("city", "name", "country")), 0.9, capital=True)
    return invented(random, capital=False) if random.random() < 0.25 else random.choice(_WORDS[kind])
