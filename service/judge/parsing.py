"""From a judge's reply to scores, or to a typed failure. A failure is never a score.

A reply that is one JSON object and nothing else is taken at its word. Anything else is searched for claims, its thinking
left out: every facet must get a score, and claims that differ leave none. Where the texts to be graded talk in scores
themselves, a judge may be quoting them, and only the form alone is read.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.domain.asking import Answer
from service.domain.failures import Failure, FailureKind
from service.domain.verdicts import Expected
from service.judge.claims import Claim, claims_of_text, claims_of_value, complete_objects
from service.judge.grammar import REASONS
from service.judge.thoughts import aloud
from service.library.schemas import shorten

_READ_AT_MOST = 32_768
_KEPT_OF_RAW = 2_000
_REFUSAL = re.compile(
    r"\b(?:i(?:'m| am) (?:sorry|unable|not able)|i (?:can(?:'|no)t|can not|will not|won't)|as an ai)\b",
    re.IGNORECASE,
)
_WILL_NOT_GRADE = re.compile(
    r"\A\W*(?:(?:i(?:'m| am) )?sorry\W+(?:but\W+)?)?(?:as an ai\b[^.]{0,60}?)?"
    r"i (?:can(?:'|no)t|can not|will not|won't|am unable to|am not able to)\s+"
    r"(?:grade|rate|score|evaluate|assist|help|comply|fulfil)\b",
    re.IGNORECASE,
)
_REASON_KEYS = (REASONS, "reasons", "reason", "reasoning", "explanation", "feedback", "justification")
_REASONS_BEGIN = re.compile(rf"<({'|'.join(_REASON_KEYS)})>|\"({'|'.join(_REASON_KEYS)})\"\s*:\s*([\"'])")
_FENCE = re.compile(r"\A```[A-Za-z0-9]*\s*\n?(.*?)\n?\s*```\Z", re.DOTALL)
_TAGS_ALONE = re.compile(
    rf"\A(?:<{REASONS}>.*</{REASONS}>)?((?:\s*<([a-z][a-z0-9_]{{0,31}})>[^<>]{{0,40}}</\2>)+)\s*\Z",
    re.DOTALL | re.IGNORECASE,
)
_AT_REST = re.compile(r"(?:[\s}\])\"'`;,.*]|</?[a-z_ -]{1,40}>)*\Z", re.IGNORECASE)
_REASONS_FOLLOW = re.compile(r"\s*,\s*[\"'“]?\w{1,40}[\"'”]?\s*:[^{}]*\Z")
_CUT_OFF = {"length", "max_tokens"}
_FILTERED = {"content_filter", "refusal"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply that was understood: one whole score of 1 to 5 for every facet that was asked for.

    `expectations` are the levels that its probabilities come to, where they were asked for.
    """

    scores: Mapping[str, int]
    rationale: str | None
    raw: str
    expectations: Mapping[str, Expected] = field(default_factory=dict)


def parse_reply(answer: Answer, facets: Sequence[str], *, quotable: str = "") -> Reply | Failure:
    """Return the scores in `answer`, or why there are none.

    A reply that ran into the token limit counts where every score was complete and nothing came after that could have
    changed it; else it is ``truncated``. A score that is no whole number of 1 to 5, a facet left out and a facet given
    two scores make the reply ``unparsable``; a facet that nobody asked for is passed over.

    Parameters
    ----------
    quotable
        The texts the judge was shown.
    """
    if answer.finish in _FILTERED:
        return _failure(FailureKind.REFUSED, "a filter stopped the judge's reply", answer.text)
    said = aloud(answer.text)
    whole = _object(answer.text.strip()) or _object(_unfenced(said.text))
    if whole is not None:
        return _judged(claims_of_value(whole, facets), facets, _reasons(whole), answer)
    if said.unfinished or not said.text:
        return _thinking_only(answer) if answer.text.strip() else _nothing(answer)
    return _searched(answer, said.text, facets, quotable)


def _searched(answer: Answer, visible: str, facets: Sequence[str], quotable: str) -> Reply | Failure:
    """Search a reply that is not one object alone."""
    if len(visible) > _READ_AT_MOST:
        return _failure(FailureKind.UNPARSABLE, "the reply is far longer than it may be", answer.text)
    if quotable and claims_of_text(quotable, facets):
        alone = _TAGS_ALONE.match(visible)
        if alone is None:
            return _lost(
                answer, visible, "the reply is not the form alone, and what it graded talks in scores too"
            )
        visible = alone[1]
    claims, reasons = _claims(visible, facets)
    if answer.finish in _CUT_OFF and not _complete(visible, claims):
        return _lost(answer, visible, "")
    return _judged(claims, facets, reasons, answer)


