"""What sways each judge on each facet, from its votes on the answers: length of the answer, and kinship."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from service.domain.estimates import Estimate, undefined
from service.domain.findings import Item
from service.domain.judged import JudgeBias
from service.score.bias import bias_effects

WIDEST = 4.0
"""Points from the worst score to the best: an effect whose interval is wider than that is none that data tell."""

Vote = tuple[Item, str, float]
"""An answer, who judged it, and the score."""


def sways(
    *,
    items: Sequence[Item],
    facets: Sequence[str],
    kin: Mapping[str, AbstractSet[str]],
    strange: Collection[str],
) -> tuple[JudgeBias, ...]:
    """Return what sways each judge on each facet that it scored, judge by judge.

    Parameters
    ----------
    items
        Answers with all votes, those that count and those that do not. One without text has no length and plays no part.
    facets
        In the order of the rubric.
    kin
        Every judge to the candidates of its family.
    strange
        Judges whose family nobody knows.

    Notes
    -----
    The effect of length is estimated from the judge's own votes. That of kinship needs others to compare with: with one
    judge, liking its family and the family being good are the same thing. Only judges without kin of their own are
    compared with, since two that each prefer their own would add up.
    """
    found = []
    for judge in kin:
        for facet in facets:
            own = _votes(items, facet, (judge,))
            if not own:
                continue
            effects = bias_effects(
                scores=[score for _, _, score in own],
                models=[item.candidate for item, _, _ in own],
                prompts=[item.prompt for item, _, _ in own],
                lengths=[len(item.answer) for item, _, _ in own],
            )
            length = _told(effects.length, own, "answers to one prompt differ too little in length to tell")
            found.append(
                JudgeBias(
                    judge=judge,
                    facet=facet,
                    answers=len(own),
                    length=length,
                    family=_family(judge, effects.length.n, own, items, facet, kin, strange),
                    controlled=tuple(
                        one if length.value is not None else replace(one, controlled=None)
                        for one in effects.models
                    ),
                )
            )
    return tuple(found)


def _family(
    judge: str,
    prompts: int,
    own: Sequence[Vote],
    items: Sequence[Item],
    facet: str,
    kin: Mapping[str, AbstractSet[str]],
    strange: Collection[str],
) -> Estimate:
    related = kin[judge]
    if not related:
        reason = (
            "its family is not known" if judge in strange else "no candidate is known to be of its family"
        )
        return undefined(reason, n=prompts)
    if all(item.candidate in related for item, _, _ in own):
        return undefined("every candidate that it scored is of its family", n=prompts)
    neutral = tuple(other for other, its in kin.items() if not its and other not in strange)
    others = _votes(items, facet, neutral)
    if not others:
        return undefined("no other judge without kin among the candidates scored this", n=prompts)
    votes = [*own, *others]
    effects = bias_effects(
        scores=[score for _, _, score in votes],
        models=[item.candidate for item, _, _ in votes],
        prompts=[item.prompt for item, _, _ in votes],
        lengths=[len(item.answer) for item, _, _ in votes],
        judges=[by for _, by, _ in votes],
        same_family=[by == judge and item.candidate in related for item, by, _ in votes],
    )
    return _told(effects.family, own, "too few votes to tell")


def _told(effect: Estimate, own: Sequence[Vote], vague: str) -> Estimate:
    """Return the effect where the data tell it: a judge that never varies leans on nothing, nor does it judge."""
    if len({score for _, _, score in own}) == 1:
        return undefined("it gave every answer the same score", n=effect.n)
    if effect.low is not None and effect.high is not None and effect.high - effect.low > WIDEST:
        return undefined(vague, n=effect.n)
    return effect


def _votes(items: Sequence[Item], facet: str, judges: Collection[str]) -> list[Vote]:
    return [
        (item, judge, score)
        for item in items
        if item.answer
        for judge, score in item.votes.get(facet, {}).items()
        if judge in judges
    ]
