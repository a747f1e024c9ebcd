"""Made-up words and smallest possible edits: what forces a judge to compare instead of to remember."""

import string
from random import Random

_CONSONANTS, _VOWELS = "bcdfghjklmnprstvwxyz", "aeiou"
_SYLLABLES = [
    "ba",
    "ke",
    "lo",
    "mi",
    "nu",
    "ra",
    "so",
    "ti",
    "ve",
    "wa",
    "zor",
    "gel",
    "dan",
    "fip",
    "hul",
    "jex",
    "kor",
    "lum",
    "nef",
    "pol",
    "qui",
    "ros",
    "sub",
    "tav",
    "ulm",
    "vik",
    "wen",
    "xan",
    "yol",
    "zed",
]
_STARTS = ["ch", "sh", "st", "tr", "br", "gr", "th", "kr", "pl", "", *_CONSONANTS]
_MIDDLES = ["a", "e", "i", "o", "u", "ea", "ou", "ia", "ai"]
_ENDS = ["", "n", "r", "s", "l", "m", "t", "nd", "st", "ck", "th"]


def invented(random: Random, *, capital: bool) -> str:
    """Return a word that is in no list, made in one of four ways so that its tokens differ."""
    way = random.random()
    if way < 0.45:
        word = "".join(
            random.choice(_CONSONANTS)
            + random.choice(_VOWELS)
            + (random.choice(_CONSONANTS) if random.random() < 0.35 else "")
            for _ in range(random.choice((2, 2, 3)))
        )
    elif way < 0.7:
        word = "".join(random.choice(_SYLLABLES) for _ in range(random.choice((1, 2, 2, 3))))
    elif way < 0.9:
        word = "".join(
            random.choice(_STARTS) + random.choice(_MIDDLES) + random.choice(_ENDS)
            for _ in range(random.choice((1, 2, 2)))
        )
    else:
        word = "".join(random.choice(string.ascii_lowercase) for _ in range(random.randint(3, 8)))
    return word.capitalize() if capital else word


def edited(random: Random, word: str) -> str:
    """Return `word` with one character changed, added or taken away; a number keeps its length.

    Examples
    --------
    >>> from random import Random
    >>> changed = edited(Random(0), "1997")
    >>> len(changed), changed != "1997", changed.isdigit()
    (4, True, True)
    """
    place = random.randrange(len(word))
    before, letter, after = word[:place], word[place], word[place + 1 :]
    if word.isdigit():
        digits = [digit for digit in string.digits if digit != letter and not (place == 0 and digit == "0")]
        return before + random.choice(digits) + after
    way = random.random()
    if way < 0.2 and len(word) > 3:
        return before + after
    if way < 0.4:
        return before + random.choice(string.ascii_lowercase) + letter + after
    other = random.choice([x for x in string.ascii_lowercase if x != letter.lower()])
    return before + (other.upper() if letter.isupper() else other) + after
