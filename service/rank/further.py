"""Further: what to measure next, so that the choice becomes surer."""

from collections.abc import Sequence

from service.domain.selection import CriterionName, Further, Ranked, Sensitivity
from service.rank.wording import CRITERION_TITLE

LEAST_WORTH = 0.00005
"""Utility below which knowing a figure exactly would not change anything that is shown."""
_CURES: dict[CriterionName, str] = {
    "quality": "add prompts of the same kind; more rounds of the same prompts help less",
    "latency_mean": "add prompts or rounds",
    "latency_p95": "add prompts or rounds: a tail needs many samples",
    "first_token": "add prompts or rounds",
    "throughput": "add prompts or rounds",
    "memory": "add passes, so that each model is loaded more often",
    "disk": "it does not vary: look at the figure itself",
    "licence": "it does not vary: look at the licence itself",
}


def further(*, ranked: Sequence[Ranked], sensitivity: Sequence[Sensitivity]) -> tuple[Further, ...]:
    """Return what to measure next, the figures that matter to the choice first, then open gates.

    Parameters
    ----------
    ranked
        All candidates, those that may be recommended and those that a gate bars for want of evidence.
    sensitivity
        With the value of knowing each criterion exactly.
    """
    figures = [
        Further(
            criterion=line.criterion,
            gate=None,
            candidate=None,
            worth=line.evppi,
            needed=None,
            advice=f"{CRITERION_TITLE[line.criterion]}: {_CURES[line.criterion]}",
        )
        for line in sorted(sensitivity, key=lambda one: -(one.evppi or 0.0))
        if (line.evppi or 0.0) >= LEAST_WORTH
    ]
    gates = [
        Further(
            criterion=None,
            gate=result.gate,
            candidate=line.candidate,
            worth=None,
            needed=result.needed,
            advice=f"{line.candidate}: {result.reason}",
        )
        for line in ranked
        if line.eligible or not any(one.status == "fail" for one in line.gates)
        for result in line.gates
        if result.status in {"unproven", "missing"}
    ]
    return (*figures, *gates)
