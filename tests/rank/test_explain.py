import re
from collections.abc import Iterator
from dataclasses import asdict, replace

import pytest

from service.domain.selection import Profile, Ranking
from service.domain.units import Unit, spell
from service.rank.explain import PROVISIONAL_PROMPTS
from service.rank.order import order
from service.rank.wording import spell_probability, spell_score
from tests.rank.making import MIT, PROFILE, made, pattern

NUMBER = re.compile(r"[<>]?\d+(?:\.\d+)?")
UNITS: tuple[Unit, ...] = ("points", "seconds", "bytes", "rate", "tokens", "share")


def numbers(value: object) -> Iterator[float]:
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from numbers(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from numbers(part)


def spoken(ranking: Ranking, profile: Profile) -> set[str]:
    """Return every way in which a field of the ranking or the profile may be spelled."""
    found = {"95", str(PROVISIONAL_PROMPTS), str(len(profile.gates))}
    for line in ranking.candidates:
        found.add(str(sum(gate.status == "pass" for gate in line.gates)))
    for value in [*numbers(asdict(ranking)), *numbers(asdict(profile))]:
        texts = [spell(value, unit) for unit in UNITS]
        texts += [spell_score(value), spell_probability(value), f"{value:g}", f"{value:.4f}"]
        found.update(number for text in texts for number in NUMBER.findall(text))
    return found


@pytest.mark.parametrize("epsilon", [0.02, 0.0001])
def test_every_number_in_the_explanation_is_a_field(epsilon: float) -> None:
    profile = replace(PROFILE, epsilon=epsilon)
    scores = [
        made("big", pattern(4.1, 40), memory=2.0**30),
        made("small", pattern(4.0, 40, turn=3), memory=2.0**29, latency=[(1.5, 1.7)] * 40),
        made("poor", pattern(2.5, 40, turn=1)),
    ]
    ranking = order(scores=scores, profile=profile, seed=1, draws=1000)
    choice = ranking.recommendation
    said = [*choice.reasons, *choice.would_change, *choice.cautions]
    known = spoken(ranking, profile)
    for sentence in said:
        for number in NUMBER.findall(sentence.replace("p95", "").replace("P(", "(")):
            assert number in known, f"{number} in {sentence!r} is no field"


def test_the_verb_is_tied_where_the_evidence_does_not_tell() -> None:
    scores = [made("big", pattern(4.1, 20)), made("small", pattern(4.05, 20, turn=3), memory=2.0**29)]
    choice = order(scores=scores, profile=replace(PROFILE, epsilon=0.0001), seed=1, draws=1000).recommendation
    assert choice.decision == "tie"
    assert "are tied" in choice.reasons[0]
    assert not any("is recommended" in reason for reason in choice.reasons)


def test_cautions_name_what_a_reader_should_know() -> None:
    one = made(
        "a",
        pattern(4.0, 30),
        failed=1,
        truncated=2,
        licence=replace(MIT, allowed="conditional", obligations=("say so",)),
    )
    warned = replace(one, latency=replace(one.latency, provisional=True, drift="slower by 9 %"))
    barred = replace(
        warned,
        facets=(*warned.facets, replace(warned.facets[0], facet="tone", decides=False, note="alpha .2")),
    )
    choice = order(scores=[barred], profile=PROFILE, seed=1, draws=100).recommendation
    said = " | ".join(choice.cautions)
    for part in (
        "30 prompts",
        "alpha .2",
        "provisional",
        "slower by 9 %",
        "1 of 30 answers failed",
        "2 answers were cut off",
    ):
        assert part in said
    assert choice.obligations == ("say so",)


def test_what_would_change_names_rivals_and_the_next_measurement() -> None:
    scores = [
        made("big", pattern(4.3, 40), memory=2.0**31),
        made("small", pattern(4.0, 40, turn=3), memory=2.0**29),
    ]
    choice = order(scores=scores, profile=replace(PROFILE, tie_break=()), seed=1, draws=1000).recommendation
    assert any("would be level with" in text for text in choice.would_change)
    assert any("most useful further measurement is quality" in text for text in choice.would_change)
