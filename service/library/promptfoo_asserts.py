"""promptfoo's assertions: what each of them becomes here, or why it becomes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from service.library.imported import Gathered, Record, as_text, filled, question_of
from service.library.schemas import shorten

CONTAINS: Final = frozenset({"contains", "icontains", "contains-all", "icontains-all"})
CODE: Final = frozenset({"javascript", "python", "ruby", "webhook"})
WORDS: Final = frozenset({"similar", "rouge-n", "rouge", "bleu", "gleu", "meteor", "levenshtein", "f-score"})
CRITERIA: Final = frozenset({"llm-rubric", "model-graded-closedqa", "g-eval"})
FACTS: Final = frozenset({"factuality", "model-graded-factuality"})
INSTEAD: Final = {
    "regex": "regular expressions are not taken from files: use contains or a JSON schema",
    "starts-with": "there is no such check: use contains",
    "contains-any": "there is no check for one of several texts: use a criterion for the judge",
    "icontains-any": "there is no check for one of several texts: use a criterion for the judge",
    "contains-json": "JSON among other text is not told apart: use is-json",
    "latency": "times belong into the selection profile: a gate such as latency_p95",
    "cost": "local models have no price per token: memory and footprint are measured instead",
    "perplexity": "runtimes here tell no probabilities",
    "perplexity-score": "runtimes here tell no probabilities",
}


@dataclass(slots=True)
class Expected:
    """What the prompts of one test are compared with."""

    references: list[str] = field(default_factory=list)
    contains: list[str] = field(default_factory=list)
    form: Record = field(default_factory=dict)

    def fields(self) -> Record:
        """Return the fields of a prompt."""
        wanted = {"contains": list(dict.fromkeys(self.contains))[:50]} if self.contains else {}
        return {"reference": self.references[0] if self.references else None, "expect": self.form | wanted}


def expectations(
    found: Gathered, where: str, asserts: list[Any], texts: dict[str, str], shared: frozenset[str]
) -> Record:
    """Return the reference and expectations that a prompt of this test gets; facets are noted on the way.

    Parameters
    ----------
    texts
        Values of the test's variables.
    shared
        Criteria for the judge that hold for every test, see `shared_criteria`.
    """
    expected = Expected()
    for one in _flat(found, where, asserts):
        kind = str(one.get("type", ""))
        told = f"assert {kind or 'without a type'}"
        for name in sorted(one.keys() - {"type", "value", "weight", "threshold"}):
            found.lose(where, f"{told}: '{name}' is not carried over")
        if one.get("threshold") is not None and kind not in INSTEAD:
            found.lose(
                where, f"{told}: its threshold, for answers are scored from 1 to 5 and not passed or failed"
            )
        try:
            if kind in CRITERIA:
                _criterion(found, where, told, _required(one.get("value")), shared, one.get("weight"))
            elif not _check(found, expected, kind, one, texts):
                found.lose(where, f"{told}: {_why(kind)}")
            elif kind in WORDS:
                found.lose(where, f"{told}: scored by the words shared with the reference instead")
        except ValueError as error:
            found.lose(where, f"{told}: {error}")
    for other in expected.references[1:]:
        found.lose(where, f"a second reference, '{shorten(other, 60)}'")
    return expected.fields()


def _check(found: Gathered, expected: Expected, kind: str, one: Record, texts: dict[str, str]) -> bool:
    """Take over an assertion that needs no criterion; tell whether there is anything like it here."""
    value, weight = one.get("value"), one.get("weight")
    if kind in CONTAINS:
        wanted = [as_text(text) for text in (value if isinstance(value, list) else [value])]
        expected.contains += [filled(text, texts) for text in wanted if text]
        found.facet("contains", weight)
    elif kind == "is-json":
        expected.form |= _json(value)
        found.facet("json_schema" if "json_schema" in expected.form else "json", weight)
    elif kind == "answer-relevance":
        found.facet("relevance", weight)
    elif kind == "equals" or kind in WORDS or kind in FACTS:
        expected.references.append(filled(_required(value), texts))
        found.facet("exact" if kind == "equals" else "accuracy" if kind in FACTS else "overlap", weight)
    else:
        return False
    return True


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, and an empty one for anything else."""
    return value if isinstance(value, list) else []


def _flat(found: Gathered, where: str, asserts: list[Any]) -> Iterator[Record]:
    for one in asserts:
        if not isinstance(one, dict):
            found.lose(where, "an assertion that is no object")
        elif one.get("type") == "assert-set":
            found.lose(where, "the bounds of an assert-set: what is in it counts by itself")
            yield from (inner for inner in as_list(one.get("assert")) if isinstance(inner, dict))
        else:
            yield one


def _criterion(
    found: Gathered, where: str, told: str, text: str, shared: frozenset[str], weight: object
) -> None:
    if text not in shared:
        found.lose(
            where,
            f"{told}: '{shorten(text, 80)}' is asked of some tests only, and a rubric holds for a whole prompt set: "
            "make these tests a set of their own",
        )
        return
    question, cut = question_of(text)
    if cut:
        found.lose(where, f"{told}: what is beyond the first 500 characters")
    found.facet("criterion", weight, question)


def shared_criteria(usual: Record, tests: list[Any]) -> frozenset[str]:
    """Return the criteria for the judge that hold for every test."""

    def criteria(test: Any) -> frozenset[str]:
        asserts = as_list(test.get("assert")) if isinstance(test, dict) else []
        sets = [
            one.get("assert") for one in asserts if isinstance(one, dict) and one.get("type") == "assert-set"
        ]
        return frozenset(
            one["value"]
            for one in [*asserts, *(inner for each in sets for inner in as_list(each))]
            if isinstance(one, dict) and one.get("type") in CRITERIA and isinstance(one.get("value"), str)
        )

    each = [criteria(test) for test in tests]
    return criteria(usual) | (frozenset.intersection(*each) if each else frozenset())


def _json(value: Any) -> Record:
    if isinstance(value, dict):
        return {"json_schema": value}
    if value is None:
        return {"json": True}
    raise ValueError("its schema is in a file or in text: write it into the assertion as YAML")


def _required(value: Any) -> str:
    text = as_text(value)
    if not text or text.startswith("file://"):
        raise ValueError("its value is no plain text")
    return text


def _why(kind: str) -> str:
    if kind.startswith("not-"):
        return "there is no check that something is absent: use a criterion for the judge"
    if kind in CODE:
        return "code of a file is not run: use a check or a criterion for the judge"
    return INSTEAD.get(kind, "there is no such check here")
