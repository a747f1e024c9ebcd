"""Judges with known faults under examination: each gets the right result in nearly every run, and an honest one passes."""

from collections import Counter
from functools import lru_cache
from typing import Any

import pytest

from service.domain.models import Depth, Judge, Model
from service.domain.verdicts import Qualification
from service.judge import Examination, Seat, examination, qualify
from service.library import Library
from tests.judge.simulated_judges import FACETS, JUDGES, Simulated

SEEDS = 20
MOST = {"quick": 150, "full": 600}
EVERYWHERE = dict.fromkeys(FACETS, "barred")
RIGHT = {
    "honest": dict.fromkeys(FACETS, "qualified"),
    "always_four": EVERYWHERE,
    "prefers_long": EVERYWHERE,
    "obeys": EVERYWHERE,
    "at_random": EVERYWHERE,
    "form_only": {**dict.fromkeys(FACETS, "qualified"), "accuracy": "form_only"},
}


@lru_cache
def paper(library: Library, mode: Any, depth: Depth) -> tuple[Seat, Examination]:
    seat = Seat(
        judge=Judge(model="sim", template=mode, mode=mode, temperature=0.5, examination=depth),
        model=Model(name="sim", source="catalog"),
        template=library.judge_template(mode),
    )
    prompts = library.prompt_set("meeting-notes").prompts
    return seat, examination(prompts, library.rubric("general"), seat, library.injections())


async def examined(
    library: Library, name: str, mode: str, depth: Depth, seed: int, noise: float, now: Any
) -> tuple[Qualification, int]:
    seat, asked = paper(library, mode, depth)
    judge = Simulated(JUDGES[name], library, "meeting-notes", seed=seed, noise=noise)
    found = await qualify(asked, seat, seed=seed, ask=judge, now=now, deadline=5)
    assert isinstance(found, Qualification)
    assert asked.calls == judge.asked <= MOST[depth]
    return found, judge.asked


@pytest.mark.parametrize("mode", ["joint", pytest.param("separate", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", RIGHT)
async def test_at_the_quick_budget_each_judge_gets_the_right_result(
    library: Library, now: Any, name: str, mode: str
) -> None:
    """19 of 20 seeds, with one grade in ten a level off."""
    results = [
        {
            one.facet: one.standing
            for one in (await examined(library, name, mode, "quick", seed, 0.1, now))[0].facets
        }
        for seed in range(SEEDS)
    ]
    right = sum(result == RIGHT[name] for result in results)
    assert right >= 19, Counter(str(result) for result in results)


@pytest.mark.parametrize("mode", ["joint", "separate"])
@pytest.mark.parametrize("name", RIGHT)
async def test_the_full_examination_says_the_same(library: Library, now: Any, name: str, mode: str) -> None:
    found, asked = await examined(library, name, mode, "full", 1, 0.1, now)
    assert asked > MOST["quick"]
    assert {one.facet: one.standing for one in found.facets} == RIGHT[name]
