"""From comparisons in both orders to who beats whom: wins, ties and losses, a sign test, strengths."""

from collections import Counter
from collections.abc import Sequence

from service.domain.estimates import Estimate, undefined
from service.domain.pairs import Faced, Meeting, OrderStanding, SideBySide
from service.score.intervals import share_estimate
from service.score.pairwise import bradley_terry, order_consistency

LEVEL = 0.05
"""A candidate is preferred where its sign tests against all others are at most this: no correction is needed, since every
one of them must hold."""


def side_by_side(
    *, meetings: Sequence[Meeting], candidates: Sequence[str], standing: OrderStanding
) -> SideBySide:
    """Return what `meetings` say of the `candidates` of a tie; meetings with others are left out.

    Only prompts that all of them answered count. The prompt is the unit: a win is a prompt on which the same candidate won in both orders. One on which the order
    decided is a tie. Where `standing` does not let the judge compare nobody is preferred.
    """
    order = tuple(sorted(candidates))
    among = [meeting for meeting in meetings if {meeting.candidate, meeting.against} <= set(order)]
    pairs = Counter(meeting.prompt for meeting in among)
    own = [meeting for meeting in among if pairs[meeting.prompt] == len(order) * (len(order) - 1) // 2]
    results = tuple(
        _faced(one, other, [met for met in own if {met.candidate, met.against} == {one, other}])
        for at, one in enumerate(order)
        for other in order[at + 1 :]
    )
    asked = [meeting for meeting in own if not meeting.same]
    found = order_consistency(
        original=[meeting.forth for meeting in asked], swapped=[meeting.back for meeting in asked]
    )
    strengths = bradley_terry(wins=_table(order, results))
    preferred = next((name for name in order if _beats_all(name, order, results)), None)
    if not standing.able:
        preferred, reason = None, f"{standing.judge} may not compare: {standing.reason}"
    elif preferred is None:
        reason = "nobody beats all others beyond chance"
    else:
        reason = f"it beats {' and '.join(_told(preferred, other, results) for other in order if other != preferred)}"
    return SideBySide(
        judge=standing.judge,
        standing=standing,
        candidates=order,
        results=results,
        strengths=() if strengths is None else tuple(zip(order, strengths, strict=True)),
        consistent=found.consistent,
        position_bias=found.position_bias,
        preferred=preferred,
        reason=reason,
    )


def sign_test(*, wins: int, losses: int) -> float | None:
    """Return how likely wins and losses at least as unequal are between equals, two-sided; ``None`` without any.

    Examples
    --------
    >>> sign_test(wins=5, losses=0)
    0.0625
    """
    from scipy.stats import binomtest

    if not wins + losses:
        return None
    return float(binomtest(wins, wins + losses, 0.5).pvalue)


def _faced(candidate: str, against: str, meetings: Sequence[Meeting]) -> Faced:
    wins = ties = losses = unsure = unjudged = 0
    for meeting in meetings:
        ours, theirs = ("first", "second") if meeting.candidate == candidate else ("second", "first")
        if meeting.same:
            ties += 1
        elif meeting.forth is None or meeting.back is None:
            unjudged += 1
        elif (meeting.forth, meeting.back) == (ours, theirs):
            wins += 1
        elif (meeting.forth, meeting.back) == (theirs, ours):
            losses += 1
        else:
            ties += 1
            unsure += not (meeting.forth == meeting.back == "tie")
    share: Estimate = (
        share_estimate(successes=wins, n=wins + losses)
        if wins + losses
        else undefined("neither won on any prompt")
    )
    return Faced(
        candidate=candidate,
        against=against,
        wins=wins,
        ties=ties,
        losses=losses,
        unsure=unsure,
        unjudged=unjudged,
        share=share,
        p=sign_test(wins=wins, losses=losses),
    )


def _table(order: Sequence[str], results: Sequence[Faced]) -> list[list[float]]:
    """Return how often the row beat the column; a tie is half a win for each."""
    place = {name: at for at, name in enumerate(order)}
    table = [[0.0] * len(order) for _ in order]
    for one in results:
        table[place[one.candidate]][place[one.against]] = one.wins + one.ties / 2
        table[place[one.against]][place[one.candidate]] = one.losses + one.ties / 2
    return table


def _seen_from(name: str, other: str, results: Sequence[Faced]) -> tuple[int, int, int, float | None]:
    one = next(one for one in results if {one.candidate, one.against} == {name, other})
    wins, losses = (one.wins, one.losses) if one.candidate == name else (one.losses, one.wins)
    return wins, one.ties, losses, one.p


def _beats_all(name: str, order: Sequence[str], results: Sequence[Faced]) -> bool:
    seen = [_seen_from(name, other, results) for other in order if other != name]
    return bool(seen) and all(wins > losses and p is not None and p <= LEVEL for wins, _, losses, p in seen)


def _told(name: str, other: str, results: Sequence[Faced]) -> str:
    wins, ties, losses, _ = _seen_from(name, other, results)
    return f"{other} ({wins} won, {ties} tied, {losses} lost)"
