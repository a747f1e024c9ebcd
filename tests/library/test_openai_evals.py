"""OpenAI Evals: rows, messages and graders become prompts and facets, or a line that says why not."""

from typing import Any

import pytest

from service.library import Folders, Library
from service.library.imported import Imported
from service.library.openai_evals import from_openai_evals
from service.resources import data_folder

RUBRICS = data_folder("rubrics")
MESSAGES = {
    "type": "template",
    "template": [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": {"type": "input_text", "text": "Capital of {{item.country}}?"}},
    ],
}


def made(document: Any) -> Imported:
    found = from_openai_evals(document, RUBRICS)
    library = Library(Folders(rubrics=RUBRICS, prompts=data_folder("prompts")))
    library.parse_prompt_set(found.prompt_set, "x")
    if found.rubric is not None:
        library.parse_rubric(found.rubric, "x")
    return found


def an_eval(*criteria: dict[str, Any], rows: list[Any] | None = None, **source: Any) -> dict[str, Any]:
    content = rows or [
        {"item": {"country": "Peru", "city": "Lima"}},
        {"item": {"country": "Cuba", "city": "Havana"}},
    ]
    return {
        "name": "capitals",
        "data_source_config": {"type": "custom", "item_schema": {}},
        "testing_criteria": list(criteria),
        "data_source": {
            "type": "completions",
            "source": {"type": "file_content", "content": content},
            "input_messages": MESSAGES,
        }
        | source,
    }


def check(operation: str) -> dict[str, Any]:
    answer = "{{ sample.output_text }}"
    return {
        "type": "string_check",
        "name": "city",
        "operation": operation,
        "input": answer,
        "reference": "{{item.city}}",
    }


def test_rows_become_prompts_with_references() -> None:
    found = made(an_eval(check("eq")))
    assert found.prompt_set["title"] == "capitals"
    assert found.prompt_set["prompts"] == [
        {"id": "p1", "text": "Capital of Peru?", "system": "Be brief.", "reference": "Lima"},
        {"id": "p2", "text": "Capital of Cuba?", "system": "Be brief.", "reference": "Havana"},
    ]
    assert [one["check"] for one in (found.rubric or {})["facets"]] == ["exact"]
    assert found.lost == ()


@pytest.mark.parametrize("operation", ["like", "ilike"])
def test_a_text_that_must_occur_is_expected(operation: str) -> None:
    found = made(an_eval(check(operation)))
    assert found.prompt_set["prompts"][0]["expect"] == {"contains": ["Lima"]}


def test_a_model_that_scores_becomes_a_question_for_the_judge() -> None:
    grader = {
        "type": "score_model",
        "name": "helpful",
        "model": "o3-mini",
        "range": [0, 1],
        "pass_threshold": 0.7,
        "input": [
            {"role": "user", "content": "Is {{sample.output_text}} a helpful answer about {{item.country}}?"}
        ],
    }
    found = made(an_eval(grader))
    assert [one["question"] for one in (found.rubric or {})["facets"]] == [
        "Is the answer a helpful answer about the country?"
    ]
    assert "\n".join(found.lost) == (
        "criterion 1 (helpful): its range: the judge scores from 1 to 5, and gates stand in the selection profile\n"
        "criterion 1 (helpful): its pass_threshold: the judge scores from 1 to 5, and gates stand in the selection profile\n"
        "criterion 1 (helpful): its model 'o3-mini': name a local judge in the evaluation"
    )


@pytest.mark.parametrize(
    ("criterion", "said"),
    [
        ({"type": "python", "name": "p", "source": "raise SystemExit"}, "code of a file is not run"),
        (check("ne"), "the operation 'ne'"),
        (check("eq") | {"input": "{{item.city}}"}, "not the answer"),
        (
            {
                "type": "text_similarity",
                "evaluation_metric": "bleu",
                "input": "{{sample.output_text}}",
                "reference": "x",
            },
            "bleu",
        ),
        (
            {"type": "label_model", "input": [{"role": "user", "content": "Good?"}], "model": "m"},
            "its labels",
        ),
        ({"type": "score_model", "input": [{"role": "user", "content": ""}]}, "no plain text"),
        ({"type": "endpoint"}, "a grader of type 'endpoint'"),
    ],
)
def test_what_stays_behind_is_said(criterion: dict[str, Any], said: str) -> None:
    found = made(an_eval(criterion))
    assert len(found.prompt_set["prompts"]) == 2
    assert any(said in one for one in found.lost), found.lost


def test_what_is_not_in_the_file_cannot_be_asked() -> None:
    with pytest.raises(ValueError, match="not in the file"):
        made(an_eval(check("eq"), source={"type": "file_id", "id": "file-1"}))
    documents: list[Any] = [{}, 3, {"testing_criteria": []}, {"eval": []}, []]
    for document in documents:
        with pytest.raises(ValueError, match=r"no eval|no 'data_source'|nothing to ask"):
            made(document)


def test_rows_that_cannot_be_asked_are_said() -> None:
    rows = [{"item": {"country": "Peru", "city": "Lima"}, "sample": {"output_text": "Lima"}}, {"item": {}}, 3]
    found = made(an_eval(check("eq"), rows=rows, model="gpt-5", sampling_params={"temperature": 0}))
    assert len(found.prompt_set["prompts"]) == 1
    told = "\n".join(found.lost)
    for part in (
        "data_source.model",
        "data_source.sampling_params",
        "sampled earlier",
        "no value for",
        "row 3: it has no item",
    ):
        assert part in told


def test_an_eval_and_its_run_may_stand_side_by_side_and_rows_may_ask_by_themselves() -> None:
    whole = an_eval(
        check("eq"), rows=[{"item": {"question": "Capital of Peru?", "city": "Lima"}}], input_messages=None
    )
    run = {"data_source": whole.pop("data_source")}
    assert made({"eval": whole, "run": run}).prompt_set["prompts"][0]["text"] == "Capital of Peru?"


def test_samples_with_ideal_answers_become_prompts() -> None:
    chat = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Capital of Peru?"}]
    found = made([{"input": chat, "ideal": ["Lima", "lima"]}, {"input": "Why?"}, {"ideal": "x"}])
    assert found.prompt_set["prompts"] == [
        {"id": "p1", "text": "Capital of Peru?", "system": "Be brief.", "reference": "Lima"},
        {"id": "p2", "text": "Why?"},
    ]
    assert found.lost == ("sample 1: a second ideal answer, 'lima'", "sample 3: it has no 'input'")
