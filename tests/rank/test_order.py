from dataclasses import asdict, fields, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.estimates import undefined
from service.domain.measurements import CandidateScores
from service.domain.selection import Criterion, Ranked, Ranking
from service.rank.order import order, rank
from service.rank.recommend import recommend, undetermined
from service.rank.reweigh import reweigh
from service.rank.sample import sample
from tests.rank.making import PROFILE, made, pattern

DRAWS = 400
FEW = settings(max_examples=15, deadline=None)
SCORES = st.lists(st.integers(1, 5).map(float), min_size=12, max_size=12)
SOME = st.lists(SCORES, min_size=2, max_size=4)


def ranked(scores: list[CandidateScores], seed: int = 1) -> Ranking:
    return order(scores=scores, profile=PROFILE, seed=seed, draws=DRAWS)


def line(ranking: Ranking, name: str) -> Ranked:
    return next(one for one in ranking.candidates if one.candidate == name)


def named(tables: list[list[float]]) -> list[CandidateScores]:
    return [
        made(f"m{place}", table, memory=2.0**29 * (place + 1), latency=[(1.0 + 0.1 * place, 1.2)] * 12)
        for place, table in enumerate(tables)
    ]


@FEW
@given(SOME)
def test_adding_a_loser_leaves_every_other_score_and_interval_and_the_order(
    tables: list[list[float]],
) -> None:
    before = ranked(named(tables))
    loser = made("zz", [1.0] * 12, memory=7.0 * 2**30, latency=[(9.0, 9.5)] * 12)
    for name in ("zz", "aa"):
        after = ranked([*named(tables), replace(loser, candidate=name)])
        for one in before.candidates:
            same = line(after, one.candidate)
            assert same.score == one.score
            assert same.criteria == one.criteria
            assert same.gates == one.gates
        rest = [one.candidate for one in after.candidates if one.candidate != name]
        assert rest == [one.candidate for one in before.candidates]


@FEW
@given(SOME, st.randoms(use_true_random=False))
def test_the_order_in_which_candidates_and_prompts_arrive_changes_nothing(
    tables: list[list[float]], random: object
) -> None:
    candidates = named(tables)
    places = list(range(12))
    random.shuffle(places)  # type: ignore[attr-defined]  # hypothesis gives a Random
    mixed = [
        replace(
            one,
            prompts=tuple(one.prompts[p] for p in places),
            quality_by_prompt=tuple(one.quality_by_prompt[p] for p in places),
            latency_by_prompt=tuple(one.latency_by_prompt[p] for p in places),
        )
        for one in reversed(candidates)
    ]
    assert ranked(mixed) == ranked(candidates)


@FEW
@given(SOME)
def test_the_same_data_and_seed_give_the_same_bytes(tables: list[list[float]]) -> None:
    assert repr(ranked(named(tables))) == repr(ranked(named(tables)))


@FEW
@given(SCORES, st.floats(0, 1))
def test_a_better_criterion_never_lowers_a_score(table: list[float], better: float) -> None:
    one = made("a", table)
    value = one.quality.value
    assert value is not None
    more = replace(one, quality=replace(one.quality, value=value + better, high=9.0))
    faster = replace(one, memory=replace(one.memory, value=2.0**29, low=2.0**29, high=2.0**29))
    base = line(ranked([one]), "a").score.value
    assert base is not None
    for improved in (more, faster):
        after = line(ranked([improved]), "a").score.value
        assert after is not None
        assert after >= base


@FEW
@given(SCORES, st.floats(0.01, 100))
def test_weights_are_free_of_scale(table: list[float], scale: float) -> None:
    one = made("a", table)
    scaled = replace(PROFILE, criteria=tuple(replace(c, weight=c.weight * scale) for c in PROFILE.criteria))
    before = line(ranked([one]), "a").score
    after = line(order(scores=[one], profile=scaled, seed=1, draws=DRAWS), "a").score
    assert after.value == pytest.approx(before.value, rel=1e-8)
    assert after.low == pytest.approx(before.low, rel=1e-8)


@FEW
@given(SCORES)
def test_duplicates_tie(table: list[float]) -> None:
    ranking = ranked([made("a", table), made("b", table)])
    a, b = (line(ranking, name) for name in "ab")
    assert a.score == b.score
    if a.eligible:
        assert (a.p_best, b.p_best) == (0.5, 0.5)


