import pytest

from service.rank.stopping import look
from tests.bench.stopping_simulation import simulate


def test_a_leader_that_is_surely_good_enough_stops_the_judging() -> None:
    step = look(p_within={"a": 0.996, "b": 0.4}, score={"a": 0.7, "b": 0.69}, prompts=30)
    assert step.stop
    assert step.leader == "a"
    assert step.ask == ()


def test_one_of_many_looks_must_be_surer_than_the_whole() -> None:
    # confidence .95: one look may take a tenth of the risk, .005
    assert not look(p_within={"a": 0.99, "b": 0.4}, score={"a": 0.7, "b": 0.69}, prompts=30).stop


def test_nothing_is_decided_before_the_minimum() -> None:
    step = look(p_within={"a": 1.0, "b": 0.0}, score={"a": 0.9, "b": 0.1}, prompts=19)
    assert not step.stop
    assert step.dropped == ()
    assert step.ask == ("a", "b")


def test_the_next_batch_goes_to_leader_and_challenger() -> None:
    step = look(p_within={"a": 0.8, "b": 0.3, "c": 0.5}, score={"a": 0.7, "b": 0.69, "c": 0.6}, prompts=40)
    assert step.ask == ("a", "c")


def test_two_hopeless_looks_in_a_row_drop_a_candidate() -> None:
    chances, score = {"a": 0.9, "b": 0.5, "c": 0.001}, {"a": 0.7, "b": 0.69, "c": 0.2}
    first = look(p_within=chances, score=score, prompts=20)
    second = look(p_within=chances, score=score, prompts=30, strikes=first.strikes)
    assert first.dropped == ()
    assert second.dropped == ("c",)
    better = look(p_within={**chances, "c": 0.02}, score=score, prompts=30, strikes=first.strikes)
    assert better.strikes["c"] == 0


def test_a_lone_candidate_stops_and_nobody_stops_at_once() -> None:
    assert look(p_within={"a": 1.0}, score={"a": 0.5}, prompts=20).stop
    assert look(p_within={}, score={}, prompts=0).stop


def test_every_candidate_needs_both_numbers() -> None:
    with pytest.raises(ValueError, match="both"):
        look(p_within={"a": 1.0}, score={}, prompts=20)


def test_a_stop_is_seldom_wrong_by_more_than_epsilon() -> None:
    """A short run of the simulation where it is hardest: five rivals just more than epsilon behind."""
    cell = simulate(gap=0.025, spread=0.1, shape="plateau", runs=40, seed=3, draws=400)
    assert cell.stops > 20
    assert cell.wrong <= 4  # 5 % of 40 is 2; more than 4 has a chance of 5 % at that rate
    assert cell.saved > 0.1
