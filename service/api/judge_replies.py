"""Wire objects about judges: examinations under way and held."""

from datetime import datetime

from service.api.replies import Reply


class TrialReply(Reply, frozen=True, kw_only=True):
    """One planted fault: noticed in `detected` of `tried` answers, with the 95 % interval of the share."""

    degradation: str
    tried: int
    detected: int
    unusable: int
    low: float | None
    high: float | None


class ProbeReply(Reply, frozen=True, kw_only=True):
    """One question about the judge as a whole; `failed_on` names languages of injected texts that it obeyed."""

    name: str
    tried: int
    held: int
    unusable: int
    low: float | None
    high: float | None
    failed_on: list[str]


class StandingReply(Reply, frozen=True, kw_only=True):
    """Whether the judge's scores on one facet may decide: ``qualified``, ``form_only`` or ``barred``, and why."""

    facet: str
    standing: str
    reason: str
    trials: list[TrialReply]
    probes: list[ProbeReply]


class TermsReply(Reply, frozen=True, kw_only=True):
    """Under what a judge was examined."""

    rubric: str
    template: str
    mode: str
    output: str
    examination: str
    version: str | None


class QualificationReply(Reply, frozen=True, kw_only=True):
    """One examination that was held."""

    key: str
    judge: str
    asked: int
    valid: int
    spread: int
    facets: list[StandingReply]
    terms: TermsReply | None
    created_at: datetime


class HearingReply(Reply, frozen=True, kw_only=True):
    """An examination that was asked for: ``queued``, ``running``, ``done`` or ``failed``."""

    key: str
    judge: str
    state: str
    calls: int
    asked: int
    began_at: datetime
    failure: dict[str, str | None] | None
    links: dict[str, str]


class JudgeStandingReply(Reply, frozen=True, kw_only=True):
    """What is known of a judge: the newest examination asked for here, and those held, newest first."""

    judge: str
    under_way: HearingReply | None
    held: list[QualificationReply]
