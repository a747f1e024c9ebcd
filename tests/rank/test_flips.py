"""What would put another candidate first: anchors moved, facets left out; and what to measure next."""

from dataclasses import replace

from service.domain.estimates import undefined
from service.domain.measurements import FacetScore
from service.domain.selection import Criterion, FacetOmitted, Sensitivity
from service.rank.further import further
from service.rank.order import order
from tests.rank.making import MIT, PROFILE, estimate, made

GIB = 2.0**30
TWO = replace(
    PROFILE,
    gates=(),
    criteria=(
        Criterion(name="quality", weight=0.5, zero=1, full=5),
        Criterion(name="memory", weight=0.5, zero=8 * GIB, full=1 * GIB, scale="log"),
    ),
)


def facet(name: str, score: float, weight: float = 1.0) -> FacetScore:
    return FacetScore(
        facet=name,
        weight=weight,
        estimate=estimate(score),
        by_prompt=(score,) * 12,
        scored=12,
        expected=12,
        decides=True,
    )


def test_an_anchor_that_decides_is_found() -> None:
    # a: u(4) = .75, u(4 GiB) = ln2/ln8 = .333, score .5417; b: u(3.1) = .525, u(2.2 GiB) = .621, score .573: b leads.
    # Memory's full of .8 GiB: a .75/2 + .301/2 = .5255, b .525/2 + .5606/2 = .5428, b still; quality's full of 4:
    # a 1.0/2 + .333/2 = .667, b .7/2 + .621/2 = .6605: a is first.
    a = made("a", [4.0] * 12, memory=4 * GIB)
    b = made("b", [3.1] * 12, memory=2.2 * GIB)
    found = order(scores=[a, b], profile=TWO, seed=1, draws=400)
    assert found.candidates[0].candidate == "b"
    moves = {(move.criterion, move.anchor, move.factor): move.first for move in found.anchors}
    assert moves["quality", "full", 0.8] == "a"
    assert moves["memory", "full", 0.8] == "b"
    assert len(moves) == 8
    said = found.recommendation.would_change
    assert "a would be first if the 'full' of quality were 20 % smaller" in said


def test_the_licence_has_no_anchor_to_move() -> None:
    found = order(scores=[made("a", [4.0] * 12)], profile=PROFILE, seed=1, draws=400)
    assert {move.criterion for move in found.anchors} == {"quality", "latency_p95", "memory"}


def test_a_facet_that_decides_is_found() -> None:
    # Quality of a is (5 + 2) / 2 = 3.5, of b (3 + 3.4) / 2 = 3.2; without accuracy 2 against 3.4.
    a = replace(
        made("a", [3.5] * 12),
        facets=(facet("accuracy", 5.0), facet("clarity", 2.0), facet("unused", 1.0, 0.0)),
    )
    b = replace(
        made("b", [3.2] * 12),
        facets=(facet("accuracy", 3.0), facet("clarity", 3.4), facet("unused", 5.0, 0.0)),
    )
    found = order(scores=[a, b], profile=PROFILE, seed=1, draws=400)
    assert found.facets == (
        FacetOmitted(facet="accuracy", first="b"),
        FacetOmitted(facet="clarity", first="a"),
    )
    assert "b would be first if accuracy did not count" in found.recommendation.would_change


def test_a_single_facet_cannot_be_left_out() -> None:
    one = replace(made("a", [4.0] * 12), facets=(facet("accuracy", 4.0),))
    assert order(scores=[one], profile=PROFILE, seed=1, draws=400).facets == ()


def test_nothing_flips_where_nobody_is_ranked() -> None:
    lacking = replace(made("a", [4.0] * 12), memory=undefined("not measured"))
    found = order(scores=[lacking], profile=PROFILE, seed=1, draws=400)
    assert not found.anchors
    assert not found.facets


def test_regret_at_its_level_is_never_below_the_mean_regret() -> None:
    a, b = made("a", [4.0, 3.0] * 6), made("b", [3.0, 4.0] * 6)
    for line in order(scores=[a, b], profile=PROFILE, seed=1, draws=400).candidates:
        assert line.regret_high is not None
        assert line.expected_regret is not None
        assert line.regret_high >= line.expected_regret > 0


def test_the_most_useful_figure_is_measured_first_then_open_gates() -> None:
    lines = (
        Sensitivity(criterion="quality", weight=0.5, evppi=0.001),
        Sensitivity(criterion="memory", weight=0.3, evppi=0.0),
        Sensitivity(criterion="latency_p95", weight=0.2, evppi=0.004),
    )
    slow = made(
        "a", [4.0] * 12, latency=[(5.0, 5.9)] * 12
    )  # about 5.9 s, whose interval holds the limit of 6 s
    found = further(
        ranked=order(scores=[slow], profile=PROFILE, seed=1, draws=400).candidates, sensitivity=lines
    )
    assert [one.criterion for one in found] == ["latency_p95", "quality", None, None]
    assert [(one.gate, one.candidate) for one in found[2:]] == [("latency_p95", "a"), ("errors", "a")]
    assert "add prompts" in found[1].advice


def test_a_candidate_that_fails_a_gate_needs_no_further_measuring() -> None:
    barred = replace(made("a", [4.0] * 12, latency=[(5.0, 5.9)] * 12), licence=replace(MIT, allowed="no"))
    ranked = order(scores=[barred], profile=PROFILE, seed=1, draws=400).candidates
    assert further(ranked=ranked, sensitivity=()) == ()
