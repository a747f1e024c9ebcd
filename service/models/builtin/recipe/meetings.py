"""Families over short meeting notes: who does what by when, what was decided, who was there."""

from random import Random

from service.models.builtin.recipe.families import Drawn, Family, pick


def _notes(random: Random, invention: float) -> dict[str, str]:
    """Draw one meeting: four people at most, a task, a decision, a place."""
    names: list[str] = []
    while len(names) < 3:
        name = pick(random, "name", invention, capital=True)
        if name not in names:
            names.append(name)
    return {
        "name1": names[0],
        "name2": names[1],
        "name3": names[2],
        "task": pick(random, "task", invention),
        "document": pick(random, "document", invention),
        "day": pick(random, "day", invention, capital=True),
        "team": pick(random, "team", invention),
        "place": pick(random, "place", invention),
        "thing": pick(random, "thing", invention),
        "count": str(random.randint(2, 60)),
    }


def _action(random: Random, invention: float) -> Drawn:
    slots = _notes(random, invention)
    slots["before"] = random.choice(
        ("The $team team met today.", "$name2 opened the meeting.", "We met at the $place.")
    )
    return Drawn(slots=slots, keys=("name1", "task", "document", "day"))


def _decision(random: Random, invention: float) -> Drawn:
    slots = _notes(random, invention)
    slots["before"] = random.choice(
        ("$name1 and $name2 talked about prices.", "$name1 spoke first.", "We met at the $place on $day.")
    )
    return Drawn(slots=slots, keys=("team", "count", "thing"))


def _present(random: Random, invention: float) -> Drawn:
    return Drawn(slots=_notes(random, invention), keys=("name1", "name2", "name3"))


ACTION = Family(
    name="meeting action",
    questions=(
        "Who does what? Notes: $before $name1 will $task the $document by $day.",
        "List the action item. Notes: $before $name1 will $task the $document by $day.",
        "What is to be done? Notes: $before By $day $name1 will $task the $document.",
        "Summarize the task in these notes: $before $name1 promised to $task the $document by $day.",
    ),
    reference="$name1 will $task the $document by $day.",
    wordings=(
        "By $day, $name1 will $task the $document.",
        "$name1 has to $task the $document by $day.",
        "The $document: $name1 will $task it by $day.",
        "$name1 must $task the $document before $day ends.",
        "Action: $name1, $task the $document, $day.",
        "$name1 is to $task the $document until $day.",
        "$name1 promised to $task the $document by $day.",
        "- $name1: $task the $document by $day",
        "It is the task of $name1 to $task the $document by $day.",
        "$day is when $name1 will $task the $document.",
        "To $task the $document by $day is up to $name1.",
        "Until $day, $name1 has the task to $task the $document.",
    ),
    unseen=(
        "$name1 agreed to $task the $document no later than $day.",
        "The group counts on $name1 to $task the $document by $day.",
        "Deadline $day: $name1 should $task the $document.",
        "$task the $document ($name1, due $day)",
    ),
    draw=_action,
)
DECISION = Family(
    name="meeting decision",
    questions=(
        "What was decided? Notes: $before Then we agreed that $team buys $count new ${thing}s.",
        "Summarize the decision. Notes: $before It was decided that $team buys $count new ${thing}s.",
        "Which decision is in these notes? $before We decided that $team buys $count new ${thing}s.",
        "Give the result of the meeting: $before In the end $team will buy $count new ${thing}s.",
    ),
    reference="The $team team buys $count new ${thing}s.",
    wordings=(
        "$team buys $count new ${thing}s.",
        "$count new ${thing}s are bought by the $team team.",
        "It was decided that $team buys $count ${thing}s.",
        "The decision: $count new ${thing}s for $team.",
        "The $team team will get $count ${thing}s.",
        "They agreed on $count new ${thing}s for the $team team.",
        "$team will buy $count new ${thing}s.",
        "Decision: $team, $count ${thing}s",
        "The $team team is to buy $count new ${thing}s.",
        "We buy $count new ${thing}s for $team.",
        "New ${thing}s, $count of them, are bought by $team.",
    ),
    unseen=(
        "The meeting settled that $team purchases $count ${thing}s.",
        "A purchase of $count ${thing}s by $team was approved.",
        "$count ${thing}s go on the shopping list of the $team team.",
    ),
    draw=_decision,
)
PRESENT = Family(
    name="meeting people",
    questions=(
        "Who was at the meeting? Notes: $name1, $name2 and $name3 met at the $place on $day.",
        "Name the people in these notes: $name1, $name2 and $name3 met at the $place on $day.",
        "Who took part? Notes: On $day $name1, $name2 and $name3 met at the $place.",
        "List everyone present. Notes: At the $place, $name1 met $name2 and $name3.",
    ),
    reference="$name1, $name2 and $name3 were there.",
    wordings=(
        "The people were $name1, $name2 and $name3.",
        "$name2, $name1 and $name3 were there.",
        "- $name1\n- $name2\n- $name3",
        "$name3, $name2, $name1",
        "$name1, $name3 and $name2 took part.",
        "Present: $name1, $name2, $name3",
        "It was $name1 with $name2 and $name3.",
        "$name1 met $name2 and $name3.",
        "1. $name1\n2. $name2\n3. $name3",
        "At the meeting were $name3, $name1 and $name2.",
        "Three people came: $name1, $name2 and $name3.",
    ),
    unseen=(
        "Attending were $name2, $name3 and $name1.",
        "The room held $name1, $name2 and $name3.",
        "Together with $name3, both $name1 and $name2 showed up.",
    ),
    draw=_present,
)

MEETINGS = (ACTION, DECISION, PRESENT)
