"""Families that ask about a short text: a return, a review, a move, a person as JSON."""

from random import Random

from service.models.builtin.recipe.families import Drawn, Family, phrase, pick
from service.models.builtin.recipe.invent import invented
from service.models.builtin.recipe.words import BLAME, PRAISE, REASONS


def _return(random: Random, invention: float) -> Drawn:
    name = pick(random, "name", invention, capital=True)
    place = pick(random, "place", invention)
    reason = phrase(random, random.choice(REASONS), invention)
    middle = random.choice(
        (
            f"{name} took it home from the {place}.",
            f"The shop was near the {place}.",
            f"{name} used it at the {place}.",
        )
    )
    slots = {"name": name, "thing": pick(random, "thing", invention), "place": place, "middle": middle}
    return Drawn(slots={**slots, **reason.slots}, keys=("name", "thing", *reason.keys))


def _review(random: Random, invention: float) -> Drawn:
    good = random.random() < 0.5
    first, second = random.sample(PRAISE if good else BLAME, 2)
    tone = "positive" if good else "negative"
    if random.random() < invention / 2:
        tone = invented(random, capital=False)
    thing = pick(random, "thing", invention)
    return Drawn(slots={"thing": thing, "first": first, "second": second, "tone": tone}, keys=("tone",))


def _move(random: Random, invention: float) -> Drawn:
    facts = {
        "name": pick(random, "name", invention, capital=True),
        "city": pick(random, "city", invention, capital=True),
        "year": str(random.randint(1990, 2024)),
        "place": pick(random, "place", invention),
    }
    if random.random() < invention / 2:
        facts["year"] = str(random.randint(10, 9999))
    wanted = random.choice(("city", "name", "year"))
    slots = {**facts, "wanted": wanted, "value": facts.pop(wanted)}
    return Drawn(slots=slots, keys=("value",))


def _person(random: Random, invention: float) -> Drawn:
    slots = {
        "name": pick(random, "name", invention, capital=True),
        "age": str(random.randint(18, 79) if random.random() >= invention / 2 else random.randint(1, 2030)),
        "city": pick(random, "city", invention, capital=True),
    }
    return Drawn(slots=slots, keys=("name", "age", "city"))


RETURN = Family(
    name="summary",
    questions=(
        "Summarize: $name bought a $thing. $middle Then $name returned the $thing because $phrase.",
        "Sum up in one sentence: $name bought a $thing. $middle Then $name returned the $thing because $phrase.",
        "What happened? $name bought a $thing. $middle Then $name returned the $thing because $phrase.",
        "Make this short: $name bought a $thing. $middle Then $name returned the $thing because $phrase.",
    ),
    reference="$name returned a $thing because $phrase.",
    wordings=(
        "Because $phrase, $name returned a $thing.",
        "The $thing was returned by $name because $phrase.",
        "$name gave back the $thing because $phrase.",
        "$name bought a $thing and returned it because $phrase.",
        "$name took back the $thing because $phrase.",
        "The reason $name returned a $thing: $phrase.",
        "$name returned it, a $thing, because $phrase.",
        "$name did not keep the $thing because $phrase.",
        "$name brought the $thing back since $phrase.",
        "As $phrase, $name returned the $thing.",
        "$name had to return a $thing because $phrase.",
        "A $thing was given back by $name: $phrase.",
        "$phrase, so $name returned the $thing.",
    ),
    unseen=(
        "A $thing was sent back by $name since $phrase.",
        "$name was unhappy with the $thing: $phrase.",
        "The shop got its $thing again from $name, for $phrase.",
        "$name wanted no $thing any longer as $phrase.",
    ),
    draw=_return,
)
REVIEW = Family(
    name="sentiment",
    questions=(
        "Is this review positive or negative? I bought a $thing. $first $second",
        "Positive or negative? I bought a $thing. $first $second",
        "What is the tone of this review? I bought a $thing. $first $second",
        "Does the customer like it? Say positive or negative. I bought a $thing. $first $second",
    ),
    reference="The review is $tone.",
    wordings=(
        "It is $tone.",
        "$tone.",
        "$tone",
        "The answer is $tone.",
        "This review is $tone.",
        "A $tone review.",
        "The text is $tone.",
        "The tone is $tone.",
        "The customer is $tone about it.",
        "That sounds $tone.",
        "The opinion is $tone.",
        "Tone: $tone",
    ),
    unseen=(
        "I think the review is $tone.",
        "The writer left a $tone comment.",
        "This reads as $tone.",
        "I would call the feeling $tone.",
    ),
    draw=_review,
)
EXTRACT = Family(
    name="extract",
    questions=(
        "Extract the $wanted: $sentence",
        "Find the $wanted in this text: $sentence",
        "Which $wanted is in the text? $sentence",
        "Give me only the $wanted. $sentence",
    ),
    reference="The $wanted is $value.",
    wordings=(
        "It is $value.",
        "$value.",
        "$value",
        "The answer is $value.",
        "$value is the $wanted.",
        "That is $value.",
        "$value is what the text says.",
        "Here is the $wanted: $value.",
        "The text gives the $wanted as $value.",
        "I found $value.",
        "$wanted: $value",
        "The $wanted in the text is $value.",
    ),
    unseen=(
        "In the text, the $wanted is $value.",
        "For the $wanted, read $value.",
        "You will see $value there.",
        "$value was mentioned as the $wanted.",
    ),
    draw=lambda random, invention: _with_sentence(_move(random, invention)),
)
PERSON = Family(
    name="json",
    questions=(
        "Return JSON with name, age and city: $name is $age years old and lives in $city.",
        "Write this as JSON with name, age and city: $name is $age years old and lives in $city.",
        "Make a JSON object with name, age and city. $name lives in $city and is $age years old.",
        "Give name, age and city as JSON: $name, who is $age, lives in $city.",
    ),
    reference='{"name": "$name", "age": $age, "city": "$city"}',
    wordings=(
        '{"city": "$city", "name": "$name", "age": $age}',
        '{"age": $age, "city": "$city", "name": "$name"}',
        '{"name": "$name", "city": "$city", "age": $age}',
        '{"city": "$city", "age": $age, "name": "$name"}',
        "name: $name, age: $age, city: $city",
        "The name is $name, the age is $age and the city is $city.",
        '{"name":"$name","age":$age,"city":"$city"}',
        '{"name": "$name", "age": "$age", "city": "$city"}',
        "$name, $age, $city",
        "$name is $age and lives in $city.",
        '{"person": {"name": "$name", "age": $age, "city": "$city"}}',
        "- name: $name\n- age: $age\n- city: $city",
    ),
    unseen=(
        '{"age": $age, "name": "$name", "city": "$city"}',
        "city: $city; age: $age; name: $name",
        "$name from $city is $age.",
        "Name = $name, age = $age, city = $city",
    ),
    draw=_person,
)


def _with_sentence(drawn: Drawn) -> Drawn:
    """Put the sentence about a move together; the wanted fact stands in it under its own name."""
    facts = {**drawn.slots, drawn.slots["wanted"]: drawn.slots["value"]}
    sentence = (
        f"{facts['name']} moved to {facts['city']} in {facts['year']} and worked at the {facts['place']}."
    )
    return Drawn(slots={**drawn.slots, "sentence": sentence}, keys=drawn.keys)


TEXTS = (RETURN, REVIEW, EXTRACT, PERSON)
