"""Reading one score: a whole number of 1 to 5 or nothing, never rounded and never guessed."""

import math
import re
from typing import Any

_SCORE = re.compile(
    r"(?P<score>[1-5])(?:[.,]0{1,6})?(?:\s{0,4}(?:/\s{0,4}5(?:\.0)?|(?:out\s+)?of\s+5|points?|stars?))?"
    r"(?:\s{0,4}[-–—:(\[].{0,400}|[.!;]\s.{0,400}|[.!])?",
    re.DOTALL | re.IGNORECASE,
)
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_ANOTHER_NUMBER = re.compile(r"\d|[½¼¾]|\b(?:half|one|two|three|four|five|six|seven|eight|nine|ten)\b")
_COMMENT = re.compile(r"//|#|/\*")
_AROUND = " \t\r\n\"'“”‘’`*_\\"


def read_score(value: Any) -> int | None:
    """Return the score that a JSON value or a piece of text holds; ``None`` for anything else.

    A number beside the score, as in ``4 or 5``, ``4/10`` and ``4.5``, leaves no score.

    Examples
    --------
    >>> [read_score(value) for value in (4, 4.0, "4", "**4/5**", "4 (good)", "four")]
    [4, 4, 4, 4, 4, 4]
    >>> [read_score(value) for value in (4.5, 0, 6, True, "4/10", "3-4", "4,5", "1 to 5", "")]
    [None, None, None, None, None, None, None, None, None]
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return int(value) if math.isfinite(value) and value in {1, 2, 3, 4, 5} else None
    if not isinstance(value, str):
        return None
    text = _COMMENT.split(value, maxsplit=1)[0].strip(_AROUND)
    if (word := _WORDS.get(text.rstrip(".!").lower())) is not None:
        return word
    found = _SCORE.fullmatch(text)
    if found is None:
        return None
    beside = re.sub(
        r"\A\s*(?:[.,]0+)?\s*(?:/\s*5(?:\.0)?|(?:out\s+)?of\s+5)?", "", text[1:], flags=re.IGNORECASE
    )
    return None if _ANOTHER_NUMBER.search(beside.lower()) else int(found["score"])


def looks_like_a_number(value: Any) -> bool:
    """Whether `value` was meant as a number, so that one which is no score is a fault and not a remark."""
    if isinstance(value, str):
        return re.match(r"[\s\"'“`*\\~+-]*\d", value) is not None
    return isinstance(value, int | float)
