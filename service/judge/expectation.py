"""The expected level of a score: what the judge's probabilities come to at the token that gives the level.

A judge that says 4 may have been nearly sure of it or have tossed a coin between 3 and 4. Where its endpoint tells how likely
other tokens were in that place, the mean over the five levels says which [1]_. It stands beside the score, and where it cannot
be had there is a reason instead.

References
----------
.. [1] Liu et al. (2023), G-Eval, EMNLP: scores weighted by token probabilities.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate

from service.domain.asking import Answer, Token
from service.domain.verdicts import Expected
from service.judge.locating import places_of_scores

LEAST_MASS = 0.8
"""Share of the probability that the five levels must hold in that place."""
_SIGNS = r"[\s\"'`*_:=|(\[>▁ĠĊ]*"
_AFTER = r"[\s\"'`*_,;.|)\]}</▁ĠĊ]*"
_LEVEL = re.compile(rf"{_SIGNS}([1-5]){_AFTER}")


def expectations(answer: Answer, scores: Mapping[str, int]) -> dict[str, Expected]:
    """Return facet to the expected level, or why there is none, for each of the `scores` that the reply was found to give."""
    if not answer.tokens:
        return _none(scores, "the endpoint sent no probabilities")
    begins = [0, *accumulate(len(text) for text, _ in answer.tokens)]
    spelled = "".join(text for text, _ in answer.tokens)
    shift = spelled.rfind(answer.text)
    if shift < 0:
        return _none(scores, "the tokens do not spell the reply")
    places = places_of_scores(answer.text, tuple(scores))
    return {
        facet: _expected(answer.tokens, begins, shift + places[facet], score)
        if facet in places
        else Expected(reason="the score stands in no single place of the reply")
        for facet, score in scores.items()
    }


def _none(scores: Mapping[str, int], reason: str) -> dict[str, Expected]:
    return {facet: Expected(reason=reason) for facet in scores}


def _expected(tokens: Sequence[Token], begins: Sequence[int], place: int, score: int) -> Expected:
    """Return the expected level at the token that covers `place`."""
    index = bisect_right(begins, place) - 1
    text, alternatives = tokens[index]
    if _level(text) != score:
        return Expected(reason="the token of the score holds more than the score")
    mass = dict.fromkeys(range(1, 6), 0.0)
    # One token can be listed twice, as the one that was drawn and among the likeliest.
    for other, logprob in set(alternatives):
        level = _level(other)
        if level is not None:
            mass[level] += math.exp(min(logprob, 0.0))
    total = math.fsum(mass.values())
    if total < LEAST_MASS:
        shown = f"{total:.0%}" if alternatives else "none"
        return Expected(
            reason=f"the levels hold {shown} of the probability there ({LEAST_MASS:.0%} are needed)"
        )
    return Expected(value=math.fsum(level * share for level, share in mass.items()) / total)


def _level(token: str) -> int | None:
    r"""Return the level that a token says, whatever blanks and signs come with it.

    Examples
    --------
    >>> [_level(token) for token in (" 4", "4", "4\n", '": 4', "▁4", "45", "4.5", "four")]
    [4, 4, 4, 4, 4, None, None, None]
    """
    found = _LEVEL.fullmatch(token)
    return None if found is None else int(found[1])
