"""What is known of a judge's work: what became of each verdict that was wanted, and what sways the scores."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from service.domain.estimates import Estimate
from service.domain.failures import FailureKind

OutcomeKind = Literal[
    "scored",
    "checked",
    "unparsable",
    "refused",
    "truncated",
    "timed_out",
    "over_context",
    "judge_failed",
    "check_failed",
    "left",
    "not_reached",
    "spared",
]
"""What can become of a wanted verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What became of the verdicts wanted on one facet of one candidate's answers, from one judge or from a check.

    Attributes
    ----------
    judge
        The judge's model; ``None`` for what a check decides.
    wanted
        The sum of all that follow but `spared`: one for each answer that is there and that was to be judged.
    scored, checked
        Decided by the judge, or by a check.
    unparsable
        The judge answered, and there was no score in it.
    judge_failed
        The judge or its endpoint failed, or it was not there to be asked.
    check_failed
        A check could not decide, such as one by a schema that is none.
    left
        Neither there nor given up yet.
    not_reached
        Not asked for, since the time budget was over.
    spared
        Not asked for, since judging ended early: it could not change the choice.
    coverage
        Share decided of those wanted.
    samples
        Of those scored all samples together: as many as `scored` where each answer was graded once.
        Share decided of those wanted; 1 where none was.
    """

    judge: str | None
    candidate: str
    facet: str
    wanted: int
    coverage: float
    scored: int = 0
    checked: int = 0
    unparsable: int = 0
    refused: int = 0
    truncated: int = 0
    timed_out: int = 0
    over_context: int = 0
    judge_failed: int = 0
    check_failed: int = 0
    left: int = 0
    samples: int = 0
    spared: int = 0
    not_reached: int = 0

    @property
    def decided(self) -> int:
        """Verdicts that are there."""
        return self.scored + self.checked

    def missing(self) -> Iterator[tuple[str, int]]:
        """Yield what became of those that are not there, in words, with how many."""
        for words, count in (
            ("unparsable", self.unparsable),
            ("refused", self.refused),
            ("truncated", self.truncated),
            ("timed out", self.timed_out),
            ("over context", self.over_context),
            ("judge failed", self.judge_failed),
            ("check failed", self.check_failed),
            ("left to do", self.left),
            ("not reached", self.not_reached),
        ):
            if count:
                yield words, count


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of one wanted verdict, with what the judge said.

    Attributes
    ----------
    judge
        ``None`` where a check decides.
    score
        Only where there is one: a failure is never a score.
    raw
        The reply as it came, shortened: of the verdict, else of the last failed try.
    failure, message
        How the last try failed, and what to do; ``None`` where there is a score or nothing was tried.
    tries
        Failed ones since the last retry.
    """

    candidate: str
    prompt: str
    pass_number: int
    round_number: int
    facet: str
    judge: str | None
    sample: int
    outcome: OutcomeKind
    score: float | None = None
    rationale: str | None = None
    raw: str | None = None
    failure: FailureKind | None = None
    message: str | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthControlled:
    """A model's mean score as it is, and as it would be at the average length."""

    model: str
    mean: float
    controlled: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeBias:
    """What moves one judge's scores on one facet beside the answer's quality: shown, and applied to no score.

    Attributes
    ----------
    answers
        Answers with text that the judge scored on this facet.
    length
        Points from an answer of average length (in characters, on the log scale) to a very long one, other things
        equal. A longer answer can be the better one: it is a question to the judge and no proof.
    family
        Points by which it prefers answers of its own family to what judges without kin among the candidates make of
        them; undefined without such judges.
    controlled
        What each candidate's mean would be at the average length; a sensitivity, not a replacement.
    """

    judge: str
    facet: str
    answers: int
    length: Estimate
    family: Estimate
    controlled: tuple[LengthControlled, ...] = ()
