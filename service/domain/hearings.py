"""Hearings: examinations of judges that somebody asked for, from the request to their end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.domain.failures import Failure

State = Literal["queued", "running", "done", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """How far an examination is: `asked` of `calls` questions, asking again left out.

    Attributes
    ----------
    key
        Content address of the result.
    began_at
        When it was asked for.
    """

    key: str
    judge: str
    state: State
    calls: int
    asked: int
    began_at: datetime
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A hearing that has not ended, with what is needed to hold it.

    Attributes
    ----------
    order
        What was asked for, as its maker encoded it.
    starts
        How often it was begun and not ended: a service that dies of it would begin it for ever.
    """

    hearing: Hearing
    order: str
    starts: int
