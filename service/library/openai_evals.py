"""OpenAI Evals in JSON: an eval with its graders and a run's data source, or a list of samples, become ours.

Read as data only: graders in Python are not run, and files that are only named by an id are not fetched.
"""

from pathlib import Path
from typing import Any, Final

from service.library.imported import (
    Gathered,
    Imported,
    Record,
    as_text,
    filled,
    gathered,
    question_of,
    variables,
)
from service.library.schemas import shorten

ANSWERS: Final = frozenset({"sample.output_text", "sample.output_json"})
QUESTIONS: Final = ("input", "question", "prompt", "query", "text")
GIVEN: Final = "there is no check for it here"


def from_openai_evals(document: Any, rubrics: Path) -> Imported:
    """Return what an eval asks for.

    Parameters
    ----------
    document
        The parsed JSON: an eval (``testing_criteria``) with the ``data_source`` of a run beside it, under ``run``, or as a
        whole under ``eval`` and ``run``; or a list of samples with ``input`` and ``ideal``.
    rubrics
        The folder whose ``imports.yaml`` words the facets.

    Raises
    ------
    ValueError
        If it is none of these, or nothing to ask comes of it.
    """
    found = gathered(rubrics)
    if isinstance(document, list):
        for place, sample in enumerate(document, start=1):
            _sample(found, f"sample {place}", sample)
        return found.done("Imported from OpenAI Evals", "Samples with ideal answers.")
    run = document.get("run", {}) if isinstance(document, dict) else None
    outer = document.get("eval", document) if isinstance(document, dict) else None
    if not (isinstance(outer, dict) and isinstance(run, dict) and "testing_criteria" in outer):
        raise ValueError("it is no eval: that has 'testing_criteria', and 'data_source' for what is asked")
    source = run.get("data_source", outer.get("data_source", document.get("data_source")))
    criteria = outer["testing_criteria"]
    if not (isinstance(source, dict) and isinstance(criteria, list)):
        raise ValueError(  # noqa: TRY004  # a fault of the file, not of a type
            "there is no 'data_source' with what is asked: save the run's beside the criteria"
        )
    _losses(found, outer, source)
    references = _criteria(found, criteria)
    _items(found, source, references)
    title = as_text(outer.get("name")) or "Imported from OpenAI Evals"
    return found.done(title, "Data and graders of an OpenAI eval.")


def _losses(found: Gathered, outer: Record, source: Record) -> None:
    kind = (
        outer.get("data_source_config", {}).get("type")
        if isinstance(outer.get("data_source_config"), dict)
        else None
    )
    if kind in {"logs", "stored_completions"}:
        found.lose(
            "data_source_config", f"'{kind}' is what OpenAI keeps: only rows in the file are carried over"
        )
    for name, instead in (
        ("model", "name the candidates in the evaluation"),
        ("sampling_params", "set them there too"),
    ):
        if source.get(name) is not None:
            found.lose(f"data_source.{name}", instead)


def _criteria(found: Gathered, criteria: list[Any]) -> list[tuple[str, str]]:
    """Note the facets of every grader; return the templates of what is expected, each as ``reference`` or ``contains``."""
    expected: list[tuple[str, str]] = []
    for place, one in enumerate(criteria, start=1):
        if not isinstance(one, dict):
            found.lose(f"criterion {place}", "no object")
            continue
        where = f"criterion {place} ({shorten(str(one.get('name', 'without a name')), 60)})"
        kind = one.get("type")
        if kind == "multi" and isinstance(one.get("graders"), dict):
            found.lose(where, "how its graders are combined: each counts by itself, weighted in the rubric")
            expected += _criteria(found, list(one["graders"].values()))
        elif kind in {"string_check", "text_similarity"}:
            expected += _comparison(found, where, one)
        elif kind in {"score_model", "label_model"}:
            _judged(found, where, one)
        elif kind == "python":
            found.lose(where, "code of a file is not run: use a check or a criterion for the judge")
        else:
            found.lose(where, f"a grader of type '{kind}': {GIVEN}")
    return expected


def _comparison(found: Gathered, where: str, one: Record) -> list[tuple[str, str]]:
    """Return what a grader compares the answer with, and note the facet that does so."""
    compared, reference = one.get("input"), one.get("reference")
    if not isinstance(compared, str) or not isinstance(reference, str):
        found.lose(where, "it compares something else than texts")
        return []
    if set(variables(compared)) - ANSWERS or not variables(compared):
        found.lose(where, f"it compares '{shorten(compared, 60)}', not the answer")
        return []
    if one["type"] == "text_similarity":
        found.lose(
            where, f"'{one.get('evaluation_metric')}' and its threshold: scored by the words shared instead"
        )
        found.facet("overlap")
        return [("reference", reference)]
    operation = one.get("operation")
    if operation == "eq":
        found.facet("exact")
        return [("reference", reference)]
    if operation in {"like", "ilike"}:
        found.facet("contains")
        return [("contains", reference)]
    found.lose(where, f"the operation '{operation}': {GIVEN}")
    return []


