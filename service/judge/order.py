"""Whether a judge may compare: it must say the same when two answers change places, and see which one is better."""

from collections.abc import Mapping, Sequence

from service.domain.pairs import OrderStanding, PairVerdict, Preference
from service.judge.pairs import Pair
from service.judge.shares import wilson

LEAST_CONSISTENT = 0.8
LEAST_RIGHT = 0.6
"""A judge that calls everything a tie is consistent, and of no use."""
LEAST_TRIED = 10

_TURNED: Mapping[Preference, Preference] = {"first": "second", "second": "first", "tie": "tie"}


def order_standing(judge: str, pairs: Sequence[Pair], known: Mapping[str, PairVerdict]) -> OrderStanding:
    """Return what planted `pairs` say of `judge`, from the verdicts `known` by their keys.

    A pair without a usable reply in both orders says nothing, and where fewer than `LEAST_TRIED` are left the judge may
    not compare.
    """
    both = [
        (known[pair.forth.key].preference, known[pair.back.key].preference)
        for pair in pairs
        if pair.forth.key in known and pair.back.key in known
    ]
    tried = len(both)
    consistent = sum(forth == _TURNED[back] for forth, back in both)
    right = sum((forth, back) == ("first", "second") for forth, back in both)
    said = [each for pair in both for each in pair]
    share = wilson(consistent, tried)
    told = f"its preference held in {consistent} of {tried} pairs when the answers changed places"
    if tried < LEAST_TRIED:
        able, reason = False, f"{tried} planted pairs could be compared, {LEAST_TRIED} are needed"
    elif consistent < LEAST_CONSISTENT * tried:
        able, reason = False, f"{told}, and {LEAST_CONSISTENT:.0%} are needed"
    elif right < LEAST_RIGHT * tried:
        able, reason = (
            False,
            f"it preferred the better answer in {right} of {tried} pairs, and {LEAST_RIGHT:.0%} are needed",
        )
    else:
        able, reason = True, told
    return OrderStanding(
        judge=judge,
        pairs=len(pairs),
        tried=tried,
        consistent=consistent,
        low=share.low,
        high=share.high,
        right=right,
        first=said.count("first"),
        second=said.count("second"),
        able=able,
        reason=reason,
    )
