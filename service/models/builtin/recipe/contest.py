"""Measure the candidates as users run them, and whether the judge puts them in the order they deserve."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.models.builtin.recipe.corpus import fresh_cases
from service.models.builtin.recipe.families import Case
from service.models.builtin.recipe.measure_judge import Row, judge
from service.models.builtin.recipe.runtime import LoadedModel

FRESH_SEED = 5_150_777
"""Draws the 200 questions of the contest: no training uses it, and none of the questions it gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One candidate's answers to the fresh questions."""

    name: str
    exact: tuple[bool, ...]
    answers: tuple[str, ...]
    milliseconds: float
    by_family: dict[str, float]

    @property
    def exact_match(self) -> float:
        """Share of answers equal to the reference."""
        return float(np.mean(self.exact))


def contest(name: str, model: LoadedModel, cases: Sequence[Case]) -> Contest:
    """Ask a candidate every question and compare word for word."""
    said, times = [], []
    for case in cases:
        began = time.perf_counter()
        said.append(model.ask(case.question).text)
        times.append(time.perf_counter() - began)
    exact = [answer == case.reference for answer, case in zip(said, cases, strict=True)]
    families: dict[str, list[bool]] = {}
    for case, same in zip(cases, exact, strict=True):
        families.setdefault(case.family.name, []).append(same)
    return Contest(
        name=name,
        exact=tuple(exact),
        answers=tuple(said),
        milliseconds=1000 * float(np.median(times)),
        by_family={family: round(float(np.mean(same)), 2) for family, same in families.items()},
    )


def contest_rows(model: LoadedModel, contests: Sequence[Contest], cases: Sequence[Case]) -> list[Row]:
    """Judge all answers of the candidates: agreement with exact match, and whether the order is the same.

    Where no answer is right, or none is wrong, there is only the order to compare.
    """
    verdicts = [
        [
            judge(model, case.question, answer, case.reference)
            for case, answer in zip(cases, each.answers, strict=True)
        ]
        for each in contests
    ]
    exact = np.array([each.exact for each in contests])
    means = np.array([[verdict.mean for verdict in row] for row in verdicts])
    accepts = np.array([[verdict.accepts for verdict in row] for row in verdicts])
    by_exact = sorted(range(len(contests)), key=lambda place: exact[place].mean())
    by_judge = sorted(range(len(contests)), key=lambda place: means[place].mean())
    order = Row(
        name="real answers: same order as exact match", value=float(by_exact == by_judge), count=len(contests)
    )
    if exact.all() or not exact.any() or np.ptp(means) == 0:
        return [order]
    right, wrong = float(accepts[exact].mean()), float((~accepts[~exact]).mean())
    count = exact.size
    return [
        Row(
            name="real answers: correlation with exact match",
            count=count,
            value=float(np.corrcoef(means.ravel(), exact.ravel())[0, 1]),
        ),
        Row(
            name="real answers: balanced accuracy",
            value=(right + wrong) / 2,
            count=count,
            right=right,
            wrong=wrong,
        ),
        order,
    ]


def contest_cases(count: int = 200) -> list[Case]:
    """Return the questions of the contest."""
    return fresh_cases(FRESH_SEED, count)
