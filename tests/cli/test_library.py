"""`rubrics`, `prompts` and `profiles`, `problems` and `status`: what they ask for and how they show it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from service.cli.commands import main
from tests.cli.scripted_api import ID, Answers, scripted_api, state

FACET = {
    "name": "accuracy",
    "question": "Is it right?",
    "levels": ["no", "hardly", "half", "nearly", "yes"],
    "weight": 0.5,
    "check": None,
    "degraded_by": [],
    "examples": [{"level": 2, "answer": "Lima, or Quito?", "question": None, "why": None}],
}
RUBRIC = {"name": "general", "title": "General", "description": "For all.", "facets": [FACET]}
PROMPT = {"id": "p1", "text": "Capital of Peru?", "reference": "Lima"}
PROMPT_SET = {"name": "tiny", "title": "Tiny", "description": "", "prompts": [PROMPT]}
PROFILE = {
    "name": "balanced",
    "title": "Balanced",
    "description": "",
    "use": "commercial",
    "gates": [{"name": "memory", "limit": 4e9, "facet": None}],
    "criteria": [{"name": "quality", "weight": 0.5, "zero": 1.0, "full": 5.0, "scale": "linear"}],
}


def page(*items: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(items), "next_cursor": None}


def told(answers: Answers, *arguments: str) -> tuple[Result, list[tuple[str, str | None, Any]]]:
    with scripted_api(answers) as api:
        result = CliRunner().invoke(main, [*arguments, "--server", api.address])
        return result, api.asked


@pytest.mark.parametrize(
    ("group", "path", "one", "listed", "shown"),
    [
        ("rubrics", "rubrics", RUBRIC, "accuracy", "5 = yes"),
        ("prompts", "prompt-sets", PROMPT_SET, "Tiny", "expected: Lima"),
        ("profiles", "profiles", PROFILE, "quality 0.5", "gate memory: 4e+09"),
    ],
)
def test_a_shelf_is_listed_and_one_of_it_shown(
    group: str, path: str, one: dict[str, Any], listed: str, shown: str
) -> None:
    answers = {f"GET /{path}": page(one), f"GET /{path}/{one['name']}": one}
    result, asked = told(answers, group, "list")
    assert (result.exit_code, listed in result.output) == (0, True), result.output
    assert asked[0][0] == f"GET /{path}?limit=200"
    result, _ = told(answers, group, "show", one["name"])
    assert (result.exit_code, shown in result.output) == (0, True), result.output
    result, _ = told(answers, group, "show", one["name"], "--json")
    assert json.loads(result.output) == one
    result, _ = told(answers, group, "list", "--json")
    assert json.loads(result.output) == [one]
    result, _ = told(answers, group, "show", "absent")
    assert result.exit_code == 4


def test_a_rubric_is_shown_with_its_examples() -> None:
    result, _ = told({"GET /rubrics/general": RUBRIC}, "rubrics", "show", "general")
    assert "example of 2: Lima, or Quito?" in result.output


def test_problems_are_explained(tmp_path: Path) -> None:
    del tmp_path
    answers = {"GET /problems/invalid": b"422 invalid\n", "GET /problems": b"all of them\n"}
    assert told(answers, "problems", "invalid")[0].output == "422 invalid\n"
    assert told(answers, "problems", "/problems/invalid")[0].output == "422 invalid\n"
    assert told(answers, "problems")[0].output == "all of them\n"


def test_the_status_says_what_was_looked_at_and_is_5_where_something_is_wrong() -> None:
    ready = {"status": "ready", "version": "1", "checks": {"database": "ok"}}
    result, _ = told({"GET /health/ready": ready}, "status")
    assert result.exit_code == 0
    assert "is ready" in result.output
    assert "database: ok" in result.output
    wrong = {"title": "t", "detail": "disk: 3 MiB are left", "status": 503}
    result, _ = told({"GET /health/ready": (503, wrong)}, "status")
    assert result.exit_code == 5
    assert "3 MiB" in result.output


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        (("--name", "n"), {"name": "n"}),
        (("--name", ""), {"name": None}),
        (("--label", "a", "--label", "b"), {"labels": ["a", "b"]}),
        (("--no-labels",), {"labels": []}),
    ],
)
def test_an_evaluation_gets_another_name_and_other_labels(
    arguments: tuple[str, ...], body: dict[str, Any]
) -> None:
    answers = {f"PATCH /evaluations/{ID}": state()}
    result, asked = told(answers, "evaluations", "describe", ID, *arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(asked[0][2]) == body


@pytest.mark.parametrize("arguments", [(), ("--label", "a", "--no-labels")])
def test_a_description_that_says_nothing_or_both_is_refused(arguments: tuple[str, ...]) -> None:
    assert told({}, "evaluations", "describe", ID, *arguments)[0].exit_code == 2


def test_canaries_are_listed() -> None:
    one = {
        "judge": "j",
        "name": "empty",
        "expected": "1",
        "held": False,
        "scores": {"clarity": 4},
        "reason": None,
    }
    answers = {f"GET /evaluations/{ID}/canaries": {"items": [one]}}
    result, _ = told(answers, "evaluations", "canaries", ID)
    assert [said in result.output for said in ("empty", "no", "clarity 4")] == [True] * 3
    assert json.loads(told(answers, "evaluations", "canaries", ID, "--json")[0].output) == [one]


def test_a_list_is_searched_and_scores_are_printed() -> None:
    result, asked = told(
        {"GET /evaluations": page(state())}, "evaluations", "list", "--label", "x", "--prompt-set", "t"
    )
    assert result.exit_code == 0, result.output
    assert asked[0][0] == "GET /evaluations?limit=20&label=x&prompt_set=t"
    answers = {f"GET /evaluations/{ID}/annotations": {"items": [{"score": 4}]}}
    result, asked = told(answers, "annotate", ID, "--scores", "--annotator", "ann")
    assert json.loads(result.output) == [{"score": 4}]
    assert asked[0][0].endswith("?annotator=ann")
    assert told({}, "annotate", ID, "a.csv", "--scores")[0].exit_code == 2
