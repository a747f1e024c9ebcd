"""Which language a text is in, as far as it can be told: short texts, names and figures are in none.

The detector is a table of letter sequences that comes with its package; it needs no network, and is loaded when it is first
asked (two seconds, a hundred megabytes).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

LEAST_BYTES = 30
"""Shorter pieces of text are looked at together with the next one."""
IN_IT, NOT_IN_IT, ELSEWHERE = 0.5, 0.1, 0.6
"""A piece is in the language from this probability on; it is not at most at the second, where another has the third."""
_ALIKE = (
    frozenset({"no", "nn", "nb", "da"}),
    frozenset({"hr", "bs", "sr", "sh"}),
    frozenset({"id", "ms"}),
    frozenset({"zh", "yue", "wuu"}),
    frozenset({"en", "pcm"}),
    frozenset({"de", "lb"}),
    frozenset({"pt", "gl"}),
)
"""Languages that a few sentences cannot tell apart: their probabilities count together."""
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """How much of a text is in the language that was wanted.

    Attributes
    ----------
    share
        Share of the letters that could be told; ``None`` where none could.
    other
        The language most of the rest is in.
    """

    share: float | None
    other: str | None


@cache
def detector() -> Any:
    """Return the detector; the first call takes seconds, so make it off the event loop."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def primary(tag: str) -> str:
    """Return the language of a tag, as the detector calls it.

    Examples
    --------
    >>> primary("pt-BR"), primary("nb")
    ('pt', 'no')
    """
    language = tag.partition("-")[0].lower()
    return "no" if language == "nb" else language


def known(tag: str) -> bool:
    """Whether the detector knows the language of a tag."""
    return primary(tag) in detector().labels


def spoken(text: str, wanted: str) -> Spoken:
    """Return how much of `text` is in the language `wanted`, a tag such as ``en`` or ``pt-BR``.

    Code and addresses are left out. Quotations and names in another language do not count where the piece of text around
    them is in the wanted one.

    Examples
    --------
    >>> spoken("Die Beta startet am 14. März, und Tom leitet die Tests bis dahin.", "de")
    Spoken(share=1.0, other=None)
    >>> spoken("42", "de")
    Spoken(share=None, other=None)
    """
    language = primary(wanted)
    kin = next((group for group in _ALIKE if language in group), frozenset({language}))
    inside, outside = 0, dict[str, int]()
    for piece in _pieces(text):
        ranked = detector().rank(piece)
        own = sum(probability for name, probability in ranked if name in kin)
        letters = sum(character.isalpha() for character in piece)
        top, most = ranked[0]
        if own >= IN_IT:
            inside += letters
        elif own <= NOT_IN_IT and most >= ELSEWHERE:
            outside[top] = outside.get(top, 0) + letters
    total = inside + sum(outside.values())
    return Spoken(
        share=inside / total if total else None,
        other=max(outside, key=lambda name: (outside[name], name)) if outside else None,
    )


def _pieces(text: str) -> Iterator[str]:
    """Yield the lines of `text` that hold something, short ones together with what follows."""
    waiting = ""
    for line in _CODE.sub(" ", text).splitlines():
        waiting = f"{waiting} {line}".strip() if line.strip() else waiting
        if len(waiting.encode("utf-8", "replace")) >= LEAST_BYTES:
            yield waiting
            waiting = ""
    if any(character.isalpha() for character in waiting):
        yield waiting