@FEW
@given(SOME)
def test_every_probability_is_one_and_acceptabilities_sum_to_one(tables: list[list[float]]) -> None:
    among = [one for one in ranked(named(tables)).candidates if one.eligible]
    if among:
        assert sum(one.p_best or 0.0 for one in among) == pytest.approx(1)
        assert [sum(one.acceptability) for one in among] == pytest.approx([1.0] * len(among))
        assert [one.rank for one in among] == list(range(1, len(among) + 1))
        assert all((a.score.value or 0) >= (b.score.value or 0) for a, b in pairwise(among))


def test_equal_scores_give_finite_intervals_and_no_certainty() -> None:
    candidates = [made("a", [5.0] * 12), made("b", [4.0] * 12), made("c", [4.0] * 12)]
    ranking = order(scores=candidates, profile=PROFILE, seed=1, draws=10_000)
    for one in ranking.candidates:
        assert one.score.low is not None
        assert one.score.high is not None
        assert one.score.low < one.score.high
        assert one.p_best is not None
        assert one.p_best < 1


def test_a_clear_winner_is_recommended_with_its_runner_up() -> None:
    ranking = ranked([made("good", pattern(4.5)), made("poor", pattern(2.8, turn=1))])
    choice = ranking.recommendation
    assert (choice.decision, choice.candidate, choice.runner_up) == ("model", "good", "poor")
    assert choice.reasons[0].startswith("good is recommended")


def test_one_candidate_that_passes_is_recommended_as_the_only_one() -> None:
    choice = ranked([made("a", pattern(4.0))]).recommendation
    assert (choice.decision, choice.candidate, choice.runner_up) == ("model", "a", None)
    assert "It is the only candidate that may be recommended." in choice.reasons


def test_a_tie_is_broken_by_the_declared_rule() -> None:
    # the big one is a little better, the small one needs less memory and was declared to win a tie
    big = made("big", pattern(4.0, 20), memory=2.0**30)
    small = made("small", pattern(3.9, 20, turn=3), memory=0.9 * 2**30)
    strict = replace(PROFILE, epsilon=0.001)
    choice = order(scores=[big, small], profile=strict, seed=1, draws=DRAWS).recommendation
    assert (choice.decision, choice.candidate, choice.runner_up) == ("tie", "small", "big")
    assert set(choice.tie_set) == {"big", "small"}
    assert any("memory, then p95 latency" in reason for reason in choice.reasons)


@pytest.mark.parametrize(
    ("within", "decision", "chosen", "said"),
    [
        # Nobody else may be within epsilon of the best.
        ({"big": 0.99, "small": 0.04, "tiny": 0.0}, "model", "big", "big is recommended"),
        # One may: it is named, and not chosen for its memory, since it probably costs more than epsilon.
        ({"big": 0.99, "small": 0.05, "tiny": 0.0}, "tie", "big", "it alone is within 0.02 of the best"),
        # Both are for certain: the rule may choose freely.
        ({"big": 0.99, "small": 0.95, "tiny": 0.0}, "tie", "small", "the choice is small"),
        # Two are for certain and a third, the smallest, may be: the rule chooses among the two.
        ({"big": 0.99, "small": 0.95, "tiny": 0.3}, "tie", "small", "at least 0.95, big and small, is small"),
        # Nobody is for certain: the rule chooses among all that may be.
        ({"big": 0.90, "small": 0.6, "tiny": 0.3}, "tie", "tiny", "the choice is tiny"),
    ],
)
def test_it_is_a_tie_as_soon_as_another_may_be_as_good(
    within: dict[str, float], decision: str, chosen: str, said: str
) -> None:
    scores = [
        made(name, pattern(4.0 - 0.01 * at, 40, turn=at), memory=2.0 ** (30 - at))
        for at, name in enumerate(within)
    ]
    placed = {one.candidate: one for one in ranked(scores).candidates}
    choice = recommend(
        ranked=[replace(placed[name], p_within=share) for name, share in within.items()],
        scores={one.candidate: one for one in scores},
        profile=PROFILE,
    )
    assert (choice.decision, choice.candidate) == (decision, chosen)
    assert any(said in reason for reason in choice.reasons), choice.reasons
    tied = {name for name, share in within.items() if share >= 0.05} if decision == "tie" else set()
    assert set(choice.tie_set) == tied
    assert set(choice.equals) == tied - {chosen}


