"""What a reply claims: which facet it gives which score, wherever in the reply that stands.

Small judges break the form they were asked for in many ways: comments and line breaks in their JSON, no closing brace, a
tool that nobody named, tags, a list. The pair of a facet's name and a score survives all of them. Two claims that differ
are a contradiction, and nobody but the judge can say which one it meant.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from service.judge.scores import looks_like_a_number, read_score

_ALONE = ("score", "rating", "grade", "result", "final score", "overall score", "final rating")
"""What a judge that was asked for one facet may call its score."""
_NAMED_BY = ("facet", "criterion", "name", "dimension", "aspect", "category")
_DEEPEST = 8
_decoder = json.JSONDecoder(strict=False)
_NUMBER = r"[^\"'“”,;}\]\n<>|]{0,60}"

_BROKEN_OBJECTS_AT_MOST = 64


@dataclass(frozen=True, slots=True)
class Claim:
    """A facet with the score the reply gives it, `None` for a number that is no score; its value lies from `start` to `end`."""

    facet: str
    score: int | None
    end: int = 0
    start: int = 0


def claims_of_value(value: Any, facets: Sequence[str]) -> list[Claim]:
    """Return the claims in a JSON value, at any depth: tools and wrappers may have any name."""
    return _by_name_first(list(_in_value(value, _Names.of(facets), _DEEPEST)), facets)


def claims_of_text(text: str, facets: Sequence[str]) -> list[Claim]:
    """Return the claims in running text: names in quotes, tags, and lines that hold nothing but a name and a score."""
    names = _Names.of(facets)
    found = [claim for pattern in names.exact for claim in _matches(pattern, text, names)]
    found += [
        claim
        for pattern in names.loose
        for claim in _matches(pattern, text, names)
        if claim.score is not None
    ]
    return _by_name_first(found, facets)


def claims_in_json(text: str, at: int, facets: Sequence[str]) -> list[Claim]:
    """Return the scores that the JSON value at `at` gives, each with its place; one that is text in itself has none."""
    names = _Names.of(facets)
    leaves: list[_Leaf] = []
    _walk(text, at, ("",), 0, leaves)
    called = {
        leaf.parent: facet
        for leaf in leaves
        if leaf.keys[-1] in _NAMED_BY and isinstance(leaf.value, str) and (facet := names.facet(leaf.value))
    }
    found = []
    for leaf in leaves:
        facet = names.facet(leaf.keys[-1])
        if facet is None and _plain(leaf.keys[-1]) in _ALONE:
            facet = ""
        if facet == "":
            facet = (
                called.get(leaf.parent) or names.facet(leaf.keys[-2]) or ("" if len(facets) == 1 else None)
            )
        score = None if facet is None else read_score(leaf.value)
        if facet is not None and score is not None:
            found.append(Claim(facet, score, leaf.end, leaf.start))
    return _by_name_first(found, facets)


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A value that holds no others: the keys that lead to it, the place of the object it is in, and its own."""

    keys: tuple[str, ...]
    parent: int
    value: Any
    start: int
    end: int


def _walk(text: str, at: int, keys: tuple[str, ...], parent: int, leaves: list[_Leaf]) -> int:
    """Collect the leaves of the JSON value at `at`, which is known to be one, and return where it ends."""
    at = _past(text, at, " \t\r\n")
    if text[at] not in "{[":
        value, end = _decoder.raw_decode(text, at)
        if len(keys) > 1:
            leaves.append(_Leaf(keys, parent, value, at, end))
        return end
    opened, place = text[at], at
    at = _past(text, at + 1, " \t\r\n")
    while text[at] not in "}]":
        own = keys
        if opened == "{":
            key, at = _decoder.raw_decode(text, at)
            at = _past(text, at, " \t\r\n:")
            own, parent = (*keys, key), place
        at = _walk(text, at, own, parent, leaves)
        at = _past(text, at, " \t\r\n,")
    return at + 1


def _past(text: str, at: int, signs: str) -> int:
    while text[at] in signs:
        at += 1
    return at


