"""What became of each verdict that was wanted, counted by judge, candidate and facet."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from service.domain.failures import FailureKind
from service.domain.judged import OutcomeKind, Outcomes
from service.domain.responses import Slot
from service.judge.work import Work

_Row = tuple[str | None, str, str]

BECAUSE: Final[Mapping[FailureKind, OutcomeKind]] = {
    FailureKind.UNPARSABLE: "unparsable",
    FailureKind.EMPTY: "unparsable",
    FailureKind.REFUSED: "refused",
    FailureKind.TRUNCATED: "truncated",
    FailureKind.OVERSIZED: "truncated",
    FailureKind.TIMED_OUT: "timed_out",
    FailureKind.OVER_CONTEXT: "over_context",
}
"""What a failed try comes to; all others say that the judge failed."""


def count_outcomes(
    works: Iterable[tuple[str | None, Work]],
    *,
    kept: Collection[str],
    failed: Mapping[str, FailureKind],
    given_up: Collection[str],
    ended: bool,
) -> tuple[Outcomes, ...]:
    """Return what became of the verdicts wanted, in the order of judges, candidates and facets; checks come first.

    Parameters
    ----------
    works
        Judges with all that is wanted of them. What checks decide stands in each and is counted once.
    kept
        Keys of the verdicts that are there.
    failed
        Key to how the last try failed.
    given_up
        Keys that nobody will try again.
    ended
        Whether the evaluation came to its end: then what is neither kept nor given up is what a judge, gone for good,
        was not asked or gave no usable answer to.

    Notes
    -----
    An answer counts once for each facet, however many samples there are: it is scored where one of them is, and else what
    became of the first says why not.
    """
    kept, given_up = frozenset(kept), frozenset(given_up)
    counted: dict[_Row, dict[Slot, OutcomeKind]] = {}
    samples: Counter[_Row] = Counter()

    def outcome(key: str, *, check: bool) -> OutcomeKind:
        if key in kept:
            return "checked" if check else "scored"
        if key in failed and (ended or key in given_up):
            return BECAUSE.get(failed[key], "judge_failed")
        return "judge_failed" if ended or key in given_up else "left"

    for at, (judge, work) in enumerate(works):
        checks = frozenset(call.key for call in work.checks)
        for place in work.places:
            check = place.key in checks
            if check and at:
                continue
            row = (None if check else judge, place.slot.candidate, place.facet)
            became, found = counted.setdefault(row, {}), outcome(place.key, check=check)
            if found == "scored":
                samples[row] += 1
                became[place.slot] = found
            else:
                became.setdefault(place.slot, found)
    judges = {judge: at for at, judge in enumerate(dict.fromkeys(row[0] for row in counted), start=1)}
    judges[None] = 0
    ordered = sorted(counted, key=lambda row: (judges[row[0]], row[1], row[2]))
    return tuple(_outcomes(row, Counter(counted[row].values()), samples[row]) for row in ordered)


def _outcomes(row: _Row, counts: Counter[OutcomeKind], samples: int) -> Outcomes:
    judge, candidate, facet = row
    wanted = counts.total()
    return Outcomes(
        judge=judge,
        candidate=candidate,
        facet=facet,
        wanted=wanted,
        coverage=(counts["scored"] + counts["checked"]) / wanted,
        samples=samples,
        **dict(counts),
    )
