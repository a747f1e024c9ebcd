"""The family of definitions: what a thing is, in one sentence."""

from random import Random

from service.models.builtin.recipe.families import Drawn, Family, article, phrase
from service.models.builtin.recipe.invent import invented
from service.models.builtin.recipe.words import DEFINITIONS, HELD_OUT_ALL


def _define(random: Random, invention: float) -> Drawn:
    term = random.choice([word for word in DEFINITIONS if not invention or word not in HELD_OUT_ALL])
    drawn = phrase(random, DEFINITIONS[term], invention)
    if random.random() < invention:
        term = invented(random, capital=False)
    a = article(term)
    return Drawn(slots={"term": term, "a": a, "A": a.capitalize(), **drawn.slots}, keys=drawn.keys)


DEFINE = Family(
    name="define",
    questions=(
        "What is $a $term?",
        "Explain what $a $term is in one sentence.",
        "Define the word $term.",
        "What does the word $term mean?",
        "Tell me what $a $term is.",
        "Describe $a $term.",
    ),
    reference="$A $term is $phrase.",
    wordings=(
        "It is $phrase.",
        "This is $phrase.",
        "The answer is $phrase.",
        "The word $term means $phrase.",
        "It means $phrase.",
        "That is $phrase.",
        "In one sentence, it is $phrase.",
        "By $term we mean $phrase.",
        "$phrase",
        "$A $term can be described as $phrase.",
        "$A $term: $phrase.",
        "You can think of it as $phrase.",
        "People say $term when they speak of $phrase.",
    ),
    unseen=(
        "We call $phrase $a $term.",
        "The term stands for $phrase.",
        "Imagine $phrase, and you have $a $term.",
        "$A $term refers to $phrase.",
    ),
    draw=_define,
)
