"""Every worked example in a file gives its published answer; KNOWN_ANSWERS=FILE reads another file."""

import importlib
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

DEFAULT = Path(__file__).parent / "data" / "known_answers.json"
CASES = json.loads(Path(os.environ.get("KNOWN_ANSWERS") or DEFAULT).read_text("utf-8"))["cases"]


def function_named(dotted: str) -> Any:
    module, _, name = dotted.rpartition(".")
    return getattr(importlib.import_module(module), name)


def differences(found: Any, expected: Any, *, tolerance: float, where: str = "result") -> list[str]:
    """Name every place where `found` is not what was expected; a dict names attributes, a list is read in order."""
    if isinstance(expected, dict):
        return [
            line
            for key, value in expected.items()
            for line in differences(
                found[key] if isinstance(found, dict) else getattr(found, key),
                value,
                tolerance=tolerance,
                where=f"{where}.{key}",
            )
        ]
    if isinstance(expected, list):
        items = found.tolist() if hasattr(found, "tolist") else found
        if not isinstance(items, Sequence) or isinstance(items, str) or len(items) != len(expected):
            return [f"{where}: {items!r} is not a sequence of {len(expected)}"]
        return [
            line
            for i, (item, value) in enumerate(zip(items, expected, strict=True))
            for line in differences(item, value, tolerance=tolerance, where=f"{where}[{i}]")
        ]
    if isinstance(expected, bool) or expected is None or isinstance(expected, str):
        return [] if found == expected else [f"{where}: {found!r} instead of {expected!r}"]
    close = found is not None and math.isfinite(found) and abs(found - expected) <= tolerance
    return [] if close else [f"{where}: {found!r} instead of {expected!r} within {tolerance}"]


@pytest.mark.parametrize("case", CASES, ids=[f"{i:02}-{case['id']}" for i, case in enumerate(CASES)])
def test_a_worked_example_gives_its_published_answer(case: dict[str, Any]) -> None:
    found = function_named(case["function"])(**case["args"])
    assert differences(found, case["expected"], tolerance=case["tolerance"]) == []


def test_a_wrong_number_is_noticed_wherever_it_sits() -> None:
    # each pair differs in exactly one place, so exactly one line must name it
    assert differences((1.0, 2.0), [1.0, 2.1], tolerance=0.01) == [
        "result[1]: 2.0 instead of 2.1 within 0.01"
    ]
    assert len(differences({"a": [1.0, None]}, {"a": [1.0, 2.0]}, tolerance=1.0)) == 1
    assert len(differences((1.0,), [1.0, 2.0], tolerance=1.0)) == 1
    assert len(differences(float("nan"), 1.0, tolerance=1e9)) == 1
    assert differences((True, False), [True, False], tolerance=0.0) == []
