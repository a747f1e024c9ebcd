"""Answers of which it is known whether they are right: what the judge's accuracy is measured on."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from service.models.builtin.recipe.families import Case, ask, fill
from service.models.builtin.recipe.faults import Judged, judged, labelled, words
from service.models.builtin.recipe.judging import MIX
from service.models.builtin.recipe.planting import FAMILIES, shuffled, wrong_value
from service.models.builtin.recipe.wordings import UNSEEN_BEFORE, reworded
from service.models.builtin.recipe.words import HELD_OUT_ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """An answer, and whether it is right."""

    question: str
    answer: str
    reference: str
    right: bool


Draw = Callable[[Random], Probe | None]
"""Draw a probe, or ``None`` where the draw did not fit."""


def answers(*, invention: float, held_out: bool = False, wording: str = "reference") -> Draw:
    """Return a drawer of right and fluent wrong answers to questions of the known families.

    Parameters
    ----------
    held_out
        Only questions and answers that hold a word kept from training; otherwise only such that hold none.
    wording
        ``reference``; ``trained``: one of the wordings of training; ``unseen``: one that was kept from it, half of them
        behind a phrase that was kept too.
    """

    def draw(random: Random) -> Probe | None:
        case = ask(random, random.choice(FAMILIES), invention)
        if held_out:
            case = _with_held_out(random, case)
        good = random.random() < 0.5
        slots = dict(case.drawn.slots)
        if not good:
            for key in random.sample(case.drawn.keys, 1 if random.random() < 0.7 else len(case.drawn.keys)):
                slots[key] = wrong_value(random, case, key)
            if sorted(slots[key] for key in case.drawn.keys) == sorted(case.values.values()):
                return None
        answer = _worded(random, case, slots, wording)
        found = Probe(question=case.question, answer=answer, reference=case.reference, right=good)
        met = HELD_OUT_ALL.intersection(words(f"{case.question} {answer} {case.reference}"))
        return found if bool(met) == held_out else None

    return draw


def _worded(random: Random, case: Case, slots: dict[str, str], wording: str) -> str:
    if wording == "reference":
        return fill(case.family.reference, slots)
    if wording == "trained":
        return reworded(random, case, slots)
    before = random.choice(UNSEEN_BEFORE) if random.random() < 0.5 else ""
    return before + fill(random.choice(case.family.unseen), slots)


def _with_held_out(random: Random, case: Case) -> Case:
    """Put a held-out name in the place of one word of the answer, in the question too."""
    places = [key for key in case.drawn.keys if case.drawn.slots[key][0].isupper()]
    if not places:
        return case
    old = case.drawn.slots[random.choice(places)]
    new = random.choice(sorted(word for word in HELD_OUT_ALL if word[0].isupper()))
    slots = {name: text.replace(old, new) for name, text in case.drawn.slots.items()}
    drawn = type(case.drawn)(slots=slots, keys=case.drawn.keys)
    return Case(family=case.family, question=case.question.replace(old, new), drawn=drawn)


def lists(*, wording: str) -> Draw:
    """Return a drawer of complete and incomplete lists of invented words."""
    families = [family for family in FAMILIES if family.name == "list"]

    def draw(random: Random) -> Probe | None:
        case = ask(random, random.choice(families), 1.0)
        if random.random() < 0.5:
            answer = _worded(random, case, case.drawn.slots, wording)
            return Probe(question=case.question, answer=answer, reference=case.reference, right=True)
        found = judged(random, case, "omitted", 1.0)
        if found is None:
            return None
        return Probe(question=case.question, answer=found.answer, reference=case.reference, right=False)

    return draw


def scale(*, held_out: bool) -> Callable[[Random], Judged | None]:
    """Return a drawer of answers with every planted fault, for the agreement of scores with the table."""

    def draw(random: Random) -> Judged | None:
        case = ask(random, random.choice(FAMILIES), 0.0)
        found = judged(random, case, random.choices(list(MIX), list(MIX.values()))[0], 0.0)
        if found is None:
            return None
        met = HELD_OUT_ALL.intersection(words(f"{found.question} {found.answer} {found.reference}"))
        return found if bool(met) == held_out else None

    return draw


def out_of_order(*, neighbours: float) -> Callable[[Random], Judged | None]:
    """Return a drawer of references with their words shuffled, in a share of them only two neighbours."""

    def draw(random: Random) -> Judged | None:
        case = ask(random, random.choice(FAMILIES), 0.0)
        pieces = case.reference.split(" ")
        return labelled(case, "shuffled", shuffled(random, pieces, neighbours=neighbours))

    return draw
