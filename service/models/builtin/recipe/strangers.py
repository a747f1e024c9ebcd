"""Words and question families that no training text holds: for measuring what the judge makes of the unknown."""

import json
from random import Random

from service.models.builtin.recipe.families import fill
from service.models.builtin.recipe.invent import edited
from service.models.builtin.recipe.probes import Probe

_CITIES = [
    "Zurich",
    "Geneva",
    "Toronto",
    "Sydney",
    "Melbourne",
    "Mumbai",
    "Lagos",
    "Dakar",
    "Tunis",
    "Doha",
    "Riga",
    "Tallinn",
    "Vilnius",
    "Zagreb",
    "Belgrade",
    "Skopje",
    "Tirana",
    "Manila",
    "Jakarta",
    "Seoul",
    "Auckland",
    "Bogota",
    "Quito",
    "Caracas",
    "Managua",
    "Houston",
    "Denver",
    "Boston",
    "Seattle",
    "Winnipeg",
]
_PEOPLE = [
    "Olivia",
    "Liam",
    "Noah",
    "Emma",
    "Sophia",
    "Lucas",
    "Mia",
    "Ethan",
    "Amelia",
    "Harper",
    "Mateo",
    "Yusuf",
    "Aisha",
    "Chen",
    "Priya",
    "Kenji",
    "Ingrid",
    "Bjorn",
    "Fatima",
    "Kwame",
]
_OBJECTS = [
    "wallet",
    "blanket",
    "speaker",
    "monitor",
    "scooter",
    "keyboard",
    "blender",
    "mirror",
    "pillow",
    "bucket",
    "ladder",
    "banjo",
    "helmet",
    "carpet",
    "toaster",
]
_COUNTRIES = [
    "Latvia",
    "Estonia",
    "Croatia",
    "Serbia",
    "Qatar",
    "Senegal",
    "Tunisia",
    "Bolivia",
    "Ecuador",
    "Uruguay",
    "Zambia",
    "Malawi",
    "Bhutan",
    "Laos",
    "Oman",
    "Yemen",
    "Fiji",
    "Samoa",
]
_REASONS = ["it was broken", "it was too small", "the color was wrong", "it arrived late", "it cost too much"]
STRANGERS = frozenset((*_CITIES, *_PEOPLE, *_OBJECTS, *_COUNTRIES))


def known_questions(random: Random) -> Probe:
    """Ask a question of a known family with real names, cities and things that training never held."""
    city, other_city = random.sample(_CITIES, 2)
    person, other_person = random.sample(_PEOPLE, 2)
    thing, other_thing = random.sample(_OBJECTS, 2)
    year, other_year = random.sample(range(1950, 2031), 2)
    match random.randrange(5):
        case 0:
            country = random.choice(_COUNTRIES)
            question, template = f"What is the capital of {country}?", f"The capital of {country} is $x."
            right, wrong = city, other_city
        case 1:
            wanted = random.choice(("city", "name", "year"))
            facts: dict[str, object] = {"city": city, "name": person, "year": year}
            question = f"Extract the {wanted}: {person} moved to {city} in {year} and worked at the museum."
            template, right = f"The {wanted} is $x.", str(facts.pop(wanted))
            strangers = {"city": other_city, "name": other_person, "year": other_year}
            wrong = str(random.choice((strangers[wanted], *facts.values())))
        case 2:
            question = f"Return JSON with name, age and city: {person} is {year - 1900} years old and lives in {city}."
            template, right = "$x", json.dumps({"name": person, "age": year - 1900, "city": city})
            place = random.choice(
                ((person, other_person), (str(year - 1900), str(other_year - 1900)), (city, other_city))
            )
            wrong = right.replace(*place)
        case 3:
            reason, other_reason = random.sample(_REASONS, 2)
            question = (
                f"Summarize: {person} bought a {thing}. {person} used it at the park. "
                f"Then {person} returned the {thing} because {reason}."
            )
            template, right = "$x", f"{person} returned a {thing} because {reason}."
            place = random.choice(((person, other_person), (thing, other_thing), (reason, other_reason)))
            wrong = right.replace(*place)
        case _:
            *items, fourth = random.sample(_OBJECTS, 4)
            question, template, right = "Name three things.", "$x", _numbered(items)
            items[random.randrange(3)] = fourth
            wrong = _numbered(items)
    reference = fill(template, {"x": right})
    answer = reference if random.random() < 0.5 else fill(template, {"x": wrong})
    return Probe(question=question, answer=answer, reference=reference, right=answer == reference)


def unknown_questions(random: Random) -> Probe:
    """Ask a question of a family that training does not have."""
    city, other_city = random.sample(_CITIES, 2)
    person, other_person = random.sample(_PEOPLE, 2)
    thing, other_thing = random.sample(_OBJECTS, 2)
    year, other_year = map(str, random.sample(range(1500, 2031), 2))
    question, template, right, wrong = random.choice(
        (
            (f"Who wrote the book about the {thing}?", "The book was written by $x.", person, other_person),
            (f"When did {person} win the prize?", f"{person} won the prize in $x.", year, other_year),
            (f"Where was {person} born?", f"{person} was born in $x.", city, other_city),
            (f"How many {thing}s are sold?", f"The shop sells $x {thing}s every day.", year, other_year),
            (
                "What was the complaint?",
                "The customer complained that the $x stopped working.",
                thing,
                other_thing,
            ),
            (
                "Translate the sentence.",
                f"My friend $x lives near the river in {city}.",
                person,
                other_person,
            ),
        )
    )
    good = random.random() < 0.5
    answer = fill(template, {"x": right if good else wrong})
    return Probe(question=question, answer=answer, reference=fill(template, {"x": right}), right=good)


def one_character(random: Random) -> Probe:
    """Change one character of a city in the answer, or nothing."""
    return _changed(random, "city")


def one_digit(random: Random) -> Probe:
    """Change one digit of a number in the answer, or nothing."""
    return _changed(random, "year")


def name_for_city(random: Random) -> Probe:
    """Put the person where the city belongs and the city where the person belongs, or change nothing."""
    return _changed(random, "swap")


def _changed(random: Random, what: str) -> Probe:
    facts = {
        "name": random.choice(_PEOPLE),
        "city": random.choice(_CITIES),
        "year": str(random.randint(1950, 2030)),
    }
    changed = dict(facts)
    if what == "swap":
        changed["name"], changed["city"] = facts["city"], facts["name"]
    else:
        changed[what] = edited(random, facts[what])
    person = "$name is $year years old and lives in $city."
    move = "$name moved to $city in $year and worked at the museum."
    forms = [
        (f"Return JSON with name, age and city: {person}", '{"name": "$name", "age": $year, "city": "$city"}')
    ]
    if what != "year":
        forms.append((f"Extract the city: {move}", "The city is $city."))
    if what == "year":
        forms.append((f"Extract the year: {move}", "The year is $year."))
    question, template = random.choice(forms)
    good = random.random() < 0.5
    return Probe(
        question=fill(question, facts),
        answer=fill(template, facts if good else changed),
        reference=fill(template, facts),
        right=good,
    )


def part_of_a_list(random: Random) -> Probe:
    """Give a list of four, or only its first two or three."""
    items = random.sample(_OBJECTS, 4)
    good = random.random() < 0.5
    given = items if good else items[: random.choice((2, 3))]
    return Probe(
        question="List four things.", answer=_numbered(given), reference=_numbered(items), right=good
    )


def _numbered(items: list[str]) -> str:
    return "\n".join(f"{place}. {item}" for place, item in enumerate(items, 1))
