"""Archive: one evaluation with everything that is kept of it, to be moved to another data directory."""

from dataclasses import dataclass

from service.domain.annotations import Annotation
from service.domain.canaries import CanaryVerdict
from service.domain.evaluations import Evaluation
from service.domain.pairs import PairVerdict
from service.domain.responses import Attempt, Load, Response
from service.domain.stopping import Look
from service.domain.verdicts import Qualification, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An evaluation that is over, with its rows in their canonical orders; adoptions as a default stay where they are."""

    evaluation: Evaluation
    loads: tuple[Load, ...]
    responses: tuple[Response, ...]
    verdicts: tuple[Verdict, ...]
    attempts: tuple[Attempt, ...]
    qualifications: tuple[Qualification, ...]
    annotations: tuple[Annotation, ...] = ()
    canaries: tuple[CanaryVerdict, ...] = ()
    looks: tuple[Look, ...] = ()
    pairs: tuple[PairVerdict, ...] = ()
