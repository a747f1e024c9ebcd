"""Evidence: how much each candidate's quality rests on, what is missing, and what a difference would have to be to show."""

from collections.abc import Sequence

from service.domain.measurements import CandidateScores, Evidence
from service.score.coverage import mean_bounds
from service.score.paired import paired_difference

MARGIN = 0.1
"""Points of quality that do not matter."""


def evidence(*, scores: Sequence[CandidateScores]) -> tuple[Evidence, ...]:
    """Return for each candidate its coverage and the bounds of its quality, in the order given.

    With nothing missing both bounds are the quality itself.
    """
    return tuple(_bounds(one) for one in scores)


def against(
    *, found: Sequence[Evidence], scores: Sequence[CandidateScores], first: str | None
) -> tuple[Evidence, ...]:
    """Return the same with every candidate compared with the one that comes first.

    Parameters
    ----------
    first
        Its name; ``None`` where nobody is ranked, and then nothing is compared.
    """
    by_name = {one.candidate: one for one in scores}
    if first is None:
        return tuple(found)
    return tuple(
        one if one.candidate == first else _compared(one, by_name[one.candidate], by_name[first])
        for one in found
    )


def _bounds(one: CandidateScores) -> Evidence:
    spared = frozenset(one.spared)
    called_for = [
        score
        for prompt, score in zip(one.prompts, one.quality_by_prompt, strict=True)
        if score is not None or prompt not in spared
    ]
    scored = sum(score is not None for score in called_for)
    worst = best = one.quality
    if scored < len(called_for):
        bounds = mean_bounds(samples=[(score,) for score in called_for])
        worst, best = bounds.worst, bounds.best
    return Evidence(candidate=one.candidate, scored=scored, prompts=len(called_for), worst=worst, best=best)


def _compared(found: Evidence, one: CandidateScores, first: CandidateScores) -> Evidence:
    paired = paired_difference(a=one.quality_by_prompt, b=first.quality_by_prompt, epsilon=MARGIN)
    return Evidence(
        candidate=found.candidate,
        scored=found.scored,
        prompts=found.prompts,
        worst=found.worst,
        best=found.best,
        against=first.candidate,
        difference=paired.difference,
        minimum_detectable=paired.minimum_detectable,
    )
