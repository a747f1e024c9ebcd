"""Prompt sets line by line: JSON Lines, and CSV as spreadsheets write it, as the document that a JSON file would hold."""

import csv
import io
import json
from typing import Any

LISTS = ("tags", "facets", "contains")
NUMBERS = ("min_words", "max_words", "max_characters")
EXPECTED = ("contains", "language", *NUMBERS)
LONGEST_CELL = 1_000_000


def jsonl_document(text: str, parse_json: Any) -> list[Any]:
    r"""Return the entries of JSON Lines: a prompt or a string on each line that is not blank.

    Raises
    ------
    ValueError
        With the number of the line that is not JSON.

    Examples
    --------
    >>> import json
    >>> jsonl_document('"What is 2 + 2?"\n{"text": "And 3 + 3?", "reference": "6"}\n', json.loads)
    ['What is 2 + 2?', {'text': 'And 3 + 3?', 'reference': '6'}]
    """
    entries = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entries.append(parse_json(line))
        except ValueError as error:
            msg = f"line {number}: {error}"
            raise ValueError(msg) from error
    return entries


def csv_document(text: str) -> list[dict[str, Any]]:
    r"""Return the rows of CSV as prompts; the first row names the fields, empty cells count as left out.

    The separator is a comma, semicolon or tab, whichever the first row has most of. Several tags, or texts that an answer
    must contain, stand in one cell with ``|`` between them. A cell under ``messages`` holds a conversation as JSON.

    Raises
    ------
    ValueError
        If a row has more cells than the first, a number is none, or a cell is longer than 1 000 000 characters.

    Examples
    --------
    >>> csv_document('id;text;tags;max_words\na;"Name two animals; no more.";list|short;5\n')
    [{'id': 'a', 'text': 'Name two animals; no more.', 'tags': ['list', 'short'], 'expect': {'max_words': 5}}]
    """
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    csv.field_size_limit(LONGEST_CELL)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True, restkey="")
        return [_prompt(row, reader.line_num) for row in reader if any(row.values())]
    except csv.Error as error:
        msg = f"it is not CSV: {error}"
        raise ValueError(msg) from error


def _prompt(row: dict[str, Any], line: int) -> dict[str, Any]:
    if "" in row:
        msg = f"line {line}: it has more cells than the first row has names"
        raise ValueError(msg)
    found: dict[str, Any] = {}
    expected: dict[str, Any] = {}
    for name, cell in row.items():
        if cell is None or not cell.strip():
            continue
        value: Any = cell
        if name in LISTS:
            value = [part.strip() for part in cell.split("|") if part.strip()]
        elif name == "messages":
            value = _conversation(cell, line)
        elif name in NUMBERS:
            if not cell.strip().isdecimal():
                msg = f"line {line}: '{cell[:20]}' in {name} is not a whole number"
                raise ValueError(msg)
            value = int(cell)
        (expected if name in EXPECTED else found)[name] = value
    return found | ({"expect": expected} if expected else {})


def _conversation(cell: str, line: int) -> Any:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError) as error:
        msg = f"line {line}: 'messages' is not JSON: {error}"
        raise ValueError(msg) from error
