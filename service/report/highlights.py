"""Highlights: who is best at what, in a sentence each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from service.domain.findings import Findings
from service.domain.measurements import CandidateScores
from service.domain.units import Unit
from service.report.figures import say
from service.report.quoting import inline


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One figure by which candidates are compared."""

    title: str
    unit: Unit
    figure: Callable[[CandidateScores], float | None]
    most_wins: bool = False


CONTESTS = (
    Contest(title="Best answers", unit="points", figure=lambda one: one.quality.value, most_wins=True),
    Contest(title="Lowest p95 latency", unit="seconds", figure=lambda one: one.latency.p95.value),
    Contest(title="Soonest first token", unit="seconds", figure=lambda one: one.first_token.value),
    Contest(
        title="Highest throughput", unit="rate", figure=lambda one: one.end_to_end_rate.value, most_wins=True
    ),
    Contest(title="Least memory", unit="bytes", figure=lambda one: one.memory.value),
    Contest(title="Smallest on disk", unit="bytes", figure=lambda one: one.disk.value),
)


def highlights(findings: Findings) -> Iterator[str]:
    """Yield one line per figure with the candidate that has the best value; none where nobody has one.

    Differences within the intervals are not marked here: this says who leads, the ranking says whether it matters.
    """
    if len(findings.scores) < 2:
        return
    for contest in CONTESTS:
        figures = [
            (value, scores.candidate)
            for scores in findings.scores
            if (value := contest.figure(scores)) is not None
        ]
        if figures:
            best = (max if contest.most_wins else min)(value for value, _ in figures)
            names = ", ".join(inline(name) for value, name in figures if value == best)
            yield f"- {contest.title}: {names} ({say(best, contest.unit)})"