def _claims(visible: str, facets: Sequence[str]) -> tuple[list[Claim], str | None]:
    """Find what is claimed in complete objects, then in all the rest; with the reasons of the last object."""
    decoder = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse, strict=False)
    claims: list[Claim] = []
    reasons: str | None = None
    rest = list(visible)
    for found, start, end in complete_objects(visible, decoder):
        inner = [Claim(claim.facet, claim.score, end) for claim in claims_of_value(found, facets)]
        if inner:
            claims += inner
            reasons = _reasons(found) or reasons
            # Not blanks, of which the patterns for lines would try every run from every place.
            rest[start:end] = "\0" * (end - start)
    claims += claims_of_text("".join(rest), facets)
    return claims, reasons or _reasons_in(visible)


def _judged(
    claims: Sequence[Claim], facets: Sequence[str], reasons: str | None, answer: Answer
) -> Reply | Failure:
    given = {facet: {claim.score for claim in claims if claim.facet == facet} for facet in facets}
    if not claims:
        return _lost(answer, answer.text, "the reply holds no complete JSON object with scores")
    if reasons is not None and _WILL_NOT_GRADE.match(_straight(reasons)):
        return _failure(FailureKind.REFUSED, "the judge declined to grade", answer.text)
    for facet, scores in given.items():
        if None in scores:
            fault = f"the score for {facet} is not a whole number from 1 to 5"
            return _failure(FailureKind.UNPARSABLE, fault, answer.text)
        if len(scores) > 1:
            fault = f"the reply gives {facet} more than one score"
            return _failure(FailureKind.UNPARSABLE, fault, answer.text)
    missing = [facet for facet, scores in given.items() if not scores]
    if missing:
        return _lost(answer, "", f"the reply has no score for {', '.join(missing)}")
    return Reply(
        scores={facet: score for facet, (score,) in given.items() if score is not None},
        rationale=reasons,
        raw=shorten(answer.text, _KEPT_OF_RAW),
    )


def _complete(visible: str, claims: Sequence[Claim]) -> bool:
    """Whether a reply that was cut off had said all its scores: only its end, or reasons, may be missing."""
    end = max((claim.end for claim in claims), default=0)
    rest = visible[end:]
    number_may_go_on = bool(end) and visible[end - 1].isdigit() and not rest
    if not claims or number_may_go_on:
        return False
    return bool(_AT_REST.match(rest) or _REASONS_FOLLOW.match(rest))


def _lost(answer: Answer, visible: str, problem: str) -> Failure:
    """Say why a reply holds no scores: it was cut off, it refused, or `problem`."""
    if answer.finish in _CUT_OFF:
        message = "the judge's reply was cut off: raise the judge's max_tokens"
        return _failure(FailureKind.TRUNCATED, message, answer.text)
    if _REFUSAL.search(_straight(visible)):
        return _failure(FailureKind.REFUSED, "the judge declined to grade", answer.text)
    return _failure(FailureKind.UNPARSABLE, problem, answer.text)


def _nothing(answer: Answer) -> Failure:
    if answer.finish in _CUT_OFF:
        return _thinking_only(answer)
    return _failure(FailureKind.EMPTY, "the judge said nothing", None)


def _thinking_only(answer: Answer) -> Failure:
    if answer.finish in _CUT_OFF:
        message = "the judge's thinking used up its tokens: give it thinking_tokens, or more of them"
        return _failure(FailureKind.TRUNCATED, message, answer.text or None)
    return _failure(FailureKind.UNPARSABLE, "the reply ends within its thinking", answer.text)


def _object(text: str) -> dict[str, Any] | None:
    """Return the one JSON object that `text` is; a line break inside a string is let through."""
    decoder = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse, strict=False)
    try:
        found = decoder.decode(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _unfenced(text: str) -> str:
    fenced = _FENCE.match(text)
    return fenced[1].strip() if fenced else text


def _reasons(found: Mapping[str, Any]) -> str | None:
    return next((found[key] for key in _REASON_KEYS if isinstance(found.get(key), str)), None)


def _reasons_in(visible: str) -> str | None:
    """Return the reasons in a reply that is no JSON: between their tags, or after their key."""
    opening = _REASONS_BEGIN.search(visible)
    if opening is None:
        return None
    ending = f"</{opening[1]}>" if opening[1] else opening[3]
    found, _, _ = visible[opening.end() :].partition(ending)
    return found.strip() or None


def _straight(text: str) -> str:
    return text.replace("’", "'")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        msg = "a key is there twice"
        raise ValueError(msg)
    return found


def _refuse(word: str) -> None:
    raise ValueError(word)


def _failure(kind: FailureKind, message: str, raw: str | None) -> Failure:
    return Failure(kind=kind, message=message, raw=None if raw is None else shorten(raw, _KEPT_OF_RAW))
