"""Right answers in other words: a family's wordings, phrases around them, and wordings made up on the spot."""

from random import Random

from service.models.builtin.recipe.families import Case, fill
from service.models.builtin.recipe.invent import invented
from service.models.builtin.recipe.words import ADJECTIVES, CARRIERS, NOUNS, PREPOSITIONS, VERBS

BEFORE = (
    "Yes, ",
    "In short, ",
    "I believe ",
    "As I see it, ",
    "From the text: ",
    "Simply put, ",
    "My answer: ",
    "It seems that ",
    "To my mind ",
    "If I am right, ",
    "Answer: ",
    "One would say: ",
    "That is easy: ",
    "As everyone knows, ",
    "Let me see. ",
    "Reading this, I say: ",
    "Good question! ",
    "Without doubt, ",
    "In my opinion ",
    "Short answer: ",
)
UNSEEN_BEFORE = (
    "As far as I can tell, ",
    "Looking closely: ",
    "My best reply would be this: ",
    "No doubt about it: ",
    "Having thought it over, ",
)
_MADE_UP = (*CARRIERS, *CARRIERS, *NOUNS, *ADJECTIVES, *VERBS, *PREPOSITIONS)


def reworded(random: Random, case: Case, slots: dict[str, str]) -> str:
    """Return a wording that training may use, around the given slots."""
    if case.family.name != "sentence" and random.random() < 0.12:
        return made_up(random, [slots[key] for key in case.drawn.keys])
    text = fill(random.choice(case.family.wordings), slots)
    way = random.random()
    if way < 0.2:
        text = random.choice(BEFORE) + text
    elif way < 0.3:
        text = text[0].upper() + text[1:]
    return text


def made_up(random: Random, values: list[str]) -> str:
    """Put values, in order, between words drawn at random: no wording can be learned from this, only the values."""
    words: list[str] = []
    for value in [*values, ""]:
        for _ in range(random.choice((0, 1, 2, 3, 4) if len(values) < 3 else (0, 1, 1, 2))):
            word = random.choice(_MADE_UP) if random.random() < 0.85 else invented(random, capital=False)
            words.append(word)
        words.append(value)
    text = " ".join(word for word in words if word)
    return text[0].upper() + text[1:] + random.choice((".", ".", ""))
