"""Wire objects about single verdicts and canaries."""

from typing import Self

from service.accounting import ToldCanary
from service.api.replies import Reply
from service.domain.judged import Told


class VerdictReply(Reply, frozen=True, kw_only=True, rename={"pass_": "pass"}):
    """What became of one wanted verdict.

    `outcome` says it in one word; `score` is null with every outcome but ``scored`` and ``checked``. `raw` is the judge's
    reply as it came, shortened; `judge` is null for a check.
    """

    candidate: str
    prompt: str
    pass_: int
    round: int
    facet: str
    judge: str | None
    sample: int
    outcome: str
    score: float | None
    rationale: str | None
    raw: str | None
    failure: str | None
    message: str | None
    tries: int

    @classmethod
    def of(cls, told: Told) -> Self:
        """Show one."""
        return cls(
            candidate=told.candidate,
            prompt=told.prompt,
            pass_=told.pass_number,
            round=told.round_number,
            facet=told.facet,
            judge=told.judge,
            sample=told.sample,
            outcome=told.outcome,
            score=told.score,
            rationale=told.rationale,
            raw=told.raw,
            failure=None if told.failure is None else told.failure.value,
            message=told.message,
            tries=told.tries,
        )


class VerdictPage(Reply, frozen=True, kw_only=True):
    """Verdicts prompt by prompt, across the candidates, judge by judge."""

    items: list[VerdictReply]
    next_cursor: str | None


class CanaryReply(Reply, frozen=True, kw_only=True):
    """How a judge graded an answer of known grade; `held` is null with a `reason` where there is no grade."""

    judge: str
    name: str
    kind: str
    expected: str
    held: bool | None
    prompt: str | None
    answer: str | None
    facets: list[str]
    scores: dict[str, int]
    failed_on: list[str]
    rationale: str | None
    raw: str | None
    failure: str | None
    reason: str | None

    @classmethod
    def of(cls, told: ToldCanary) -> Self:
        """Show one."""
        one = told.finding
        return cls(
            judge=one.judge,
            name=one.name,
            kind=one.kind,
            expected=one.expected,
            held=one.held,
            prompt=one.prompt,
            answer=told.answer,
            facets=list(one.facets),
            scores=one.scores,
            failed_on=list(one.failed_on),
            rationale=told.rationale,
            raw=told.raw,
            failure=None if one.failure is None else one.failure.value,
            reason=one.reason,
        )


class CanaryList(Reply, frozen=True, kw_only=True):
    """All of an evaluation, judge by judge."""

    items: list[CanaryReply]
