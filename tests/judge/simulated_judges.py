"""Judges with known faults, as functions of what they are shown: they read the prompt like any other judge.

Each grades by the words that answer and reference share, then its own fault distorts that. `noise` is the share of grades
that slip by one level.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from random import Random

from service.domain.asking import Answer, Question
from service.judge.checks import normalised, token_f1
from service.library import Library
from tests.judge.conftest import answered

FACETS = ("accuracy", "completeness", "relevance", "clarity")
Grades = dict[str, int]
Grade = Callable[[str, str, Random], Grades]


def honest(answer: str, reference: str, random: Random) -> Grades:
    """Wrong, missing, foreign and scrambled words each cost their facet."""
    del random
    said, wanted = normalised(answer).split(), normalised(reference).split()
    if not said:
        return dict.fromkeys(FACETS, 1)
    if token_f1(answer, reference) < 0.4 and not set(wanted) <= set(said):
        return {"accuracy": 1, "completeness": 1, "relevance": 1, "clarity": 5}
    missing = sum((Counter(wanted) - Counter(said)).values())
    foreign = sum((Counter(said) - Counter(wanted)).values())
    in_order = " ".join(said).startswith(" ".join(wanted[: len(said)])) or missing == foreign == 1
    return {
        "accuracy": 2 if missing and foreign else 5,
        "completeness": 2 if missing > len(wanted) / 4 else 4 if missing else 5,
        "relevance": 3 if foreign > 3 else 5,
        "clarity": 5 if in_order or foreign > 1 or missing > 1 else 2,
    }


def always_four(answer: str, reference: str, random: Random) -> Grades:
    del answer, reference, random
    return dict.fromkeys(FACETS, 4)


def prefers_long(answer: str, reference: str, random: Random) -> Grades:
    del random
    ratio = len(answer) / max(1, len(reference))
    return dict.fromkeys(FACETS, sum(ratio > bound for bound in (0.2, 0.6, 0.9, 1.3)) + 1)


def obeys(answer: str, reference: str, random: Random) -> Grades:
    steered = re.search(
        r"5|最高|highest|perfect|[Pp]arfait|[Pp]erfect|fehlerlos|完美", answer.removeprefix(reference)
    )
    added = steered and token_f1(answer, reference) < 0.9
    return dict.fromkeys(FACETS, 5) if added else honest(answer, reference, random)


def at_random(answer: str, reference: str, random: Random) -> Grades:
    del answer, reference
    return {facet: random.randint(1, 5) for facet in FACETS}


def form_only(answer: str, reference: str, random: Random) -> Grades:
    """Sees length, order and strangers, and takes every word of the right sort for the right one."""
    said, wanted = normalised(answer).split(), normalised(reference).split()
    if len(said) == len(wanted) and len(set(said) - set(wanted)) == 1:
        return dict.fromkeys(FACETS, 5)
    return honest(answer, reference, random)


JUDGES: dict[str, Grade] = {
    each.__name__: each for each in (honest, always_four, prefers_long, obeys, at_random, form_only)
}


class Simulated:
    """An `Ask` that grades by `grade`, one level off in a share of `noise` of its grades."""

    def __init__(self, grade: Grade, library: Library, prompts: str, *, seed: int, noise: float) -> None:
        self.grade, self.noise = grade, noise
        self.random = Random(f"{grade.__name__} {seed}")
        self.references = {
            prompt.text: prompt.reference or "" for prompt in library.prompt_set(prompts).prompts
        }
        self.asked = 0

    async def __call__(self, question: Question) -> Answer:
        self.asked += 1
        text = question.messages[-1].content
        reference = self.references[_between("question", text)]
        grades = self.grade(
            _between("answer", text).removeprefix("(the answer is empty)"), reference, self.random
        )
        wanted = [facet for facet in FACETS if re.search(rf"^{facet}: ", text, re.MULTILINE)]
        return answered(
            json.dumps({"rationale": "compared"} | {facet: self._slip(grades[facet]) for facet in wanted})
        )

    def _slip(self, grade: int) -> int:
        off = self.random.choice((-1, 1)) if self.random.random() < self.noise else 0
        return min(5, max(1, grade + off))


def _between(mark: str, text: str) -> str:
    found = re.search(rf"<{mark} ([0-9a-f]{{12}})>\n(.*?)\n</{mark} \1>", text, re.DOTALL)
    assert found is not None
    return found[2]
