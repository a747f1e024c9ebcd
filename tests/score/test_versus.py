"""Two candidates compared figure by figure: right about what changed, honest about what cannot be told."""

import math
from dataclasses import replace

import numpy as np
import pytest

from service.domain.comparisons import Compared, Terms
from service.domain.estimates import Estimate, undefined
from service.domain.measurements import CandidateScores, FacetScore
from service.score.claims import outcome, settled
from service.score.combined import combined_difference
from service.score.latency import summarise
from service.score.versus import versus
from tests.rank.making import made, pattern

TERMS = Terms()


def figures(a: CandidateScores, b: CandidateScores, terms: Terms = TERMS, **more: str) -> dict[str, Compared]:
    return {one.figure: one for one in versus(candidate=a, against=b, terms=terms, **more)}


def slower(one: CandidateScores, factor: float) -> CandidateScores:
    rows = tuple(tuple(value * factor for value in row) for row in one.latency_by_prompt)
    p95 = one.latency.p95
    assert p95.value is not None
    assert p95.low is not None
    assert p95.high is not None
    tail = Estimate(value=p95.value * factor, low=p95.low * factor, high=p95.high * factor, n=p95.n)
    return replace(one, latency_by_prompt=rows, latency=replace(one.latency, p95=tail))


def test_a_candidate_is_as_good_as_itself() -> None:
    one = made("a", pattern(4.0))
    found = figures(one, one)
    for name in ("quality", "facet:correct", "latency", "memory"):
        assert found[name].verdict == "equivalent", name
    assert found["quality"].effect.value == 0.0
    assert found["latency"].effect.value == 1.0


def test_worse_answers_are_told_with_how_much() -> None:
    # every prompt half a point lower but for a tiny ripple
    before = pattern(4.0)
    after = [score - 0.5 + 0.02 * (-1) ** at for at, score in enumerate(before)]
    found = figures(made("a", after), made("a", before))["quality"]
    assert found.verdict == "worse"
    assert found.effect.value == pytest.approx(-0.5)
    assert found.minimum_detectable is not None
    assert found.minimum_detectable < 0.5


def test_what_cannot_be_told_says_what_could_have_been_seen() -> None:
    rng = np.random.default_rng(5)
    a, b = (list(np.clip(3.5 + rng.normal(0, 1.0, 12), 1, 5)) for _ in range(2))
    found = figures(made("a", a), made("b", b))["quality"]
    assert found.verdict == "inconclusive"
    assert found.minimum_detectable is not None
    assert found.minimum_detectable > 0.5


def test_a_slower_model_is_worse_by_its_ratio_whichever_side_is_the_reference() -> None:
    fast = made("a", pattern(4.0))
    slow = slower(fast, 1.5)
    there, back = figures(slow, fast)["latency"], figures(fast, slow)["latency"]
    assert (there.verdict, back.verdict) == ("worse", "better")
    assert there.effect.value == pytest.approx(1.5)
    assert back.effect.value == pytest.approx(1 / 1.5)
    assert there.effect.low is not None
    assert back.effect.high is not None
    assert there.effect.low == pytest.approx(1 / back.effect.high)


def test_the_tail_is_compared_by_the_sides_own_intervals() -> None:
    one = made("a", pattern(4.0))
    # p95 +-5 % on each side: the ratio is known to about 5 % * sqrt(2), so 4 % cannot be told and 30 % can
    assert figures(slower(one, 1.04), one)["latency_p95"].verdict == "inconclusive"
    worse = figures(slower(one, 1.3), one)["latency_p95"]
    assert worse.verdict == "worse"
    assert worse.effect.low is not None
    # log 1.3 - hypot(log 1.05, -log 0.95)
    assert worse.effect.low == pytest.approx(
        math.exp(math.log(1.3) - math.hypot(math.log(1.05), math.log(0.95)))
    )


def test_more_throughput_is_better() -> None:
    rates = tuple((100.0 + at % 7, 104.0) for at in range(60))
    one = replace(made("a", pattern(4.0)), end_to_end_rate_by_prompt=rates)
    more = replace(one, end_to_end_rate_by_prompt=tuple(tuple(2 * rate for rate in row) for row in rates))
    found = figures(more, one)["throughput"]
    assert found.verdict == "better"
    assert found.effect.value == pytest.approx(2.0)


@pytest.mark.parametrize(("factor", "verdict"), [(1.3, "worse"), (0.7, "better"), (1.05, "equivalent")])
def test_memory_is_told_by_its_margin(factor: float, verdict: str) -> None:
    one = made("a", pattern(4.0))
    found = figures(made("a", pattern(4.0), memory=factor * 2**30), one)["memory"]
    assert (found.verdict, found.p_value) == (verdict, None)


def test_loads_that_overlap_leave_memory_open() -> None:
    one = made("a", pattern(4.0))
    wide = replace(one, memory=Estimate(value=1.4 * 2**30, low=0.9 * 2**30, high=1.4 * 2**30, n=3))
    assert figures(wide, one)["memory"].verdict == "inconclusive"


def test_one_load_each_has_no_interval_and_says_so() -> None:
    single = Estimate(value=float(2**30), low=None, high=None, n=1, reason="one load has no interval")
    one = replace(made("a", pattern(4.0)), memory=single)
    found = figures(one, one)["memory"]
    assert found.verdict == "equivalent"
    assert (found.effect.low, found.effect.reason) == (None, "one load has no interval")


