"""promptfoo configurations: prompts, tests, variables and assertions become a prompt set and a rubric.

Read as data only: no JavaScript, Python or template logic of the file is executed, and nothing is fetched.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from service.library.imported import Gathered, Imported, Record, as_text, combinations, filled, gathered
from service.library.promptfoo_asserts import as_list, expectations, shared_criteria

Read = Callable[[str], str]
KNOWN: Final = frozenset(
    {"description", "prompts", "providers", "targets", "tests", "defaultTest", "$schema"}
)
TEST: Final = frozenset({"description", "vars", "assert", "options"})


def from_promptfoo(document: Any, rubrics: Path, read: Read) -> Imported:
    """Return what a promptfoo configuration asks for.

    Parameters
    ----------
    document
        The parsed YAML.
    rubrics
        The folder whose ``imports.yaml`` words the facets.
    read
        Returns the text of a ``file://`` prompt or value, by its path; raises ``ValueError`` with the reason if it must
        not or cannot be read.

    Raises
    ------
    ValueError
        If it is no such configuration, or nothing to ask comes of it.
    """
    if not isinstance(document, dict) or "prompts" not in document:
        raise ValueError("it is no promptfoo configuration: that has 'prompts'")
    found = gathered(rubrics)
    for name in document:
        if name not in KNOWN:
            found.lose(name, "not carried over")
    for name in ("providers", "targets"):
        if name in document:
            found.lose(name, "name the candidates in the evaluation instead")
    prompts = list(_prompts(found, document["prompts"], read))
    usual = document.get("defaultTest")
    if usual is not None and not isinstance(usual, dict):
        found.lose("defaultTest", "a file: put what it holds into the configuration")
        usual = None
    tests = document.get("tests", [{}])
    if not isinstance(tests, list):
        found.lose("tests", "a file or a generator: write the tests into the configuration")
        tests = []
    shared = shared_criteria(usual or {}, tests)
    for place, test in enumerate(tests, start=1):
        where = f"test {place}"
        if not isinstance(test, dict):
            found.lose(where, "a file: write the test into the configuration")
            continue
        _test(found, where, test, usual or {}, prompts, read, shared)
    title = as_text(document.get("description")) or "Imported from promptfoo"
    return found.done(title, "Prompts and expectations of a promptfoo configuration.")


def _prompts(found: Gathered, given: Any, read: Read) -> Iterator[tuple[str | None, str]]:
    """Yield each prompt as its system text, if it has one, and its template."""
    for place, one in enumerate(given if isinstance(given, list) else [given], start=1):
        where = f"prompt {place}"
        text = one.get("raw", one.get("id")) if isinstance(one, dict) else one
        if not isinstance(text, str):
            found.lose(where, "neither text nor a file with text")
            continue
        try:
            yield from _messages(found, where, _loaded(text, read))
        except ValueError as error:
            found.lose(where, str(error))


def _messages(found: Gathered, where: str, text: str) -> Iterator[tuple[str | None, str]]:
    """Yield a text as it is, or the system and user text of a list of chat messages in JSON."""
    try:
        messages = json.loads(text) if text.lstrip().startswith("[") else None
    except (ValueError, RecursionError):
        messages = None
    if not isinstance(messages, list) or not all(isinstance(one, dict) and "role" in one for one in messages):
        yield None, text
        return
    system = [str(one.get("content", "")) for one in messages if one["role"] in {"system", "developer"}]
    asked = [one.get("content") for one in messages if one["role"] == "user"]
    if len(asked) != 1 or not isinstance(asked[0], str) or len(system) + 1 != len(messages):
        found.lose(
            where, "a conversation of several turns, or with more than text: only one question is asked"
        )
        return
    yield "\n".join(system) or None, asked[0]


def _loaded(text: str, read: Read) -> str:
    return read(text.removeprefix("file://")) if text.startswith("file://") else text


def _test(
    found: Gathered,
    where: str,
    test: Record,
    usual: Record,
    prompts: list[tuple[str | None, str]],
    read: Read,
    shared: frozenset[str],
) -> None:
    for name in sorted((test.keys() | usual.keys()) - TEST):
        found.lose(where, f"'{name}' is not carried over")
    given, general = test.get("vars", {}), usual.get("vars", {})
    if not isinstance(given, dict) or not isinstance(general, dict):
        found.lose(where, "its vars are in a file: write them into the test")
        return
    options = {**_options(usual), **_options(test)}
    for name in sorted(options.keys() - {"prefix", "suffix"}):
        found.lose(where, f"'options.{name}' is not carried over")
    asserts = [*as_list(usual.get("assert")), *as_list(test.get("assert"))]
    for values in combinations(general | given):
        try:
            texts = {name: _value(name, value, read) for name, value in values.items()}
            expected = expectations(found, where, asserts, texts, shared)
            for system, template in prompts:
                asked = f"{options.get('prefix', '')}{template}{options.get('suffix', '')}"
                instructions = None if system is None else filled(system, texts)
                found.prompt(where, filled(asked, texts), system=instructions, **expected)
        except ValueError as error:
            found.lose(where, str(error))


def _options(test: Record) -> Record:
    options = test.get("options")
    return options if isinstance(options, dict) else {}


def _value(name: str, value: Any, read: Read) -> str:
    text = as_text(value)
    if text is None:
        return json.dumps(value, ensure_ascii=False)
    if "{{" in text or "{%" in text:
        raise ValueError(f"the variable '{name}' holds a template: write the text out")
    try:
        return _loaded(text, read)
    except ValueError as error:
        raise ValueError(f"the variable '{name}': {error}") from error
