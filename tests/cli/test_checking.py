"""`slm-judge rubrics check` and `prompts check`: faults at their place, doubts, and exit statuses."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli.commands import main
from service.resources import data_folder

VAGUE = """
title: Vague
facets:
  - name: quality
    question: Is it good?
    levels: {1: Very bad., 2: Poor., 3: Average., 4: Good., 5: It names the city and nothing else.}
    degraded_by: [empty]
  - name: style
    question: Is it well put?
    weight: 0
    levels:
      1: The words are in no order.
      2: It repeats every sentence twice.
      3: It repeats every sentence twice.
      4: One sentence is clumsy to read.
      5: Every sentence reads at once.
"""


def slm_judge(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_the_rubrics_that_ship_can_be_used() -> None:
    files = sorted((data_folder("rubrics") / "quality").glob("*.yaml"))
    found = slm_judge("rubrics", "check", *map(str, files))
    assert found.exit_code == 0, found.output
    assert "says nothing to be seen" not in found.output
    assert "says the same as" not in found.output


def test_vague_facets_are_told_at_their_place(tmp_path: Path) -> None:
    file = tmp_path / "vague.yaml"
    file.write_text(VAGUE)
    found = slm_judge("rubrics", "check", str(file))
    assert found.exit_code == 0
    for level in "1234":
        assert f"/facets/0/levels/{level}: " in found.output
    assert "/facets/0/levels/5" not in found.output
    assert "/facets/1/levels/3: it says the same as level 2" in found.output
    assert "/facets/1/degraded_by" in found.output
    assert "/facets/1/weight" in found.output
    assert slm_judge("rubrics", "check", "--strict", str(file)).exit_code == 1


def test_examples_are_held_against_the_prompts_given_along(tmp_path: Path) -> None:
    rubric, prompts, broken = tmp_path / "taught.yaml", tmp_path / "towns.json", tmp_path / "broken.json"
    rubric.write_text(f"{VAGUE}    examples: [{{level: 5, answer: The capital of Peru is Lima.}}]\n")
    prompts.write_text('[{"id": "peru", "text": "Capital?", "reference": "Lima is the capital of Peru."}]')
    broken.write_text('["One?", "One?"]')
    place = "/facets/1/examples/0/answer: it is nearly the same as the reference of 'peru' of 'towns'"
    assert place not in slm_judge("rubrics", "check", str(rubric)).output
    found = slm_judge("rubrics", "check", str(rubric), "--prompts", str(prompts))
    assert (found.exit_code, place in found.output) == (0, True), found.output
    assert slm_judge("rubrics", "check", str(rubric), "--prompts", str(broken)).exit_code == 1


def test_a_file_that_cannot_be_used_does_not_hide_the_next_one(tmp_path: Path) -> None:
    broken, fine = tmp_path / "broken.yaml", tmp_path / "fine.yaml"
    broken.write_text(VAGUE.replace("title: Vague", "title: Vague\ncolour: red"))
    fine.write_text(VAGUE)
    found = slm_judge("rubrics", "check", str(broken), str(fine))
    assert found.exit_code == 1
    assert "unknown field 'colour'" in found.output
    assert "2 facets, 2 for the judge" in found.output


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", '["One?", "Two?"]'),
        ("a.jsonl", '"One?"\n\n{"text": "Two?", "reference": "2", "tags": ["sum"]}\n'),
        ("a.csv", "id,text,reference\na,One?,\nb,Two?,2\n"),
        ("b.csv", 'text;max_words\n"One; or more?";3\nTwo?;\n'),
    ],
)
def test_prompt_sets_of_every_form_are_read_and_their_gaps_told(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    found = slm_judge("prompts", "check", str(file))
    assert found.exit_code == 0, found.output
    assert "2 prompts" in found.output
    assert "a p95 needs 20" in found.output
    assert slm_judge("prompts", "check", "--strict", str(file)).exit_code == 1


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", '"One?"\n{"text": ', "line 2"),
        ("a.jsonl", '{"text": "One?", "colour": "red"}', "/0: unknown field 'colour'"),
        ("a.csv", "id,text\na,One?,more\n", "line 2: it has more cells"),
        ("a.csv", "text,max_words\nOne?,few\n", "'few' in max_words"),
        ("a.csv", "question\nOne?\n", "/0: unknown field 'question'"),
        ("a.csv", 'text\n"One?\n', "it is not CSV"),
        ("a.txt", "One?", "does not end in one of"),
    ],
)
def test_what_is_wrong_with_a_prompt_set_is_told(tmp_path: Path, name: str, text: str, said: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    found = slm_judge("prompts", "check", str(file))
    assert found.exit_code in {1, 2}
    assert said in found.output
