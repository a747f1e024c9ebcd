"""Stopping: when more judging can no longer change the choice, and where the next batch of prompts tells most.

Looking often and stopping at "P(best) > .95" is wrong in one stop out of seven when two candidates are nearly level.
The rule here asks only whether the leader is *good enough*: within epsilon of the best with the wanted probability. As it
looks after every batch, one look may spend only a tenth of the risk: .995 for a confidence of .95. At .95 a look, up to 15 %
of the stops were wrong where the gap is just above epsilon; at .995 fewer than 5 % are (tests/bench/stopping_simulation.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from service.domain.selection import Profile, Ranked, Ranking
from service.domain.stopping import MINIMUM_PROMPTS
from service.rank.gates import blocks

DROP_BELOW = 0.01
STRIKES = 2
RISK_PER_LOOK = 0.1
"""Share of the risk, one minus the confidence, that one of many looks may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What to do after one look.

    Attributes
    ----------
    stop
        Whether the choice is made; `reason` says why, or why not yet.
    leader, challenger
        The candidate with the highest score, and the other one most likely to be within epsilon of the best.
    dropped
        Who gets no more prompts; one whose chances return is in play again.
    strikes
        How many looks in a row each candidate was hopeless; hand it to the next look.
    ask
        Who gets the next batch: leader and challenger, once the others are known well enough; empty after a stop.
    p_within, bar
        The leader's P(within epsilon of the best), and what it had to reach.
    """

    stop: bool
    reason: str
    leader: str | None
    challenger: str | None
    dropped: tuple[str, ...]
    strikes: Mapping[str, int]
    ask: tuple[str, ...]
    p_within: float | None = None
    bar: float | None = None


def look(
    *,
    p_within: Mapping[str, float],
    score: Mapping[str, float],
    prompts: int,
    strikes: Mapping[str, int] | None = None,
    confidence: float = 0.95,
    minimum: int = MINIMUM_PROMPTS,
) -> Step:
    """Decide after a batch whether to go on, with whom, and without whom.

    Parameters
    ----------
    p_within
        P(within epsilon of the best) of every candidate, the dropped included: they get no more prompts, but what is
        known of them still counts against the leader.
    score
        Its score.
    prompts
        Prompts judged so far.
    strikes
        From the last look; ``None`` at the first.
    confidence
        How sure the choice shall be over all looks together; a single look asks for more, see above.
    minimum
        Prompts before which nothing is decided.

    Returns
    -------
    Step
        A lone candidate stops at the minimum; no candidate stops at once.

    Raises
    ------
    ValueError
        If the two mappings name different candidates.

    References
    ----------
    .. [1] Even-Dar, Mannor and Mansour (2006), JMLR 7: successive elimination.
    .. [2] Russo (2020), Operations Research 68(6): top-two sampling.

    Examples
    --------
    >>> step = look(p_within={"a": 0.996, "b": 0.2}, score={"a": 0.7, "b": 0.6}, prompts=40)
    >>> step.stop, step.leader
    (True, 'a')
    """
    if p_within.keys() != score.keys():
        msg = "Every candidate needs both a score and a P(within epsilon)."
        raise ValueError(msg)
    before = strikes or {}
    if not p_within:
        return Step(
            stop=True, reason="there is no candidate", leader=None, challenger=None,
            dropped=(), strikes={}, ask=(),
        )  # fmt: skip
    names = sorted(p_within)
    leader = min(names, key=lambda name: (-score[name], name))
    now = {
        name: before.get(name, 0) + 1
        if prompts >= minimum and name != leader and p_within[name] < DROP_BELOW
        else 0
        for name in names
    }
    dropped = tuple(name for name in names if now[name] >= STRIKES)
    rivals = [name for name in names if name != leader and name not in dropped]
    challenger = min(rivals, key=lambda name: (-p_within[name], -score[name], name), default=None)
    bar = 1 - RISK_PER_LOOK * (1 - confidence)
    stop = prompts >= minimum and p_within[leader] >= bar
    if prompts < minimum:
        reason = f"{prompts} prompts are fewer than the {minimum} before which nothing is decided"
    elif stop:
        reason = f"{leader} is within epsilon of the best with a probability of at least {bar:g}"
    else:
        reason = f"{leader} is not yet within epsilon of the best with a probability of {bar:g}"
    if stop:
        ask: tuple[str, ...] = ()
    elif prompts < minimum or challenger is None:
        ask = tuple(name for name in names if name not in dropped)
    else:
        ask = (leader, challenger)
    return Step(
        stop=stop,
        reason=reason,
        leader=leader,
        challenger=challenger,
        dropped=dropped,
        strikes=now,
        ask=ask,
        p_within=p_within[leader],
        bar=bar,
    )


def look_at(ranking: Ranking, profile: Profile, *, prompts: int, confidence: float) -> Step:
    """Decide after a batch from the ranking that it gave.

    Candidates that are barred for good are out of the question; while one is barred by a quality gate that more judging
    could open, or nobody passes, nothing is decided: whoever is not ranked has no chances that could be compared.

    Returns
    -------
    Step
        `ask` and `dropped` are for judging candidate by candidate; whoever judges whole prompts needs only `stop`.
    """
    eligible = [line for line in ranking.candidates if line.eligible]
    step = look(
        p_within={line.candidate: line.p_within or 0.0 for line in eligible},
        score={line.candidate: line.score.value or 0.0 for line in eligible},
        prompts=prompts,
        confidence=confidence,
    )
    waiting = sorted(line.candidate for line in ranking.candidates if _may_pass_yet(line, profile))
    if eligible and not waiting:
        return step
    reason = (
        f"{', '.join(waiting)} may pass the quality gate yet"
        if waiting
        else "no candidate passes the gates yet"
    )
    return replace(step, stop=False, reason=reason)


def _may_pass_yet(line: Ranked, profile: Profile) -> bool:
    blocking = [gate for gate in line.gates if blocks(gate, profile)]
    return bool(blocking) and all(
        gate.gate == "quality" and gate.status in {"unproven", "missing"} for gate in blocking
    )
