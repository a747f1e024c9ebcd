"""Several judges: whose votes count on a facet, and what they come to.

Counted are judges that qualified on the facet. A judge of a candidate's family tends to prefer its own kind: where another
one is left, its votes are dropped for every candidate, since candidates graded by different judges could not be compared;
where each judge has kin among the candidates, only its votes on its own kin are, and a candidate that is kin of them all
keeps them, as with a single judge, for its caller to flag. An answer that lacks one of the votes
that count on it has no score: a mean over fewer judges would be a comparison of judges.
"""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from statistics import fmean

from service.domain.evaluations import Spec
from service.domain.verdicts import Expected, Qualification, Verdict

Votes = Mapping[str, float]
"""Judge to score, in the order of the judges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the votes on one facet of one answer come to; `by` names the judge or judges."""

    score: float
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Jury:
    """The judges of an evaluation.

    Attributes
    ----------
    judges
        Names of their models, in the order they were given.
    qualified
        Pairs of judge and facet.
    kin
        Judge to the candidates of its family.
    known
        Voters found so far: the same are asked for with every answer.
    """

    judges: tuple[str, ...]
    qualified: AbstractSet[tuple[str, str]]
    kin: Mapping[str, AbstractSet[str]]
    known: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    def voters(self, facet: str, candidate: str) -> tuple[str, ...]:
        """Return the judges whose votes count; none where nobody may decide."""
        if (facet, candidate) not in self.known:
            self.known[facet, candidate] = self._voters(facet, candidate)
        return self.known[facet, candidate]

    def _voters(self, facet: str, candidate: str) -> tuple[str, ...]:
        able = tuple(judge for judge in self.judges if (judge, facet) in self.qualified)
        if len(able) < 2:
            return able
        neutral = tuple(judge for judge in able if not self.kin.get(judge))
        return neutral or tuple(judge for judge in able if candidate not in self.kin[judge]) or able

    def outcome(self, facet: str, candidate: str, votes: Votes) -> Outcome | None:
        """Return the mean of the votes that count; ``None`` where one of them is missing.

        Where nobody may decide, the mean of all is shown under the name of a judge that may not.
        """
        voters = self.voters(facet, candidate)
        if not voters:
            return (
                Outcome(score=_mean(tuple(votes.values())), by=f"judge:{next(iter(votes))}")
                if votes
                else None
            )
        if any(judge not in votes for judge in voters):
            return None
        by = f"judge:{voters[0]}" if len(voters) == 1 else f"jury:{'+'.join(voters)}"
        return Outcome(score=_mean([votes[judge] for judge in voters]), by=by)


def jury_of(spec: Spec, qualifications: Sequence[Qualification], heard: AbstractSet[str]) -> Jury:
    """Return the judges of `spec` with what is known of them.

    Parameters
    ----------
    heard
        Who has given a verdict, as in `Verdict.by`: a judge without a single one could not be asked.
    """
    kin = kin_of(spec)
    qualified = {
        (found.judge, standing.facet)
        for found in qualifications
        for standing in found.facets
        if standing.standing == "qualified" and f"judge:{found.judge}" in heard
    }
    return Jury(judges=tuple(kin), qualified=qualified, kin=kin)


def kin_of(spec: Spec) -> dict[str, frozenset[str]]:
    """Return every judge, in the order they were given, with the candidates that are itself or of its family."""
    return {
        judge.model: frozenset(
            candidate.name
            for candidate in spec.candidates
            if candidate.model == judge.model
            or ((family := spec.model(judge.model).family) and family == spec.model(candidate.model).family)
        )
        for judge in spec.judges
    }


def expected_of(verdicts: Sequence[Verdict]) -> dict[str, dict[str, Expected]]:
    """Return facet to judge to the mean expected level over its samples; with none of them the reason of the first."""
    found: dict[str, dict[str, list[Verdict]]] = {}
    for verdict in verdicts:
        if verdict.expectation is not None or verdict.no_expectation is not None:
            judge = verdict.by.removeprefix("judge:")
            found.setdefault(verdict.facet, {}).setdefault(judge, []).append(verdict)
    return {
        facet: {judge: _expected(given) for judge, given in judges.items()} for facet, judges in found.items()
    }


def _expected(given: Sequence[Verdict]) -> Expected:
    known = [one.expectation for one in given if one.expectation is not None]
    return Expected(value=_mean(known)) if known else Expected(reason=given[0].no_expectation)


def votes_of(verdicts: Sequence[Verdict], judges: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return facet to judge to score: the mean over a judge's samples, in the order of `judges`."""
    found: dict[str, dict[str, list[float]]] = {}
    for verdict in verdicts:
        found.setdefault(verdict.facet, {}).setdefault(verdict.by.removeprefix("judge:"), []).append(
            verdict.score
        )
    return {
        facet: {judge: _mean(given[judge]) for judge in judges if judge in given}
        for facet, given in found.items()
    }


def spread_of(
    verdicts: Sequence[Verdict], judges: Collection[str]
) -> dict[str, dict[str, tuple[int, int, int, int, int]]]:
    """Return facet to judge to how many of its samples gave 1, 2, 3, 4 and 5, for `judges` only."""
    found: dict[str, dict[str, list[int]]] = {}
    for verdict in verdicts:
        judge = verdict.by.removeprefix("judge:")
        if judge in judges:
            levels = found.setdefault(verdict.facet, {}).setdefault(judge, [0] * 5)
            levels[round(verdict.score) - 1] += 1
    return {
        facet: {
            judge: (one, two, three, four, five) for judge, (one, two, three, four, five) in given.items()
        }
        for facet, given in found.items()
    }


def _mean(scores: Sequence[float]) -> float:
    """Return the mean; one score, the usual case, is its own."""
    return float(scores[0]) if len(scores) == 1 else fmean(scores)
