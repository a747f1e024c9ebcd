"""Deterministic checks: facets that need no judge where a prompt brings what the check compares with.

How a check becomes a score of 1 to 5:

=============  ===========================================  =====================================================
check          needs                                        score
=============  ===========================================  =====================================================
exact          a reference                                  5 equal but for blanks at the ends, else 1
normalised     a reference                                  5 equal but for case, punctuation and spacing, else 1
contains       ``expect.contains``                          1 + 4 × share of the texts that occur
json           ``expect.json``, ``expect.json_schema``,     5 nothing but JSON; 3 JSON in a Markdown fence; else 1
               or a reference that is a JSON object/array
json_schema    ``expect.json_schema``                       5 fits; 3 fits inside a Markdown fence; 2 JSON that
                                                            does not fit; else 1
token_f1       a reference                                  1 + 4 × F1 of the words in common
rouge_l        a reference                                  1 + 4 × F1 of the longest common subsequence of words
length         ``expect.min_words``, ``max_words``,         5 within the limits, 1 at none or twice what is allowed,
               ``max_characters``                           in proportion between
language       ``expect.language``, else the rubric's       1 + 4 × share of the text that is in the language;
               language                                     no score where that cannot be told (a number, a name)
=============  ===========================================  =====================================================
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from service.domain.failures import Failure, FailureKind
from service.domain.rubrics import CheckKind, Facet, Prompt, Rubric
from service.judge.languages import spoken
from service.library.schemas import shorten, validator

_FIRST_WITHOUT_BLANKS = 0x2E80  # Chinese, Japanese and what follows them in Unicode
LIMITS = ("min_words", "max_words", "max_characters")
_FENCE = re.compile(r"\A```[A-Za-z0-9]*\s*\n(.*?)\n?```\Z", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check found: an unrounded score of 1 to 5 and the finding in words."""

    score: float
    finding: str


def decides(facet: Facet, prompt: Prompt) -> bool:
    """Whether `facet` has a check and `prompt` what that check needs; where not, the judge decides."""
    expect = prompt.expect or {}
    match facet.check:
        case None | "language":  # the rubric says the language where the prompt does not
            return facet.check is not None
        case "contains":
            return bool(expect.get("contains"))
        case "json_schema":
            return "json_schema" in expect
        case "length":
            return any(limit in expect for limit in LIMITS)
        case "json":
            held = prompt.reference is not None and isinstance(_json(prompt.reference), dict | list)
            return held or "json" in expect or "json_schema" in expect
        case _:
            return prompt.reference is not None


def expecting(kind: CheckKind, rubric: Rubric, prompt: Prompt) -> Prompt:
    """Return `prompt` with what the rubric says where the prompt does not: the language of its answers."""
    if kind != "language" or "language" in (prompt.expect or {}):
        return prompt
    return replace(prompt, expect={**(prompt.expect or {}), "language": rubric.language})


def check(kind: CheckKind, prompt: Prompt, answer: str) -> Checked | Failure:
    """Return what the check finds; a ``Failure`` only where it cannot be carried out, or cannot tell.

    An empty answer is checked like any other. `decides` must have been true for this prompt, and `expecting` must have
    been asked for it.
    """
    try:
        return _CHECKS[kind](prompt, answer)
    except RecursionError:
        return Failure(
            kind=FailureKind.UNEXPECTED,
            message="the expected JSON Schema refers to itself without end: rewrite it",
            raw=answer[:200],
        )


