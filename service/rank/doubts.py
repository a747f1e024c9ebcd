"""Doubts: between whom more samples of a judge may still decide, and which of its scores they could change.

More samples lessen the noise of the judge and nothing else, so they are worth asking for only where a choice is open and a
score is not settled. The rule is the same for every candidate: whoever is in play gets further samples by what the samples
so far were, and never by how good it is.
"""

from collections.abc import Sequence

from service.domain.selection import Ranked
from service.rank.stopping import STRIKES, look

STEADY = 0.9
"""Share of answers on which a judge must repeat itself, or every single score of it is in doubt."""
EDGE = 0.25
"""Distance from the middle between two levels within which an expected level is on the edge."""


def in_play(*, ranked: Sequence[Ranked], prompts: int, confidence: float) -> tuple[str, ...]:
    """Return the candidates between which the choice is open; none once it is made.

    Out is who is barred, and who is within epsilon of the best with less than `stopping.DROP_BELOW`. One look is enough for
    that here: what is at stake is a sample and not a place.

    Parameters
    ----------
    prompts
        Prompts that were judged; below `stopping.MINIMUM_PROMPTS` nobody is out and nothing is decided.
    """
    chances = {line.candidate: line.p_within for line in ranked if line.eligible}
    score = {line.candidate: line.score.value for line in ranked if line.eligible}
    p_within = {name: chance for name, chance in chances.items() if chance is not None}
    if len(p_within) < 2:
        return ()
    step = look(
        p_within=p_within,
        score={name: score[name] or 0.0 for name in p_within},
        prompts=prompts,
        strikes=dict.fromkeys(p_within, STRIKES - 1),
        confidence=confidence,
    )
    return () if step.stop else tuple(name for name in sorted(p_within) if name not in step.dropped)


def in_doubt(*, scores: Sequence[float], expectation: float | None, repeat: float | None) -> bool:
    """Return whether another sample could move the score of one facet of one answer.

    Parameters
    ----------
    scores
        The samples so far, each a whole level; without any there is nothing to doubt.
    expectation
        The level that the judge's probabilities come to, where its endpoint tells them.
    repeat
        Share of answers on which the judge repeated itself in its examination; ``None``: not examined.

    Notes
    -----
    In doubt is a score whose samples differ, any score of a judge that does not repeat itself, and one whose expected level
    is on the edge between two. Where nothing tells whether a single sample is on the edge, a second one does.

    Examples
    --------
    >>> in_doubt(scores=[4], expectation=None, repeat=1.0), in_doubt(scores=[4, 4], expectation=None, repeat=1.0)
    (True, False)
    >>> in_doubt(scores=[4, 3], expectation=None, repeat=1.0), in_doubt(scores=[4, 4], expectation=None, repeat=0.6)
    (True, True)
    >>> in_doubt(scores=[4], expectation=3.95, repeat=1.0), in_doubt(scores=[4], expectation=3.6, repeat=1.0)
    (False, True)
    """
    if not scores:
        return False
    if len(set(scores)) > 1 or (repeat is not None and repeat < STEADY):
        return True
    if expectation is not None:
        return abs(expectation % 1 - 0.5) <= EDGE
    return len(scores) == 1
