"""Families of lists: two, three or four things of a kind, in the order in which they are learned."""

from random import Random

from service.models.builtin.recipe.families import Drawn, Family, pick
from service.models.builtin.recipe.invent import invented
from service.models.builtin.recipe.words import LISTS


def _list(count: int) -> Family:
    """Build the family of lists of `count` things."""
    word = {2: "two", 3: "three", 4: "four"}[count]
    keys = tuple(f"item{place}" for place in range(1, count + 1))
    marks = [f"${key}" for key in keys]
    backwards = marks[::-1]
    turned = marks[1:] + marks[:1]

    def joined(items: list[str]) -> str:
        return ", ".join(items[:-1]) + " and " + items[-1]

    def draw(random: Random, invention: float) -> Drawn:
        kind = random.choice(list(LISTS))
        items = LISTS[kind][:count]
        if random.random() < invention:
            capital = random.random() < 0.15
            items = [pick(random, "item", invention, capital=capital) for _ in keys]
            items = items if len(set(items)) == count else random.sample(LISTS[kind], count)
            kind = invented(random, capital=False) + "s" if random.random() < invention else kind
        return Drawn(slots={"kind": kind, **dict(zip(keys, items, strict=True))}, keys=keys)

    return Family(
        name="list",
        questions=(
            f"List {word} $kind.",
            f"Name {word} $kind.",
            f"Give me {word} $kind.",
            f"Tell me {word} $kind.",
            f"Which {word} $kind do you know?",
            f"Write a list of {word} $kind.",
        ),
        reference="\n".join(f"{place}. {mark}" for place, mark in enumerate(marks, 1)),
        wordings=(
            f"They are {joined(marks)}.",
            "\n".join(f"{place}. {mark}" for place, mark in enumerate(turned, 1)),
            f"Here are {word}: {', '.join(marks)}.",
            "\n".join(f"- {mark}" for mark in marks),
            f"Some examples: {', '.join(backwards)}.",
            f"{joined(marks)} are good examples.",
            "\n".join(f"{place}) {mark}" for place, mark in enumerate(marks, 1)),
            ", ".join(marks),
            ", ".join(turned) + ".",
            f"You could name {joined(backwards)}.",
            f"I know {joined(turned)}.",
            f"{word.capitalize()} $kind are {joined(marks)}.",
            "\n".join(marks),
            "\n".join(f"* {mark}" for mark in turned),
        ),
        unseen=(
            f"The answer is {', '.join(marks)}.",
            f"Take {joined(turned)} for a start.",
            f"Well known $kind include {joined(marks)}.",
            "; ".join(marks),
        ),
        draw=draw,
    )


LISTS_BY_COUNT = {count: _list(count) for count in (2, 3, 4)}
