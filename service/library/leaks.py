"""What the author of a rubric's worked examples should look at again: levels shown twice, and texts that give prompts away."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.domain.rubrics import Facet, PromptSet, Rubric
from service.errors import Fault
from service.library.schemas import pointer

NEARLY = 0.8
"""Share of words in common, as F1, from which two texts are nearly the same."""
FEWEST_WORDS = 4
"""Shorter texts are compared whole: two short answers share words by chance."""
MOST_CHARACTERS = 4000
"""Of a facet's examples together, some thousand tokens: a judge reads them with each answer."""
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Text:
    where: str
    words: Counter[str]
    whole: tuple[str, ...]


def example_places(rubric: Rubric, sets: Sequence[PromptSet] = ()) -> Iterator[Fault]:
    """Yield what is doubtful about the examples, each at its place in the file; none of it keeps the rubric from being used.

    A level that has several examples, examples that are long together, and an answer or question that is nearly a
    reference or a prompt of `sets`: a judge that was shown the right answer does not judge it, it recognises it.
    """
    known = [text for one in sets for text in _texts(one)]
    for at, facet in enumerate(rubric.facets):
        yield from _levels(at, facet)
        for number, example in enumerate(facet.examples):
            for name, said in (("answer", example.answer), ("question", example.question)):
                own = _text(name, said or "")
                alike = next((text.where for text in known if _alike(own, text)), None)
                if alike is not None:
                    detail = f"it is nearly the same as {alike}: take an example that no prompt asks for"
                    yield Fault(pointer=pointer("facets", at, "examples", number, name), detail=detail)


def _levels(at: int, facet: Facet) -> Iterator[Fault]:
    seen: dict[int, int] = {}
    for number, example in enumerate(facet.examples):
        first = seen.setdefault(example.level, number)
        if first != number:
            detail = f"level {example.level} has an example already, number {first}: a level that is shown more often is given more often"
            yield Fault(pointer=pointer("facets", at, "examples", number, "level"), detail=detail)
    length = sum(len(text) for example in facet.examples for text in example.texts)
    if length > MOST_CHARACTERS:
        detail = f"its examples are {length} characters long together, and a judge reads them with each answer: shorten them"
        yield Fault(pointer=pointer("facets", at, "examples"), detail=detail)


def _texts(one: PromptSet) -> Iterator[_Text]:
    for prompt in one.prompts:
        yield _text(f"the prompt '{prompt.id}' of '{one.name}'", prompt.text)
        if prompt.reference:
            yield _text(f"the reference of '{prompt.id}' of '{one.name}'", prompt.reference)


def _text(where: str, said: str) -> _Text:
    whole = tuple(_WORDS.findall(said.casefold()))
    return _Text(where, Counter(whole), whole)


def _alike(one: _Text, other: _Text) -> bool:
    """Return whether two texts have the same words, or if long enough nearly so."""
    if one.whole and one.whole == other.whole:
        return True
    fewer, enough = min(len(one.whole), len(other.whole)), NEARLY * (len(one.whole) + len(other.whole))
    if fewer < FEWEST_WORDS or 2 * fewer < enough:
        return False
    return 2 * (one.words & other.words).total() >= enough
