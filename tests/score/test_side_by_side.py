"""Who beats whom: only what holds in both orders is a win, and nobody is preferred by chance."""

from dataclasses import replace

import pytest

from service.domain.pairs import Meeting, OrderStanding, Preference
from service.score.side_by_side import side_by_side, sign_test

ABLE = OrderStanding(
    judge="j",
    pairs=16,
    tried=16,
    consistent=15,
    low=0.7,
    high=1.0,
    right=15,
    first=16,
    second=16,
    able=True,
    reason="held",
)


def met(
    at: int,
    forth: Preference | None,
    back: Preference | None,
    a: str = "a",
    b: str = "b",
    *,
    same: bool = False,
) -> Meeting:
    return Meeting(prompt=f"p{at}", candidate=a, against=b, forth=forth, back=back, same=same)


def test_a_win_needs_both_orders() -> None:
    meetings = [
        met(1, "first", "second"),
        met(2, "second", "first"),
        met(3, "first", "first"),
        met(4, "tie", "tie"),
        met(5, "first", "tie"),
        met(6, "first", None),
        met(7, None, None, same=True),
    ]
    found = side_by_side(meetings=meetings, candidates=["b", "a"], standing=ABLE)
    (one,) = found.results
    assert (one.candidate, one.against) == ("a", "b")
    assert (one.wins, one.ties, one.losses, one.unsure, one.unjudged) == (1, 4, 1, 2, 1)
    assert (one.share.value, one.share.n, one.p) == (0.5, 2, 1.0)
    # Of the five with both replies three are the same in both orders.
    assert found.consistent.value == pytest.approx(3 / 5)
    # The leans per pair are 0, 0, 1, 0 and 1/2.
    assert found.position_bias.value == pytest.approx(1.5 / 5)
    assert found.preferred is None


@pytest.mark.parametrize(("wins", "preferred"), [(5, None), (6, "a")])
def test_six_wins_of_six_are_beyond_chance_and_five_are_not(wins: int, preferred: str | None) -> None:
    # 2 / 2**5 = 0.0625 and 2 / 2**6 = 0.03125.
    meetings = [met(at, "first", "second") for at in range(wins)]
    found = side_by_side(meetings=meetings, candidates=["a", "b"], standing=ABLE)
    assert found.preferred == preferred
    assert sign_test(wins=wins, losses=0) == pytest.approx(2 / 2**wins)


def test_who_is_preferred_beats_every_other_one() -> None:
    beats_b = [met(at, "first", "second") for at in range(8)]
    beats_c = [met(at, "first", "second", "a", "c") for at in range(8)]
    even = [met(at, *(("first", "second") if at % 2 else ("second", "first")), "b", "c") for at in range(8)]
    found = side_by_side(meetings=beats_b + even, candidates=["a", "b", "c"], standing=ABLE)
    assert found.preferred is None, "against c it was never compared"
    found = side_by_side(meetings=beats_b + beats_c + even, candidates=["a", "b", "c"], standing=ABLE)
    assert found.preferred == "a"
    assert found.reason == "it beats b (8 won, 0 tied, 0 lost) and c (8 won, 0 tied, 0 lost)"
    assert found.strengths == (), "who never lost has no finite strength"
    last = side_by_side(meetings=beats_b + beats_c, candidates=["b", "c"], standing=ABLE)
    assert last.results[0].wins == last.results[0].losses == 0, "meetings with others are left out"


def test_only_prompts_that_all_of_a_tie_answered_count() -> None:
    # c answered prompts 0 and 1 only.
    beats_b = [met(at, "first", "second") for at in range(8)]
    with_c = [met(at, "first", "second", one, "c") for at in range(2) for one in ("a", "b")]
    found = side_by_side(meetings=beats_b + with_c, candidates=["a", "b", "c"], standing=ABLE)
    assert [one.wins for one in found.results] == [2, 2, 2]
    assert found.preferred is None, "two prompts are not beyond chance"
    alone = side_by_side(meetings=beats_b + with_c, candidates=["a", "b"], standing=ABLE)
    assert alone.preferred == "a"


def test_a_judge_that_may_not_compare_prefers_nobody() -> None:
    barred = replace(ABLE, able=False, reason="it goes by the order")
    meetings = [met(at, "first", "second") for at in range(20)]
    found = side_by_side(meetings=meetings, candidates=["a", "b"], standing=barred)
    assert found.preferred is None
    assert found.reason == "j may not compare: it goes by the order"


def test_without_wins_or_losses_nothing_is_defined() -> None:
    found = side_by_side(meetings=[], candidates=["a", "b"], standing=ABLE)
    (one,) = found.results
    assert (one.share.value, one.share.reason, one.p) == (None, "neither won on any prompt", None)
    assert found.consistent.value is None
    assert sign_test(wins=0, losses=0) is None
