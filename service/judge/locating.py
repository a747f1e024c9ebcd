"""Where in a judge's reply the score of each facet stands: by reading the reply as `parsing` does, never by the first digit."""

import json
from collections.abc import Iterator, Sequence

from service.judge.claims import Claim, claims_in_json, claims_of_text, complete_objects
from service.judge.scores import read_score
from service.judge.thoughts import aloud

_LEVELS = "12345"


def places_of_scores(reply: str, facets: Sequence[str]) -> dict[str, int]:
    """Return facet to the place of its score's digit in `reply`.

    A facet is left out whose score stands in several places or in none that is a digit, as in ``four``; all are where the
    thinking in the reply cannot be told from the rest.

    Examples
    --------
    >>> places_of_scores('{"rationale": "2 of 5", "accuracy": 4}', ["accuracy"])
    {'accuracy': 36}
    """
    alone = _is_one_value(reply)
    visible = reply if alone else aloud(reply).text
    begin = reply.rfind(visible)
    if begin < 0 or not visible:
        return {}
    found: dict[str, set[int]] = {}
    claims = claims_in_json(reply, 0, facets) if alone else _claimed(visible, facets)
    for claim in claims:
        at = next((at for at in range(claim.start, len(visible)) if visible[at] in _LEVELS), None)
        if at is not None:
            found.setdefault(claim.facet, set()).add(begin + at)
    return {facet: next(iter(places)) for facet, places in found.items() if len(places) == 1}


def _is_one_value(reply: str) -> bool:
    """Whether the reply is JSON and nothing else, so that nothing in it is thinking."""
    try:
        json.loads(reply, strict=False)
    except (ValueError, RecursionError):
        return False
    return True


def _claimed(visible: str, facets: Sequence[str]) -> Iterator[Claim]:
    """Yield what is claimed: in complete objects, then in all the rest."""
    decoder = json.JSONDecoder(strict=False)
    rest = list(visible)
    for _, start, end in complete_objects(visible, decoder):
        yield from claims_in_json(visible, start, facets)
        # Not blanks, of which the patterns for lines would try every run from every place.
        rest[start:end] = "\0" * (end - start)
    for claim in claims_of_text("".join(rest), facets):
        if claim.score is not None and read_score(visible[claim.start : claim.end]) == claim.score:
            yield claim
