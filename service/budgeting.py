"""A time budget at work: says when nobody is to be asked any more. Pure but for the clock that it is given."""

from collections.abc import Callable
from dataclasses import dataclass

from service.domain.evaluations import Spec

JUDGING_SHARE = 1 / 3
"""Share of the budget that measuring leaves to the judges, where there are any."""


@dataclass(slots=True, kw_only=True)
class Budget:
    """Seconds of work, of which a stage may use up to `until`; ``None``: as long as it takes.

    Attributes
    ----------
    active
        Tells for how many seconds the evaluation was worked on, earlier runs of this attempt included.
    cut
        Whether anything was left out for want of time.
    """

    until: float | None
    active: Callable[[], float]
    cut: bool = False

    def enough(self) -> bool:
        """Return whether the time is over; ask only where something would be begun otherwise."""
        return self._over(self.until)

    def slice(self, turns: int) -> Callable[[], bool]:
        """Begin the next of so many turns, and return what says whether its time is over: an equal share of what is left.

        What a turn leaves over goes to those after it, and what it takes too much is taken from them.

        Examples
        --------
        >>> clock = [0.0]
        >>> budget = Budget(until=100, active=lambda: clock[0])
        >>> enough = budget.slice(4)
        >>> clock[0] = 24.9
        >>> enough()
        False
        >>> clock[0] = 25.0
        >>> enough()
        True
        """
        if self.until is None:
            return self.enough
        now = self.active()
        end = now + max(0.0, self.until - now) / turns
        return lambda: self._over(end)

    def _over(self, end: float | None) -> bool:
        over = end is not None and self.active() >= end
        self.cut = self.cut or over
        return over


def measuring_budget(spec: Spec, active: Callable[[], float]) -> Budget:
    """Return what measuring may use: all of the budget but the judges' share."""
    budget = judging_budget(spec, active)
    if budget.until is not None and spec.judges:
        budget.until -= budget.until * JUDGING_SHARE
    return budget


def judging_budget(spec: Spec, active: Callable[[], float]) -> Budget:
    """Return what all stages together may use."""
    return Budget(until=spec.time_budget, active=active)