def normalised(text: str) -> str:
    """Return `text` in small letters and digits, words parted by one blank; other characters count as blanks.

    Examples
    --------
    >>> normalised("  It's  PARIS! ")
    'it s paris'
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in folded)
    return " ".join(kept.split())


def token_f1(answer: str, reference: str) -> float:
    """Return the harmonic mean of precision and recall over words (as multisets), 0 to 1; 1 when both have none.

    Examples
    --------
    >>> token_f1("The capital is Paris.", "Paris")
    0.4
    """
    said, wanted = normalised(answer).split(), normalised(reference).split()
    if not said or not wanted:
        return float(said == wanted)
    common = sum((Counter(said) & Counter(wanted)).values())
    return 2 * common / (len(said) + len(wanted))


def rouge_l(answer: str, reference: str) -> float:
    """Return the F1 of the longest common subsequence of words, 0 to 1; 1 when both have none.

    Unlike `token_f1` it heeds the order of words.

    References
    ----------
    C.-Y. Lin, ROUGE: a package for automatic evaluation of summaries, 2004; the length of the subsequence by bits as in
    H. Hyyrö, Bit-parallel LCS-length computation revisited, 2004.

    Examples
    --------
    >>> rouge_l("police killed the gunman", "police kill the gunman")
    0.75
    >>> rouge_l("gunman the kill police", "police kill the gunman")
    0.25
    """
    said, wanted = normalised(answer).split(), normalised(reference).split()
    if not said or not wanted:
        return float(said == wanted)
    places: dict[str, int] = {}
    for at, word in enumerate(wanted):
        places[word] = places.get(word, 0) | 1 << at
    everything = (1 << len(wanted)) - 1
    open_places = everything
    for word in said:
        met = open_places & places.get(word, 0)
        open_places = (open_places + met | open_places - met) & everything
    common = len(wanted) - open_places.bit_count()
    return 2 * common / (len(said) + len(wanted))


def _exact(prompt: Prompt, answer: str) -> Checked:
    return _equal(answer.strip() == (prompt.reference or "").strip())


def _normalised(prompt: Prompt, answer: str) -> Checked:
    return _equal(normalised(answer) == normalised(prompt.reference or ""))


def _equal(same: bool) -> Checked:
    return Checked(
        score=5.0 if same else 1.0, finding=f"{'equals' if same else 'differs from'} the reference"
    )


def _contains(prompt: Prompt, answer: str) -> Checked:
    wanted: list[str] = (prompt.expect or {})["contains"]
    missing = [text for text in wanted if not _occurs(text, answer)]
    share = 1 - len(missing) / len(wanted)
    finding = f"{len(wanted) - len(missing)} of {len(wanted)} expected texts occur"
    if missing:
        finding += f"; missing: {shorten(', '.join(missing))}"
    return Checked(score=1 + 4 * share, finding=finding)


def _occurs(text: str, answer: str) -> bool:
    """Whether `text` occurs as whole words, whatever the case and punctuation; anywhere in scripts without blanks."""
    wanted = normalised(text)
    if not wanted:  # punctuation only
        return text.strip() in answer
    if any(ord(character) >= _FIRST_WITHOUT_BLANKS for character in wanted):
        return wanted in normalised(answer)
    return f" {wanted} " in f" {normalised(answer)} "


def _json_form(prompt: Prompt, answer: str) -> Checked:
    del prompt
    bare, inner = _json(answer), _json(_unfenced(answer))
    if isinstance(bare, dict | list):
        return Checked(score=5.0, finding="is JSON")
    if isinstance(inner, dict | list):
        return Checked(score=3.0, finding="is JSON inside a Markdown fence")
    return Checked(score=1.0, finding="is not a JSON object or array")


def _json_schema(prompt: Prompt, answer: str) -> Checked:
    schema = (prompt.expect or {})["json_schema"]
    bare, inner = _json(answer), _json(_unfenced(answer))
    value = inner if bare is _NOTHING else bare
    if value is _NOTHING:
        return Checked(score=1.0, finding="is not JSON")
    error = next(iter(validator(schema).iter_errors(value)), None)
    if error is not None:
        return Checked(score=2.0, finding=f"does not fit the schema: {shorten(error.message)}")
    if bare is _NOTHING:
        return Checked(score=3.0, finding="fits the schema inside a Markdown fence")
    return Checked(score=5.0, finding="fits the schema")


def _token_f1(prompt: Prompt, answer: str) -> Checked:
    shared = token_f1(answer, prompt.reference or "")
    return Checked(score=1 + 4 * shared, finding=f"token F1 with the reference is {shared:.3f}")


def _rouge_l(prompt: Prompt, answer: str) -> Checked:
    shared = rouge_l(answer, prompt.reference or "")
    return Checked(score=1 + 4 * shared, finding=f"ROUGE-L with the reference is {shared:.3f}")


def _length(prompt: Prompt, answer: str) -> Checked:
    expect, faults, worst = prompt.expect or {}, [], 0.0
    words, characters = len(answer.split()), len(answer.strip())
    for limit, has in (("max_words", words), ("max_characters", characters)):
        if limit in expect and has > expect[limit]:
            worst = max(worst, min(1.0, has / expect[limit] - 1))
            faults.append(f"{has} {limit[4:]}, {expect[limit]} at most")
    if words < expect.get("min_words", 0):
        worst = max(worst, 1 - words / expect["min_words"])
        faults.append(f"{words} words, {expect['min_words']} at least")
    finding = "; ".join(faults) or f"within the limits: {words} words, {characters} characters"
    return Checked(score=5 - 4 * worst, finding=finding)


def _language(prompt: Prompt, answer: str) -> Checked | Failure:
    wanted: str = (prompt.expect or {})["language"]
    found = spoken(answer, wanted)
    if found.share is None:
        said = (
            "is empty" if not answer.strip() else "is too short, or holds too few words, to tell its language"
        )
        message = f"The answer {said}: leave the facet out of the facets of prompts with such answers."
        return Failure(kind=FailureKind.UNDECIDED, message=message, raw=answer[:200])
    finding = f"{found.share:.0%} of the text is in the language '{wanted}'"
    if found.other is not None:
        finding += f"; the rest is mostly in '{found.other}'"
    return Checked(score=1 + 4 * found.share, finding=finding)


_CHECKS: Mapping[CheckKind, Callable[[Prompt, str], Checked | Failure]] = {
    "exact": _exact,
    "normalised": _normalised,
    "contains": _contains,
    "json": _json_form,
    "json_schema": _json_schema,
    "token_f1": _token_f1,
    "rouge_l": _rouge_l,
    "length": _length,
    "language": _language,
}

_NOTHING: Any = object()


def _json(text: str) -> Any:
    """Return what the JSON text holds, or the mark for nothing; NaN and infinities are not JSON."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return _NOTHING


def _unfenced(text: str) -> str:
    match = _FENCE.match(text.strip())
    return match[1] if match else text


def _refuse(word: str) -> None:
    raise ValueError(word)
