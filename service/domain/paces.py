"""Pace: how fast a model was on a device, from which the time of the next evaluation is foreseen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["candidate", "judge", "examination"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What one model took in one evaluation, or in several together.

    Attributes
    ----------
    calls
        Answers that it gave as a candidate, verdicts as a judge, or one examination.
    seconds_per_call
        Of the clock: a judge that answers several calls at once takes less for each.
    load_seconds
        For everything around them, once per load: start of the process, loading, warm-up, memory.
    """

    role: Role
    model: str
    device: str
    version: str | None
    calls: int
    seconds_per_call: float
    load_seconds: float


Paces = Mapping[tuple[Role, str], Pace]
"""By role and model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Seconds of work ahead; ``None`` with the reason where that cannot be said."""

    seconds: float | None
    reason: str | None = None
