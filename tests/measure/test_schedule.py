"""Order and seeds of the timed requests."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from service.measure.schedule import candidate_order, derive_seed, schedule
from tests.samples import evaluation


def test_every_prompt_comes_once_a_round() -> None:
    spec = evaluation(rounds=3).spec
    slots = schedule(spec, "echo", 1)
    assert len(slots) == len(set(slots)) == 4 * 3
    assert {(slot.prompt, slot.round_number) for slot in slots} == {
        (f"p{p}", r) for p in range(1, 5) for r in (1, 2, 3)
    }


def test_no_prompt_comes_twice_before_every_one_came_once() -> None:
    slots = schedule(evaluation(rounds=3).spec, "echo", 1)
    assert [slot.round_number for slot in slots] == [1] * 4 + [2] * 4 + [3] * 4
    rounds = [tuple(slot.prompt for slot in slots[at : at + 4]) for at in (0, 4, 8)]
    assert all(sorted(one) == ["p1", "p2", "p3", "p4"] for one in rounds)
    assert len(set(rounds)) > 1, "each round has an order of its own"


def test_all_candidates_meet_the_prompts_in_the_same_order_and_passes_in_another() -> None:
    spec = evaluation("a", "b", rounds=5).spec
    order = [(slot.prompt, slot.round_number) for slot in schedule(spec, "a", 1)]
    assert order == [(slot.prompt, slot.round_number) for slot in schedule(spec, "b", 1)]
    assert order != [(slot.prompt, slot.round_number) for slot in schedule(spec, "a", 2)]


def test_the_order_of_the_prompt_file_does_not_matter() -> None:
    spec = evaluation().spec
    turned = replace(spec, prompt_set=replace(spec.prompt_set, prompts=spec.prompt_set.prompts[::-1]))
    assert schedule(spec, "echo", 1) == schedule(turned, "echo", 1)


def test_the_first_pass_keeps_the_order_of_the_request_and_later_ones_are_permutations() -> None:
    spec = evaluation("a", "b", "c", "d", "e", "f").spec
    assert candidate_order(spec, 1) == ("a", "b", "c", "d", "e", "f")
    assert sorted(candidate_order(spec, 2)) == ["a", "b", "c", "d", "e", "f"]
    assert candidate_order(spec, 2) != candidate_order(spec, 1)


@given(st.lists(st.one_of(st.integers(), st.text()), min_size=1))
def test_a_seed_fits_31_bits_and_repeats(parts: list[int | str]) -> None:
    assert 0 <= derive_seed(*parts) < 2**31
    assert derive_seed(*parts) == derive_seed(*parts)