@dataclass(frozen=True, slots=True)
class _Names:
    """The spellings of the facets that were asked for.

    Attributes
    ----------
    exact, loose
        Where a name and a colon announce a number, and where they may as well begin a remark.
    """

    by_spelling: dict[str, str]
    exact: tuple[re.Pattern[str], ...]
    loose: tuple[re.Pattern[str], ...]

    @staticmethod
    @lru_cache(maxsize=64)
    def _built(facets: tuple[str, ...]) -> "_Names":
        spellings = {_plain(facet): facet for facet in facets}
        if len(facets) == 1:
            spellings |= {_plain(word): "" for word in _ALONE if _plain(word) not in spellings}
        words = "|".join(
            r"[\s_-]?".join(map(re.escape, spelling.split()))
            for spelling in sorted(spellings, key=len, reverse=True)
        )
        name = rf"(?P<name>{words})(?:[\s_-]?(?:score|rating|grade))?"
        quoted = rf"\\?[\"'“]{name}\\?[\"'”]\s*:\s*(?P<value>\\?[\"'“]?{_NUMBER})(?P<rest>,\d|[<>|])?"
        bare = rf"[{{,]\s*{name}\s*:\s*(?P<value>{_NUMBER})(?P<rest>,\d)?(?=[,}}\n])"
        tag = rf"<{name}>\s*(?P<value>{_NUMBER})(?P<rest>)(?=\s*</|\n|\Z)"
        opening = r"^[\s>|*#•\-]*(?:\d{1,2}[.)]\s*)?(?:(?:final|my|overall)\s+)?"
        line = (
            rf"{opening}[*_\"'`\[(]*{name}[*_\"'`\])]*(?:\s*\(1\s*(?:to|-|–)\s*5\))?\s*"
            r"(?::|=|\||-|–|—|(?<=\])|\bis\b)[\s*_]*\[{0,2}(?P<value>[^\n|\]]{0,400})(?P<rest>)\]{0,2}[|\s]*$"
        )
        result = r"\[(?P<name>result)\]\s*:?\s*(?P<value>[^\n]{0,60})(?P<rest>)$"
        flags = re.IGNORECASE | re.MULTILINE
        exact = tuple(re.compile(each, flags) for each in (quoted, bare))
        loose = tuple(re.compile(each, flags) for each in (tag, line, result))
        return _Names(spellings, exact, loose)

    @staticmethod
    def of(facets: Sequence[str]) -> "_Names":
        return _Names._built(tuple(facets))

    def facet(self, spelling: str) -> str | None:
        """Return the facet of a name as it was written, ``""`` for a nameless score, ``None`` for another word."""
        plain = _plain(spelling)
        for ending in ("", " score", " rating", " grade"):
            if (
                plain.endswith(ending)
                and (found := self.by_spelling.get(plain.removesuffix(ending))) is not None
            ):
                return found
        return None


def _plain(name: str) -> str:
    return " ".join(re.split(r"[\s_-]+", name.strip().lower()))


def _by_name_first(found: list[Claim], facets: Sequence[str]) -> list[Claim]:
    """Take a score without a name for the one facet's where nothing gives that facet by name."""
    named = [claim for claim in found if claim.facet]
    return named or [Claim(facets[0], claim.score, claim.end, claim.start) for claim in found]


def _matches(pattern: re.Pattern[str], text: str, names: _Names) -> Iterator[Claim]:
    for found in pattern.finditer(text):
        facet = names.facet(found["name"])
        value = found["value"]
        if facet is None:
            continue
        score = None if found["rest"] else read_score(value)
        if score is not None or looks_like_a_number(value):
            yield Claim(facet, score, found.end("value"), found.start("value"))


def _in_value(value: Any, names: _Names, depth: int) -> Iterator[Claim]:
    if depth == 0:
        return
    if isinstance(value, list):
        for inner in value:
            yield from _in_value(inner, names, depth - 1)
    elif isinstance(value, dict):
        listed = _listed(value, names)
        if listed is not None:
            yield listed
            return
        for key, inner in value.items():
            facet = names.facet(key)
            wraps = facet is None or (not facet and isinstance(inner, dict | list))
            yield from _in_value(inner, names, depth - 1) if wraps else _of_facet(facet or "", inner)
    elif isinstance(value, str) and value.lstrip().startswith("{"):  # the arguments of a tool call are text
        try:
            inner = json.loads(value)
        except (ValueError, RecursionError):
            return
        yield from _in_value(inner, names, depth - 1)


def _of_facet(facet: str, value: Any) -> Iterator[Claim]:
    if isinstance(value, dict):
        given = [value[key] for key in value if _plain(key) in _ALONE]
        value = given[0] if len(given) == 1 else None
    score = read_score(value)
    if score is not None or looks_like_a_number(value):
        yield Claim(facet, score)


def _listed(value: dict[str, Any], names: _Names) -> Claim | None:
    """Read an entry of a list, as in ``{"facet": "clarity", "score": 4}``."""
    called = next((value[key] for key in value if key in _NAMED_BY and isinstance(value[key], str)), None)
    facet = None if called is None else names.facet(called)
    given = [value[key] for key in value if _plain(key) in _ALONE]
    if not facet or len(given) != 1:
        return None
    return Claim(facet, read_score(given[0]))


def complete_objects(visible: str, decoder: json.JSONDecoder) -> Iterator[tuple[Any, int, int]]:
    """Yield each complete JSON object of a text with where it begins and ends; after many broken ones none is sought."""
    start, broken = visible.find("{"), 0
    while start >= 0 and broken < _BROKEN_OBJECTS_AT_MOST:
        try:
            found, end = decoder.raw_decode(visible, start)
        except (ValueError, RecursionError):
            end, broken = start + 1, broken + 1
        else:
            yield found, start, end
        start = visible.find("{", end)
