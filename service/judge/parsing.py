"""From a judge's reply to scores, or to a typed failure. A failure is never a score.

First the reply is read as exactly one JSON object. If it is not, its thoughts are cut away and the last complete object in
it counts, whatever came before: an earlier one may be a quotation from the rubric or from the answer.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.domain.asking import Answer
from service.domain.failures import Failure, FailureKind
from service.judge.grammar import REASONS

_READ_AT_MOST = 16_384
_KEPT_OF_RAW = 2_000
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_REFUSAL = re.compile(
    r"\b(?:i(?:'m| am) (?:sorry|unable|not able)|i (?:can(?:'|no)t|can not|will not|won't)|as an ai)\b",
    re.IGNORECASE,
)
_CUT_OFF = {"length", "max_tokens"}
_FILTERED = {"content_filter", "refusal"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply that was understood: one whole score of 1 to 5 for every facet that was asked for."""

    scores: Mapping[str, int]
    rationale: str | None
    raw: str


def parse_reply(answer: Answer, facets: Sequence[str]) -> Reply | Failure:
    """Return the scores in `answer`, or why there are none.

    A reply that ran into the token limit is ``truncated`` even where an object is complete: what else it would have
    said is unknown. A score that is no whole number of 1 to 5, a facet left out and a facet named twice make the reply
    ``unparsable``; a facet that nobody asked for is passed over.
    """
    problem = _problem(answer)
    if problem is not None:
        return problem
    found = _whole(answer.text.strip()) or _last_object(_THOUGHT.sub("", answer.text)[-_READ_AT_MOST:])
    if found is None:
        if _REFUSAL.search(answer.text.replace("’", "'")):
            return _failure(FailureKind.REFUSED, "the judge declined to grade", answer.text)
        return _failure(FailureKind.UNPARSABLE, "the reply holds no complete JSON object", answer.text)
    fault = _fault(found, facets)
    if fault is not None:
        return _failure(FailureKind.UNPARSABLE, fault, answer.text)
    reasons = found.get(REASONS)
    return Reply(
        scores={facet: found[facet] for facet in facets},
        rationale=reasons if isinstance(reasons, str) else None,
        raw=answer.text[:_KEPT_OF_RAW],
    )


def _problem(answer: Answer) -> Failure | None:
    """Say why the reply need not be read at all; ``None`` when it must be."""
    if answer.finish in _CUT_OFF:
        message = "the judge's reply was cut off: raise the judge's max_tokens"
        return _failure(FailureKind.TRUNCATED, message, answer.text)
    if answer.finish in _FILTERED:
        return _failure(FailureKind.REFUSED, "a filter stopped the judge's reply", answer.text)
    if not answer.text.strip():
        return _failure(FailureKind.EMPTY, "the judge said nothing", None)
    return None


def _fault(found: Mapping[str, Any], facets: Sequence[str]) -> str | None:
    missing = [facet for facet in facets if facet not in found]
    if missing:
        return f"the reply has no score for {', '.join(missing)}"
    for facet in facets:
        score = found[facet]
        if isinstance(score, bool) or not isinstance(score, int) or not 1 <= score <= 5:
            return f"the score for {facet} is not a whole number from 1 to 5"
    return None


def _whole(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _last_object(text: str) -> dict[str, Any] | None:
    """Return the last complete object at the outermost level; a line break inside a string is let through."""
    decoder = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse, strict=False)
    last: dict[str, Any] | None = None
    at = text.find("{")
    while at >= 0:
        try:
            last, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        at = text.find("{", end)
    return last


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        msg = "a key is there twice"
        raise ValueError(msg)
    return found


def _refuse(word: str) -> None:
    raise ValueError(word)


def _failure(kind: FailureKind, message: str, raw: str | None) -> Failure:
    return Failure(kind=kind, message=message, raw=None if raw is None else raw[:_KEPT_OF_RAW])