@pytest.mark.parametrize(
    ("within", "preferred", "asked", "chosen", "by"),
    [
        # Asked about the two that are for certain, not about the third, and its word comes before the rule's (small).
        ({"big": 0.99, "small": 0.95, "tiny": 0.3}, "big", ("big", "small"), "big", "pairs"),
        # Nothing is preferred, or one that is not to be chosen: the rule decides.
        ({"big": 0.99, "small": 0.95, "tiny": 0.3}, None, ("big", "small"), "small", "rule"),
        ({"big": 0.99, "small": 0.95, "tiny": 0.3}, "tiny", ("big", "small"), "small", "rule"),
        # One alone is for certain: there is nothing to ask.
        ({"big": 0.99, "small": 0.5, "tiny": 0.0}, "small", (), "big", "rule"),
        # Nobody is: it is asked about all that may be.
        ({"big": 0.90, "small": 0.6, "tiny": 0.3}, "small", ("big", "small", "tiny"), "small", "pairs"),
        ({"big": 0.99, "small": 0.01, "tiny": 0.0}, "small", (), "big", None),
    ],
)
def test_answers_side_by_side_come_before_the_rule_among_those_it_would_choose_from(
    within: dict[str, float], preferred: str | None, asked: tuple[str, ...], chosen: str, by: str | None
) -> None:
    scores = [
        made(name, pattern(4.0 - 0.01 * at, 40, turn=at), memory=2.0 ** (30 - at))
        for at, name in enumerate(within)
    ]
    placed = {one.candidate: one for one in ranked(scores).candidates}
    lines = [replace(placed[name], p_within=share) for name, share in within.items()]
    heard: list[str] = []

    def settle(tied: tuple[str, ...]) -> tuple[str, str] | None:
        heard.extend(tied)
        return None if preferred is None else (preferred, "it wins")

    choice = recommend(
        ranked=lines, scores={one.candidate: one for one in scores}, profile=PROFILE, settle=settle
    )
    assert tuple(heard) == asked == undetermined(lines, PROFILE)
    assert (choice.candidate, choice.settled_by) == (chosen, by)
    said = [reason for reason in choice.reasons if "With the answers side by side" in reason]
    assert len(said) == (by == "pairs")
    assert all(f"is {chosen}: it wins." in reason for reason in said)


def test_the_same_twice_is_a_tie_however_much_was_measured() -> None:
    twins = [made(name, pattern(4.0, 200)) for name in ("one", "two")]
    choice = ranked([*twins, made("poor", pattern(2.0, 200))]).recommendation
    assert (choice.decision, set(choice.tie_set)) == ("tie", {"one", "two"})


def test_nobody_through_the_gates_means_no_recommendation_but_a_nearest_miss() -> None:
    slow = made("slow", pattern(4.0), latency=[(9.0, 9.1)] * 60)
    worse = made("worse", pattern(1.4), latency=[(9.0, 9.1)] * 60)
    ranking = ranked([slow, worse])
    choice = ranking.recommendation
    assert (choice.decision, choice.candidate, choice.nearest_miss) == ("none", None, "slow")
    assert all(one.rank is None and one.reason for one in ranking.candidates)


def test_no_candidates_and_no_prompts_are_answers_too() -> None:
    assert ranked([]).recommendation.decision == "none"
    empty = ranked([made("a", [], latency=[])])
    assert empty.recommendation.decision == "none"
    assert empty.candidates[0].score.value is None
    assert any("quality is not known" in text for text in empty.recommendation.missing)


def test_too_few_prompts_decide_nothing() -> None:
    choice = ranked([made("a", pattern(4.5, 5))]).recommendation
    assert choice.decision == "none"
    assert any("only 5 prompts" in text for text in choice.missing)


def test_a_judge_barred_from_every_facet_leaves_no_answer() -> None:
    one = made("a", pattern(4.0), quality=undefined("the judge is barred from every facet"))
    choice = ranked([one]).recommendation
    assert choice.decision == "none"
    assert any("barred" in text for text in choice.missing)


