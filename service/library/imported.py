"""What an importer makes of another tool's file: a prompt set, a rubric, and a line for everything it had to leave."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from service.library.documents import read_document

Record = dict[str, Any]
MOST_PROMPTS = 5000
LONGEST_QUESTION = 500
_VARIABLE = re.compile(
    r"\{\{([^{}]*)\}\}"
)  # blanks are cut off later: an expression that does it could run for ever
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Documents in our own formats, and what they do not say any more.

    Attributes
    ----------
    rubric
        ``None`` where the file says nothing of what a good answer is.
    lost
        One line each, in the order of the file: where it stood, what it was and what to do instead.
    """

    prompt_set: Record
    rubric: Record | None
    lost: tuple[str, ...]


@dataclass(slots=True)
class Gathered:
    """An import that is being put together: prompts once each, facets once each, losses once each."""

    facet_texts: Mapping[str, Record]
    prompts: list[Record] = field(default_factory=list)
    facets: dict[str, Record] = field(default_factory=dict)
    losses: dict[str, None] = field(default_factory=dict)
    asked: set[tuple[str | None, str]] = field(default_factory=set)

    def lose(self, where: str, what: str) -> None:
        """Note something that is not carried over."""
        self.losses[f"{where}: {what}"] = None

    def facet(self, kind: str, weight: object = None, question: str | None = None) -> None:
        """Have the rubric ask for a facet; the largest weight that anybody gives it counts."""
        number = float(weight) if isinstance(weight, int | float) and not isinstance(weight, bool) else 1.0
        key = kind if question is None else f"{kind}: {question}"
        if key not in self.facets:
            made = deepcopy(self.facet_texts[kind])
            if question is not None:
                made["question"] = question
            names = {one["name"] for one in self.facets.values()}
            stem, count = made["name"], 1
            while made["name"] in names:
                count += 1
                made["name"] = f"{stem}_{count}"
            made["weight"] = min(1000.0, max(0.0, number))
            self.facets[key] = made
        self.facets[key]["weight"] = max(self.facets[key]["weight"], min(1000.0, number))

    def prompt(self, where: str, text: str, **fields: Any) -> None:
        """Add a prompt, unless the same was asked before."""
        if len(self.prompts) >= MOST_PROMPTS:
            self.lose("prompts", f"those beyond the first {MOST_PROMPTS}")
            return
        entry = {"text": text} | {name: value for name, value in fields.items() if value}
        same = (entry.get("system"), entry["text"])
        if not text.strip():
            self.lose(where, "a prompt without text")
        elif same in self.asked:
            self.lose(where, "a prompt that asks what an earlier one asks; what was expected of it here")
        else:
            self.asked.add(same)
            self.prompts.append(entry)

    def done(self, title: str, description: str) -> Imported:
        """Return what was gathered.

        Raises
        ------
        ValueError
            If there is not a single prompt.
        """
        if not self.prompts:
            raise ValueError("nothing to ask came of it" + "".join(f"\n  {one}" for one in self.losses))
        facets = list(self.facets.values())[:12]
        for one in list(self.facets.values())[12:]:
            self.lose("rubric", f"the facet '{one['question']}': a rubric has 12 facets at most")
        heading = (title.strip() or "Imported")[:120]
        about = description.strip()[:4000]
        width = len(str(len(self.prompts)))
        prompts = [{"id": f"p{place:0{width}d}"} | one for place, one in enumerate(self.prompts, start=1)]
        rubric = {"title": heading, "description": about, "facets": facets} if facets else None
        return Imported(
            prompt_set={"title": heading, "description": about, "prompts": prompts},
            rubric=rubric,
            lost=tuple(self.losses),
        )


def gathered(rubrics: Path) -> Gathered:
    """Return an empty import; `rubrics` is the folder whose ``imports.yaml`` words the facets."""
    return Gathered(facet_texts=read_document(rubrics / "imports.yaml"))


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a template with its ``{{variables}}`` replaced; nothing in it is executed.

    Raises
    ------
    ValueError
        For logic or filters, and for a variable without a value.

    Examples
    --------
    >>> filled("Say {{ word }}!", {"word": "hi"})
    'Say hi!'
    """
    if "{%" in template or "{#" in template:
        raise ValueError("its template has logic ({% … %}): write the text out")

    def value(match: re.Match[str]) -> str:
        name = _named(match)
        if not _NAME.fullmatch(name):
            raise ValueError(f"its template computes '{name[:60]}': write the value out")
        if name not in values:
            raise ValueError(f"there is no value for '{{{{{name}}}}}'")
        return values[name]

    return _VARIABLE.sub(value, template)


def variables(template: str) -> tuple[str, ...]:
    """Return the names in a template in order.

    Examples
    --------
    >>> variables("{{a}} and {{ b.c }}")
    ('a', 'b.c')
    """
    return tuple(_named(match) for match in _VARIABLE.finditer(template))


def _named(match: re.Match[str]) -> str:
    return match.group(1).strip("- \t\r\n")


def combinations(values: Mapping[str, Any], most: int = 1000) -> Iterator[dict[str, Any]]:
    """Yield one mapping for every combination of those values that are lists, `most` at most.

    Examples
    --------
    >>> list(combinations({"a": ["x", "y"], "b": "z"}))
    [{'a': 'x', 'b': 'z'}, {'a': 'y', 'b': 'z'}]
    """
    lists = [value if isinstance(value, list) else [value] for value in values.values()]
    for count, chosen in enumerate(product(*lists)):
        if count >= most:
            return
        yield dict(zip(values, chosen, strict=True))


def as_text(value: Any) -> str | None:
    """Return a plain value as text; ``None`` for lists, objects and nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def question_of(text: str) -> tuple[str, bool]:
    """Return a text that fits into a facet's question, and whether it had to be cut."""
    flat = " ".join(text.split())
    return (flat, False) if len(flat) <= LONGEST_QUESTION else (flat[: LONGEST_QUESTION - 1] + "…", True)
