"""Default: a model that somebody adopted for a use on a device, with what the choice rested on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.domain.selection import Use

SourceKind = Literal["rubric", "prompt set", "profile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprinted:
    """A file by name, with the fingerprint of what it said then."""

    kind: SourceKind
    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a choice rested on, kept with it: the evaluation may be deleted, the record stays.

    Attributes
    ----------
    recommended
        Whom the evaluation recommended, which need not be whom somebody adopted; ``None`` for an honest "none".
    versions
        The model adopted and the judges, each with its version; ``None`` where a version was unknown.
    cautions
        What deserved a second look when it was adopted.
    runtimes
        What held the adopted candidate and the judges while they were measured, each once; records from before this was
        kept have none.
    """

    evaluation_name: str
    decision: Literal["model", "tie", "none"]
    recommended: str | None
    score: float | None
    p_best: float | None
    versions: tuple[tuple[str, str | None], ...]
    files: tuple[Fingerprinted, ...]
    obligations: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    runtimes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """One adoption; the newest of a use and device is the default there, the others are history."""

    id: str
    use: Use
    device: str
    candidate: str
    model: str
    evaluation: str
    note: str | None
    adopted_at: datetime
    basis: Basis
