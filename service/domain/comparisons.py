"""Comparison: two sides measured on the same prompts, figure by figure, with verdicts that say how sure they are."""

from dataclasses import dataclass
from typing import Literal

from service.domain.estimates import Estimate
from service.domain.units import Unit

Verdict = Literal["better", "worse", "equivalent", "inconclusive"]
Kind = Literal["difference", "ratio"]
Outcome = Literal["better", "worse", "mixed", "equivalent", "inconclusive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One figure of both sides.

    Attributes
    ----------
    figure
        ``quality``, ``facet:<name>``, ``answered``, ``latency``, ``latency_p95``, ``first_token``, ``throughput``,
        ``memory`` or ``disk``.
    candidate, against
        The two values in `unit`.
    kind, effect
        ``difference``: the first minus the second, in `unit`; ``ratio``: the first over the second.
    margin
        The difference, or the share by which the ratio may leave 1, that does not matter.
    verdict
        On the first side; ``equivalent`` needs the whole interval within the margin.
    minimum_detectable
        The difference, or the share by which the ratio leaves 1, that would have been seen four times in five.
    p_adjusted
        After Holm over every figure of the comparison that was tested.
    """

    figure: str
    unit: Unit
    candidate: float | None
    against: float | None
    kind: Kind
    effect: Estimate
    margin: float
    verdict: Verdict
    minimum_detectable: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One candidate against another one, or against itself in an earlier evaluation."""

    candidate: str
    against: str
    figures: tuple[Compared, ...]
    verdict: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationComparison:
    """What one evaluation says against another one.

    Attributes
    ----------
    baseline
        The other evaluation; the same one where two of its candidates are compared.
    changed
        What is not as it was: model files, parameters, device, versions.
    cautions
        Why a verdict may not mean what it seems to.
    """

    evaluation: str
    baseline: str
    matches: tuple[Match, ...]
    verdict: Outcome
    changed: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What does not matter, and how sure a claim must be.

    Attributes
    ----------
    margin
        Points of quality.
    tolerance
        Share by which a ratio may leave 1.
    """

    margin: float = 0.1
    tolerance: float = 0.05
    confidence: float = 0.95
    power: float = 0.8
