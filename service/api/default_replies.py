"""Wire objects, part five: defaults and their history."""

from datetime import datetime
from typing import Literal

from service.api.replies import Reply


class DefaultReply(Reply, frozen=True, kw_only=True):
    """One adoption. `current`: it counts now; `stale` then lists what changed since."""

    id: str
    use: str
    device: str
    candidate: str
    model: str
    model_version: str | None
    evaluation: str
    evaluation_name: str
    decision: Literal["model", "tie", "none"]
    recommended: str | None
    score: float | None
    p_best: float | None
    profile: str
    obligations: list[str]
    cautions: list[str]
    note: str | None
    adopted_at: datetime
    current: bool
    stale: list[str]


class DefaultPage(Reply, frozen=True, kw_only=True):
    """What counts now for each use and device, and the history, newest first."""

    current: list[DefaultReply]
    items: list[DefaultReply]
    next_cursor: str | None
