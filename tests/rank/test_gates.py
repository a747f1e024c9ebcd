from dataclasses import replace

import pytest

from service.domain.estimates import Estimate, undefined
from service.domain.selection import Gate, LicenceTerms
from service.rank.gates import (
    blocks,
    context_gate,
    error_gate,
    gate_results,
    latency_gate,
    licence_gate,
    memory_gate,
    quality_gate,
    wilson,
)
from tests.rank.making import MIT, PROFILE, made, pattern

LATENCY = made("a", pattern(4.0)).latency


def p95(value: float, low: float | None, high: float | None) -> Estimate:
    return Estimate(value=value, low=low, high=high, n=100, reason="few" if None in {low, high} else None)


@pytest.mark.parametrize(
    ("allowed", "status"), [("yes", "pass"), ("conditional", "pass"), ("no", "fail"), ("review", "fail")]
)
def test_a_licence_passes_only_when_it_allows_the_use(allowed: str, status: str) -> None:
    terms = LicenceTerms(licence="X", name="X", allowed=allowed, utility=0.5, obligations=("name it",))  # type: ignore[arg-type]  # from the table above
    assert licence_gate(terms).status == status


def test_a_conditional_licence_names_its_obligations() -> None:
    assert (
        "name the model"
        in licence_gate(replace(MIT, allowed="conditional", obligations=("name the model",))).reason
    )


def test_memory_counts_with_the_upper_end_of_its_interval() -> None:
    limit = 2.0**30
    inside = Estimate(value=0.8 * limit, low=0.7 * limit, high=0.9 * limit, n=3)
    assert memory_gate(peak=inside, limit=limit).status == "pass"
    assert memory_gate(peak=replace(inside, high=1.1 * limit), limit=limit).status == "unproven"
    assert (
        memory_gate(peak=replace(inside, value=1.05 * limit, high=1.1 * limit), limit=limit).status == "fail"
    )
    once = Estimate(value=limit, low=None, high=None, n=1, reason="one load")
    assert memory_gate(peak=once, limit=limit).status == "pass"
    assert memory_gate(peak=undefined("not measured"), limit=limit).status == "missing"


def test_p95_passes_below_fails_above_and_is_unproven_between() -> None:
    def status(estimate: Estimate) -> str:
        return latency_gate(latency=replace(LATENCY, p95=estimate), limit=2.0).status

    assert status(p95(1.5, 1.2, 2.0)) == "pass"
    assert status(p95(2.5, 2.1, 3.0)) == "fail"
    assert status(p95(1.5, 1.2, 2.5)) == "unproven"
    assert status(p95(1.5, 1.2, None)) == "unproven"
    assert status(undefined("too few")) == "missing"


def test_an_unproven_p95_says_how_many_more_samples_would_settle_it() -> None:
    # upper arm ln(2.25 / 1.5) = .405, distance ln(2 / 1.5) = .288: n (.405 / .288)^2 = 120 * 1.986 = 238.4 -> 119 more
    found = latency_gate(latency=replace(LATENCY, n=120, p95=p95(1.5, 1.2, 2.25)), limit=2.0)
    assert found.needed == 119
    assert "about 119 more samples" in found.reason


def test_without_an_upper_end_the_samples_for_one_are_needed_first() -> None:
    # 40 samples count as 20: 72 effective ones are 144, 104 more
    latency = replace(LATENCY, n=40, effective_n=20.0, p95=p95(1.5, 1.2, None))
    assert latency_gate(latency=latency, limit=2.0).needed == 104


def test_a_p95_at_the_limit_cannot_be_settled_by_a_number() -> None:
    found = latency_gate(latency=replace(LATENCY, p95=p95(2.0, 1.5, 2.5)), limit=2.0)
    assert (found.status, found.needed) == ("unproven", None)


def test_context_is_enough_short_or_unknown() -> None:
    statuses = [context_gate(context=context, limit=4096).status for context in (4096, 2048, None)]
    assert statuses == ["pass", "fail", "missing"]


def test_quality_is_judged_by_its_whole_interval() -> None:
    def status(low: float, high: float) -> str:
        return quality_gate(estimate=Estimate(value=3.0, low=low, high=high, n=30), limit=2.9).status

    assert [status(2.9, 3.1), status(2.8, 3.2), status(2.5, 3.4)] == ["pass", "unproven", "unproven"]
    low = Estimate(value=2.0, low=1.5, high=2.5, n=30)
    assert quality_gate(estimate=low, limit=2.9).status == "fail"
    assert quality_gate(estimate=undefined("the judge is barred"), limit=2.9).status == "missing"


def test_a_facet_gate_looks_at_its_facet_and_not_at_one_that_must_not_decide() -> None:
    one = made("a", pattern(4.0))
    profile = replace(PROFILE, gates=(Gate(name="quality", facet="correct", limit=3.0),))
    assert gate_results(scores=one, profile=profile)[0].status == "pass"
    barred = replace(one, facets=(replace(one.facets[0], decides=False, note="alpha .41"),))
    assert gate_results(scores=barred, profile=profile)[0].reason.endswith("alpha .41")
    unknown = replace(PROFILE, gates=(Gate(name="quality", facet="tone", limit=3.0),))
    assert gate_results(scores=one, profile=unknown)[0].status == "missing"


def test_errors_are_judged_by_the_wilson_interval() -> None:
    # Newcombe (1998): 0/20 -> 0 to .1611; 81/263 -> .2553 to .3662
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=6e-5)
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=6e-5)
    assert error_gate(failed=0, expected=20, limit=0.2).status == "pass"
    assert error_gate(failed=81, expected=263, limit=0.2).status == "fail"
    assert error_gate(failed=0, expected=0, limit=0.2).status == "missing"


def test_an_unproven_error_share_says_how_many_more_answers_would_settle_it() -> None:
    # no failure: the bound z^2 / (n + z^2) meets .05 at n = 19 z^2 = 72.99
    found = error_gate(failed=0, expected=20, limit=0.05)
    assert (found.status, found.needed) == ("unproven", 53)
    assert error_gate(failed=0, expected=73, limit=0.05).status == "pass"


def test_strict_gates_block_when_unproven_and_lenient_ones_as_the_profile_says() -> None:
    results = {gate.gate: gate for gate in gate_results(scores=made("a", pattern(4.0)), profile=PROFILE)}
    for name, caution, refuse in (
        ("quality", True, True),
        ("latency_p95", False, True),
        ("errors", False, True),
    ):
        unproven = replace(results[name], status="unproven")  # type: ignore[index]  # names of gates
        assert blocks(unproven, PROFILE) is caution
        assert blocks(unproven, replace(PROFILE, unproven="refuse")) is refuse
        assert blocks(replace(unproven, status="missing"), PROFILE)


def test_a_gate_without_its_limit_is_refused() -> None:
    profile = replace(PROFILE, gates=(Gate(name="memory"),))
    with pytest.raises(ValueError, match="needs a limit"):
        gate_results(scores=made("a", pattern(4.0)), profile=profile)
