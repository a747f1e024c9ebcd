"""What became of each verdict that was wanted, counted by judge, candidate and facet."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from service.domain.failures import FailureKind
from service.domain.judged import OutcomeKind, Outcomes
from service.domain.responses import Slot
from service.judge.work import Place, Work

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
"""What a failed try of a judge comes to; all others say that the judge failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is known of the verdicts wanted, by key; see `count_outcomes`."""

    kept: frozenset[str]
    failed: Mapping[str, FailureKind]
    given_up: frozenset[str]
    ended: bool
    spared: AbstractSet[str] = frozenset()
    out_of_time: bool = False

    def outcome(self, place: Place, *, check: bool) -> OutcomeKind:
        """Return what became of one."""
        key = place.key
        if not check and place.slot.prompt in self.spared:
            return "spared"
        over = self.ended or key in self.given_up
        if key in self.kept:
            return "checked" if check else "scored"
        if not over:
            return "left"
        if check:
            return "check_failed"
        if key in self.failed:
            return BECAUSE.get(self.failed[key], "judge_failed")
        return "not_reached" if self.out_of_time and key not in self.given_up else "judge_failed"


def places_of(works: Iterable[tuple[str | None, Work]]) -> Iterator[tuple[str | None, Place, bool]]:
    """Yield each verdict wanted with its judge and whether a check decides it; what checks decide comes once."""
    for at, (judge, work) in enumerate(works):
        checks = frozenset(call.key for call in work.checks)
        for place in work.places:
            check = place.key in checks
            if not (check and at):
                yield judge, place, check


def count_outcomes(
    works: Iterable[tuple[str | None, Work]],
    *,
    kept: Collection[str],
    failed: Mapping[str, FailureKind],
    given_up: Collection[str],
    ended: bool,
    spared: AbstractSet[str] = frozenset(),
    out_of_time: bool = False,
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
    spared
        Prompts that judging did not come to: what a judge said of them all the same does not count.
    out_of_time
        Whether judging ended since the time budget was over: then that is why a judge was not asked.

    Notes
    -----
    An answer counts once for each facet, however many samples there are: it is scored where one of them is, and else what
    became of the first says why not.
    """
    state = State(
        kept=frozenset(kept),
        failed=failed,
        given_up=frozenset(given_up),
        ended=ended,
        spared=spared,
        out_of_time=out_of_time,
    )
    counted: dict[_Row, dict[Slot, OutcomeKind]] = {}
    samples: Counter[_Row] = Counter()
    for judge, place, check in places_of(works):
        row = (None if check else judge, place.slot.candidate, place.facet)
        became, found = counted.setdefault(row, {}), state.outcome(place, check=check)
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
    wanted = counts.total() - counts["spared"]
    return Outcomes(
        judge=judge,
        candidate=candidate,
        facet=facet,
        wanted=wanted,
        coverage=(counts["scored"] + counts["checked"]) / wanted if wanted else 1.0,
        samples=samples,
        **dict(counts),
    )
