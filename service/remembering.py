"""Remembering: surveys and draws of the evaluations asked for lately, so that other weights need no other reading.

What is remembered is found again only while nothing that it was made from has changed, so nothing is ever stale.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from service.domain.annotations import People
from service.domain.canaries import CanaryFinding
from service.domain.evaluations import Evaluation, Progress
from service.domain.findings import Item
from service.domain.judged import JudgeBias, Outcomes
from service.domain.measurements import CandidateScores, Evidence
from service.domain.pairs import Meeting, OrderStanding
from service.domain.responses import Attempt, Load
from service.domain.selection import Profile
from service.domain.stopping import Look
from service.domain.verdicts import Qualification

SURVEYS = 8
"""Evaluations remembered."""
DRAWS = 128 * 2**20
"""Bytes of draws remembered; of 10 candidates on 7 criteria they are 5.6 MB."""

if TYPE_CHECKING:
    from service.rank.sample import Sample

T = TypeVar("T")
Draw = Callable[[tuple[CandidateScores, ...], Profile, int], "Sample"]
"""Draws what scores might have been by the anchors of a profile, from a seed; or remembers it."""


def draw_anew(scores: tuple[CandidateScores, ...], profile: Profile, seed: int) -> "Sample":
    """Draw without remembering."""
    # Numpy and scipy, which a service that starts does not need yet.
    from service.rank.sample import sample

    return sample(scores=scores, profile=profile, seed=seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the rows of one evaluation say, whatever the profile: step 4 needs nothing else.

    `scores` carry no licence terms yet: those hang on the use.
    """

    evaluation: Evaluation
    progress: Progress
    scores: tuple[CandidateScores, ...]
    evidence: tuple[Evidence, ...]
    qualifications: tuple[Qualification, ...]
    loads: tuple[Load, ...]
    attempts: tuple[Attempt, ...]
    samples: tuple[Item, ...]
    people: People | None = None
    looks: tuple[Look, ...] = ()
    outcomes: tuple[Outcomes, ...] = ()
    bias: tuple[JudgeBias, ...] = ()
    canaries: tuple[CanaryFinding, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    order: OrderStanding | None = None


@dataclass(slots=True)
class Recent(Generic[T]):
    """A few values under their keys, the longest unused forgotten first; safe from several threads.

    Parameters
    ----------
    most
        Sum of the sizes that may be held; one value larger than that is not kept.
    """

    most: int
    size: Callable[[T], int]
    _kept: OrderedDict[object, T] = field(default_factory=OrderedDict)
    _held: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, key: object) -> T | None:
        """Return what is kept under `key`."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: object, value: T) -> None:
        """Keep a value, and forget others where there is no room."""
        with self._lock:
            if key in self._kept:
                self._held -= self.size(self._kept.pop(key))
            self._kept[key] = value
            self._held += self.size(value)
            while self._held > self.most:
                self._held -= self.size(self._kept.popitem(last=False)[1])


@dataclass(frozen=True, slots=True)
class Memory:
    """What the service remembers between two requests."""

    surveys: Recent[Survey] = field(default_factory=lambda: Recent(SURVEYS, lambda _: 1))
    draws: "Recent[Sample]" = field(default_factory=lambda: Recent(DRAWS, lambda one: one.utilities.nbytes))

    def drawn(
        self, key: object, scores: tuple[CandidateScores, ...], profile: Profile, seed: int
    ) -> "Sample":
        """Return the draws for these scores and anchors, made now or before; weights and gates play no part in them.

        Parameters
        ----------
        key
            What tells these scores from all others; ``None``: nothing is remembered.
        """
        if key is None:
            return draw_anew(scores, profile, seed)
        anchors = tuple(replace(criterion, weight=0.0) for criterion in profile.criteria)
        licences = tuple(one.licence.utility for one in scores)
        whole = (key, anchors, licences, seed)
        found = self.draws.find(whole)
        if found is None:
            found = draw_anew(scores, profile, seed)
            self.draws.keep(whole, found)
        return found