def _judged(found: Gathered, where: str, one: Record) -> None:
    """Note a facet for a grader that is a model: its instructions become the question."""
    given = one.get("input")
    messages = given if isinstance(given, list) else []
    texts = [_content(message) for message in messages if isinstance(message, dict)]
    words = " ".join(text for text in texts if text)
    for name in dict.fromkeys(variables(words)):
        told = "the answer" if name in ANSWERS else f"the {name.rpartition('.')[2].replace('_', ' ')}"
        words = words.replace("{{" + name + "}}", told).replace("{{ " + name + " }}", told)
    if not words.strip() or "{{" in words:
        found.lose(where, "its instructions are no plain text")
        return
    question, cut = question_of(words)
    if cut:
        found.lose(where, "its instructions beyond the first 500 characters")
    if one["type"] == "label_model":
        found.lose(where, "its labels: the judge scores from 1 to 5")
    for name in ("range", "pass_threshold"):
        if one.get(name) is not None:
            found.lose(
                where, f"its {name}: the judge scores from 1 to 5, and gates stand in the selection profile"
            )
    found.lose(where, f"its model '{one.get('model')}': name a local judge in the evaluation")
    found.facet("criterion", None, question)


def _items(found: Gathered, source: Record, expected: list[tuple[str, str]]) -> None:
    rows = source.get("source")
    if (
        not isinstance(rows, dict)
        or rows.get("type") != "file_content"
        or not isinstance(rows.get("content"), list)
    ):
        kind = rows.get("type") if isinstance(rows, dict) else "nothing"
        raise ValueError(f"its rows are not in the file ('{kind}'): save them as 'file_content'")
    messages = source.get("input_messages")
    template = messages.get("template") if isinstance(messages, dict) else None
    for place, row in enumerate(rows["content"], start=1):
        where = f"row {place}"
        item = row.get("item") if isinstance(row, dict) else None
        if not isinstance(item, dict):
            found.lose(where, "it has no item")
            continue
        if row.get("sample") is not None:
            found.lose("rows", "answers that were sampled earlier: the candidates here answer anew")
        values = {
            f"item.{name}": text for name, value in item.items() if (text := as_text(value)) is not None
        }
        try:
            system, asked = _asked(template, values, item)
            references = [filled(text, values) for kind, text in expected if kind == "reference"]
            contains = [filled(text, values) for kind, text in expected if kind == "contains"]
        except ValueError as error:
            found.lose(where, str(error))
            continue
        for other in dict.fromkeys(references[1:]):
            if other != references[0]:
                found.lose(where, f"a second reference, '{shorten(other, 60)}'")
        found.prompt(
            where,
            asked,
            system=system,
            reference=references[0] if references else None,
            expect={"contains": list(dict.fromkeys(contains))} if contains else None,
        )


def _asked(template: Any, values: dict[str, str], item: Record) -> tuple[str | None, str]:
    """Return the system and the user text of one row."""
    if not isinstance(template, list):
        name = next((name for name in QUESTIONS if isinstance(item.get(name), str)), None)
        if name is None:
            raise ValueError(
                f"nothing says what is asked: no input_messages, and no field {', '.join(QUESTIONS)}"
            )
        return None, str(item[name])
    return _turns(
        [(str(one.get("role")), filled(_content(one), values)) for one in template if isinstance(one, dict)]
    )


def _turns(messages: list[tuple[str, str]]) -> tuple[str | None, str]:
    system = [text for role, text in messages if role in {"system", "developer"}]
    asked = [text for role, text in messages if role == "user"]
    if len(asked) != 1 or len(system) + 1 != len(messages):
        raise ValueError("a conversation of several turns: only one question is asked here")
    return "\n".join(system) or None, asked[0]


def _content(message: Record) -> str:
    """Return the text of a message, plain or in parts.

    Raises
    ------
    ValueError
        If it holds an image or audio.
    """
    content = message.get("content", "")
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("it shows images or plays sound: only text is asked here")
    return "\n".join(str(text) for text in texts)


def _sample(found: Gathered, where: str, sample: Any) -> None:
    """Add one sample: ``input`` as text or messages, ``ideal`` as text or several."""
    if not isinstance(sample, dict) or "input" not in sample:
        found.lose(where, "it has no 'input'")
        return
    for name in sorted(sample.keys() - {"input", "ideal"}):
        found.lose(where, f"'{name}' is not carried over")
    asked, ideal = sample["input"], sample.get("ideal")
    ideals = [text for text in (ideal if isinstance(ideal, list) else [ideal]) if isinstance(text, str)]
    try:
        turns = (
            [(str(one["role"]), _content(one)) for one in asked]
            if isinstance(asked, list)
            else [("user", str(asked))]
        )
        system, question = _turns(turns)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        found.lose(where, str(error))
        return
    if ideals:
        found.facet("exact")
    for other in ideals[1:]:
        found.lose(where, f"a second ideal answer, '{shorten(other, 60)}'")
    found.prompt(where, question, system=system, reference=ideals[0] if ideals else None)