def test_a_facet_that_was_mostly_not_scored_bars_the_candidate() -> None:
    one = made("a", pattern(4.0))
    thin = replace(one, facets=(replace(one.facets[0], scored=40),))
    assert line(ranked([thin]), "a").reason == (
        "correct was scored for only 40 of 60 answers; at least 80 % are needed"
    )


def test_a_missing_criterion_bars_and_never_counts_as_zero() -> None:
    one = made("a", pattern(4.0), memory=2.0**30)
    without = replace(one, memory=undefined("not measured"))
    found = line(ranked([without]), "a")
    assert not found.eligible
    assert found.score.value is None
    assert found.reason == "memory is not known: not measured"


def test_a_missing_criterion_without_weight_does_no_harm() -> None:
    profile = replace(
        PROFILE, criteria=(*PROFILE.criteria, Criterion(name="disk", weight=0.0, zero=2.0, full=1.0))
    )
    ranking = order(scores=[made("a", pattern(4.0))], profile=profile, seed=1, draws=DRAWS)
    assert ranking.recommendation.decision == "model"


def test_an_unproven_gate_leads_the_reasons_once_or_blocks_if_the_profile_refuses() -> None:
    one = made("a", pattern(4.0), expected=10)  # no failure in 10: at most 28 %, above the limit of 20 %
    choice = ranked([one]).recommendation
    assert choice.decision == "model"
    assert "about 6 more answers" in choice.reasons[0]
    assert not any("more answers" in caution for caution in choice.cautions), "said once"
    refused = order(scores=[one], profile=replace(PROFILE, unproven="refuse"), seed=1, draws=DRAWS)
    assert refused.recommendation.decision == "none"


def test_zero_weights_name_the_cure() -> None:
    profile = replace(PROFILE, criteria=tuple(replace(c, weight=0.0) for c in PROFILE.criteria))
    with pytest.raises(ValueError, match="give at least one criterion a weight above zero"):
        order(scores=[made("a", pattern(4.0))], profile=profile, seed=1)


def test_what_cannot_be_compared_is_refused() -> None:
    a = made("a", pattern(4.0))
    with pytest.raises(ValueError, match="same name"):
        ranked([a, a])
    with pytest.raises(ValueError, match="not asked the same prompts"):
        ranked([a, made("b", pattern(4.0, 30))])


def test_stored_draws_answer_new_weights_as_new_draws_would() -> None:
    candidates = [made("a", pattern(4.2)), made("b", pattern(4.0, turn=1), memory=2.0**28)]
    drawn = sample(scores=candidates, profile=PROFILE, seed=1, draws=DRAWS)
    weights = [0.1, 0.1, 0.7, 0.1]
    other = replace(
        PROFILE,
        criteria=tuple(replace(c, weight=w) for c, w in zip(PROFILE.criteria, weights, strict=True)),
    )
    fresh = order(scores=candidates, profile=other, seed=1, draws=DRAWS)
    assert rank(scores=candidates, profile=other, drawn=drawn) == fresh
    quick = reweigh(drawn=drawn, weights=weights)
    for name, score, best in zip(quick.candidates, quick.scores, quick.choice.p_best, strict=True):
        assert score == line(fresh, name).score
        assert best == pytest.approx(line(fresh, name).p_best)


def test_stored_draws_for_other_anchors_are_refused() -> None:
    candidates = [made("a", pattern(4.2))]
    drawn = sample(scores=candidates, profile=PROFILE, seed=1, draws=DRAWS)
    moved = replace(PROFILE, criteria=(replace(PROFILE.criteria[0], zero=2.0), *PROFILE.criteria[1:]))
    with pytest.raises(ValueError, match="draw again"):
        rank(scores=candidates, profile=moved, drawn=drawn)


def test_every_number_has_nine_digits_and_nothing_is_nan() -> None:
    def numbers(value: object) -> list[float]:
        if isinstance(value, float):
            return [value]
        if isinstance(value, dict):
            return [one for key, part in value.items() if key != "limit" for one in numbers(part)]
        return [one for part in value for one in numbers(part)] if isinstance(value, list | tuple) else []

    ranking = ranked(named([[4.0, 3.0, 5.0] * 4, [3.0, 4.0, 2.0] * 4]))
    assert fields(ranking)
    found = numbers(asdict(ranking))
    assert len(found) > 50
    assert all(float(f"{one:.9g}") == one for one in found)
