"""When to look, and what a look decides: properties that hold for whatever is judged."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.estimates import Estimate
from service.domain.selection import GateResult, GateStatus, Profile, Ranked, Ranking, Recommendation
from service.domain.stopping import MINIMUM_PROMPTS, looks_at
from service.rank.stopping import look_at

NONE = Recommendation(decision="none", candidate=None, runner_up=None, tie_set=(), reasons=())
PROFILE = Profile(name="p", title="", use="internal", gates=(), criteria=(), fingerprint="")


def line(name: str, p_within: float, *, score: float = 0.5, gate: GateStatus | None = None) -> Ranked:
    gates = () if gate is None else (GateResult(gate="quality", status=gate, reason=""),)
    barred = gate in {"fail", "unproven", "missing"}
    return Ranked(
        candidate=name,
        rank=None if barred else 1,
        eligible=not barred,
        score=Estimate(value=score, low=score, high=score, n=30),
        gates=gates,
        criteria=(),
        p_within=None if barred else p_within,
    )


def ranking(*lines: Ranked) -> Ranking:
    return Ranking(profile="p", seed=1, draws=10, candidates=lines, recommendation=NONE)


@given(prompts=st.integers(1, 5000), batch=st.integers(1, 500), judges=st.integers(1, 5))
def test_looks_come_in_order_and_end_with_all_prompts(prompts: int, batch: int, judges: int) -> None:
    ends = looks_at(prompts=prompts, batch=batch, judges=judges)
    assert ends[-1] == prompts
    assert all(a < b for a, b in itertools.pairwise(ends))
    assert len(ends) == 1 or ends[0] >= MINIMUM_PROMPTS
    if judges > 1:
        # Doubling from 20: no more than 9 loads up to 5000 prompts.
        assert len(ends) <= 9


@given(
    chances=st.lists(st.floats(0, 1), min_size=1, max_size=6),
    prompts=st.integers(0, 300),
    confidence=st.floats(0.5, 0.999),
)
def test_a_stop_needs_a_leader_that_is_sure_enough(
    chances: list[float], prompts: int, confidence: float
) -> None:
    lines = [line(f"c{at}", p, score=1 - at / 10) for at, p in enumerate(chances)]
    step = look_at(ranking(*lines), PROFILE, prompts=prompts, confidence=confidence)
    assert step.leader == "c0"
    assert step.bar is not None
    assert step.stop == (prompts >= MINIMUM_PROMPTS and chances[0] >= step.bar)
    assert step.bar >= confidence


def test_nothing_stops_while_a_candidate_may_pass_the_quality_gate_yet() -> None:
    sure = line("a", 1.0, gate="pass")
    for status in ("unproven", "missing"):
        step = look_at(ranking(sure, line("b", 0.0, gate=status)), PROFILE, prompts=50, confidence=0.95)
        assert not step.stop
        assert step.reason == "b may pass the quality gate yet"
    assert look_at(ranking(sure, line("b", 0.0, gate="fail")), PROFILE, prompts=50, confidence=0.95).stop


def test_a_candidate_that_its_licence_bars_is_waited_for_by_nobody() -> None:
    barred = line("b", 0.0, gate="unproven")
    barred = replace(barred, gates=(*barred.gates, GateResult(gate="licence", status="fail", reason="")))
    assert look_at(ranking(line("a", 1.0), barred), PROFILE, prompts=50, confidence=0.95).stop


@pytest.mark.parametrize("lines", [(), (line("a", 0.0, gate="fail"),)])
def test_where_nobody_passes_nothing_is_decided(lines: tuple[Ranked, ...]) -> None:
    step = look_at(ranking(*lines), PROFILE, prompts=50, confidence=0.95)
    assert not step.stop
    assert step.reason == "no candidate passes the gates yet"
