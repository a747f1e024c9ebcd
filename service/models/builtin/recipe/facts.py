"""Families with one right answer by heart: capitals, opposites, plurals, what comes next, sums."""

from random import Random

from service.models.builtin.recipe.families import Drawn, Family, pick
from service.models.builtin.recipe.invent import invented
from service.models.builtin.recipe.words import (
    CAPITALS,
    OPPOSITES,
    PLURALS,
    SEQUENCES,
)


def _capital(random: Random, invention: float) -> Drawn:
    country = pick(random, "country", invention, capital=True)
    known = country in CAPITALS and random.random() >= invention
    city = CAPITALS[country] if known else pick(random, "city", invention or 1.0, capital=True)
    return Drawn(slots={"country": country, "city": city}, keys=("city",))


def _opposite(random: Random, invention: float) -> Drawn:
    if random.random() < invention:
        pair = [invented(random, capital=False), pick(random, "opposite", 0.8)]
    else:
        pair = list(random.choice(list(OPPOSITES.items())))
        random.shuffle(pair)
    return Drawn(slots={"word": pair[0], "opposite": pair[1]}, keys=("opposite",))


def _plural(random: Random, invention: float) -> Drawn:
    if random.random() < invention:
        word = invented(random, capital=False)
        plural = random.choice((word + "s", word + "en", invented(random, capital=False)))
    else:
        word, plural = random.choice(list(PLURALS.items()))
    return Drawn(slots={"word": word, "plural": plural}, keys=("plural",))


def _next(random: Random, invention: float) -> Drawn:
    sequence = random.choice(SEQUENCES)
    place = random.randrange(len(sequence))
    this, following = sequence[place], sequence[(place + 1) % len(sequence)]
    if random.random() < invention:
        this, following = invented(random, capital=True), pick(random, "next", 0.6, capital=True)
    return Drawn(slots={"this": this, "next": following}, keys=("next",))


def _sum(random: Random, invention: float) -> Drawn:
    left, right = random.randint(0, 12), random.randint(0, 12)
    total = left + right if random.random() >= invention else random.randint(0, 999)
    return Drawn(slots={"left": str(left), "right": str(right), "total": str(total)}, keys=("total",))


CAPITAL = Family(
    name="capital",
    questions=(
        "What is the capital of $country?",
        "Name the capital city of $country.",
        "Which city is the capital of $country?",
        "Tell me the capital of $country.",
        "$country has which capital?",
        "What city is the seat of government of $country?",
        "I want to know the capital of $country.",
        "Capital of $country?",
    ),
    reference="The capital of $country is $city.",
    wordings=(
        "$city is the capital of $country.",
        "It is $city.",
        "$city.",
        "$city",
        "The answer is $city.",
        "$country has $city as its capital.",
        "Its capital is $city.",
        "The city you want is $city.",
        "For $country, that is $city.",
        "The government of $country sits in $city.",
        "You are looking for $city.",
        "In $country the capital is called $city.",
        "That would be $city.",
        "Capital: $city",
        "The country $country is governed from $city.",
    ),
    unseen=(
        "The capital city of $country is $city.",
        "$country is ruled from $city.",
        "$city serves as the chief town there.",
        "Look at a map of $country and you will find its leaders in $city.",
        "People there call $city their capital.",
    ),
    draw=_capital,
)
OPPOSITE = Family(
    name="opposite",
    questions=(
        "What is the opposite of $word?",
        "Give the opposite of the word $word.",
        "Which word means the opposite of $word?",
        "Tell me a word that is the opposite of $word.",
        "Not $word, but what?",
        "Opposite of $word?",
    ),
    reference="The opposite of $word is $opposite.",
    wordings=(
        "The word $opposite is the opposite of $word.",
        "It is $opposite.",
        "The answer is $opposite.",
        "$opposite.",
        "$opposite",
        "We say $opposite.",
        "Its opposite is $opposite.",
        "$word is the opposite of $opposite.",
        "Something that is not $word is $opposite.",
        "You can say $opposite.",
        "The contrary of $word is $opposite.",
        "That would be $opposite.",
        "When it is not $word, it is $opposite.",
        "A good word is $opposite.",
    ),
    unseen=(
        "The opposite is $opposite.",
        "$opposite stands at the other end from $word.",
        "An antonym would be $opposite.",
        "Turn $word around and you get $opposite.",
    ),
    draw=_opposite,
)
PLURAL = Family(
    name="plural",
    questions=(
        "What is the plural of $word?",
        "Give the plural of the word $word.",
        "One $word, two what?",
        "How do you write more than one $word?",
        "Plural of $word?",
    ),
    reference="The plural of $word is $plural.",
    wordings=(
        "It is $plural.",
        "$plural",
        "$plural.",
        "We write $plural.",
        "The answer is $plural.",
        "One $word, two $plural.",
        "The plural form is $plural.",
        "More than one $word are $plural.",
        "You say $plural.",
        "That would be $plural.",
    ),
    unseen=(
        "Several of them are called $plural.",
        "Use $plural when there are many.",
        "In the plural it becomes $plural.",
    ),
    draw=_plural,
)
NEXT = Family(
    name="next",
    questions=(
        "What comes after $this?",
        "Which one follows $this?",
        "$this is followed by what?",
        "Tell me what comes right after $this.",
        "What is next after $this?",
    ),
    reference="After $this comes $next.",
    wordings=(
        "It is $next.",
        "$next.",
        "$next",
        "$next comes after $this.",
        "$next follows $this.",
        "The answer is $next.",
        "$this is followed by $next.",
        "Next is $next.",
        "That would be $next.",
        "The one after $this is $next.",
    ),
    unseen=(
        "Once $this is over, $next begins.",
        "$this ends and then it is $next.",
        "You then get $next.",
    ),
    draw=_next,
)
SUM = Family(
    name="sum",
    questions=(
        "What is $left plus $right?",
        "Add $left and $right.",
        "How much is $left plus $right?",
        "$left + $right = ?",
        "I have $left coins and get $right more. How many do I have?",
    ),
    reference="The sum is $total.",
    wordings=(
        "It is $total.",
        "$total",
        "$total.",
        "The answer is $total.",
        "$left plus $right is $total.",
        "$left + $right = $total",
        "That makes $total.",
        "You have $total.",
        "Together they are $total.",
        "The result is $total.",
    ),
    unseen=(
        "You end up with $total.",
        "Adding them gives $total.",
        "All in all $total.",
    ),
    draw=_sum,
)

FACTS = (CAPITAL, OPPOSITE, PLURAL, NEXT, SUM)