def test_lost_answers_are_a_change_for_the_worse() -> None:
    one = made("a", pattern(4.0))
    lost = replace(one, answered=30, failed=30)
    found = figures(lost, one)["answered"]
    assert found.verdict == "worse"
    assert found.effect.value == pytest.approx(-0.5)


def test_another_judge_leaves_scores_undefined_and_times_compared() -> None:
    one = made("a", pattern(4.0))
    found = figures(one, one, unlike="another judge scored the other side")
    assert found["quality"].effect.reason == "another judge scored the other side"
    assert found["quality"].verdict == found["facet:correct"].verdict == "inconclusive"
    assert found["latency"].verdict == "equivalent"


def test_a_facet_barred_on_one_side_is_left_out_of_quality_and_named() -> None:
    base = made("a", pattern(4.0))
    second = replace(base.facets[0], facet="clear", by_prompt=tuple(pattern(2.0, turn=1)))
    both = replace(base, facets=(base.facets[0], second))
    barred = replace(both, facets=(both.facets[0], replace(second, decides=False, note="missed too many")))
    found = figures(both, barred)
    assert found["quality"].candidate == pytest.approx(np.mean(pattern(4.0)))
    assert found["quality"].note == "without clear: the judge is barred"
    assert found["facet:clear"].effect.reason == "missed too many"


def test_what_was_not_measured_is_inconclusive_with_the_reason() -> None:
    one = made("a", pattern(4.0))
    found = figures(replace(one, latency=replace(one.latency, p95=undefined("insufficient: 4 of 20"))), one)
    assert found["latency_p95"].effect.reason == "insufficient: 4 of 20"
    assert found["disk"].effect.reason == "not measured"
    assert found["throughput"].verdict == "inconclusive"


def test_other_prompts_are_refused() -> None:
    with pytest.raises(ValueError, match="same prompts"):
        figures(made("a", pattern(4.0)), made("a", pattern(4.0, n=50)))


def test_many_claims_at_once_need_more_evidence() -> None:
    weak = Compared(
        figure="quality", unit="points", candidate=4.0, against=3.8, kind="difference",
        effect=Estimate(value=0.2, low=0.01, high=0.39, n=40), margin=0.1, verdict="better", p_value=0.04,
    )  # fmt: skip
    ((alone,),) = settled(matches=[[weak]])
    assert (alone.verdict, alone.p_adjusted) == ("better", 0.04)
    together = settled(matches=[[weak, weak], [weak]])
    assert {one.verdict for match in together for one in match} == {"inconclusive"}
    untested = replace(weak, p_value=None, verdict="worse")
    ((kept,),) = settled(matches=[[untested]])
    assert (kept.verdict, kept.p_adjusted) == ("worse", None)


def test_nothing_compared_is_inconclusive() -> None:
    assert outcome([]) == "inconclusive"
    assert outcome(["equivalent", "mixed"]) == "mixed"
    assert outcome(["equivalent", "equivalent"]) == "equivalent"


def test_a_change_is_claimed_wrongly_in_at_most_one_comparison_in_twenty() -> None:
    """Two runs of one model on the same prompts: all figures together may be called changed in 5 % of runs."""
    rng = np.random.default_rng(11)
    wrong = 0
    for _ in range(200):
        truth = np.clip(rng.normal(3.5, 0.8, 40), 1, 5)
        sides = []
        for _ in range(2):
            rows = [tuple(np.exp(rng.normal(0, 0.2, 3))) for _ in range(40)]
            one = made("a", list(np.clip(truth + rng.normal(0, 0.4, 40), 1, 5)), latency=rows)
            sides.append(replace(one, latency=summarise(samples=rows)))
        ((*found,),) = settled(matches=[versus(candidate=sides[0], against=sides[1], terms=TERMS)])
        wrong += outcome([one.verdict for one in found]) in {"better", "worse", "mixed"}
    # 95 % upper limit of a binomial with share 0.05 and 200 runs is 15
    assert wrong <= 15


def test_swapped_sides_swap_signs() -> None:
    a = Estimate(value=5.0, low=2.0, high=9.0, n=9)
    b = Estimate(value=1.0, low=-3.0, high=4.0, n=9)
    there, back = combined_difference(a=a, b=b), combined_difference(a=b, b=a)
    assert there.difference.low == -(back.difference.high or 0)
    assert there.p_value == pytest.approx(back.p_value)
    assert combined_difference(a=a, b=undefined("none")).difference.reason == "none"


def test_the_p_value_agrees_with_the_interval() -> None:
    b = Estimate(value=0.0, low=-1.0, high=1.0, n=9)
    for value in (1.39, 1.40, 1.41, 1.42, 1.43):  # hypot(1, 1) = 1.414
        found = combined_difference(a=Estimate(value=value, low=value - 1, high=value + 1, n=9), b=b)
        assert found.p_value is not None
        assert found.difference.low is not None
        assert (found.p_value < 0.05) == (found.difference.low > 0)


def test_facets_that_are_on_one_side_only_are_left_out() -> None:
    one = made("a", pattern(4.0))
    extra = FacetScore(
        facet="extra",
        weight=1.0,
        estimate=undefined("x"),
        by_prompt=(None,) * 60,
        scored=0,
        expected=60,
        decides=True,
    )
    assert "facet:extra" not in figures(replace(one, facets=(*one.facets, extra)), one)
