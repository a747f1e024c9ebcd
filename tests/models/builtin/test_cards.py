"""Cards and the files that go with the built-in models, as the recipe writes them and as they are shipped."""

import json
from pathlib import Path

import pytest

from service.models.builtin.recipe.cards import write_card
from service.models.builtin.recipe.demo import judge_template, prompt_set
from service.models.builtin.recipe.plans import CANDIDATES, JUDGE, RECIPES, Recipe
from service.resources import builtin_models_folder, data_folder


def card(folder: Path) -> dict[str, object]:
    """Read a card."""
    read = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert isinstance(read, dict)
    return read


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_shipped_card_is_the_one_that_the_recipe_writes(recipe: Recipe, tmp_path: Path) -> None:
    """Nothing in it was added by hand: with the same measurements the recipe writes the same card.

    The size of the files is the shipped model's, so it is taken from there.
    """
    shipped = card(builtin_models_folder() / recipe.name)
    measured = shipped["measured"]
    assert isinstance(measured, dict)
    write_card(tmp_path, recipe, measured)
    files = [path for path in (builtin_models_folder() / recipe.name).iterdir() if path.name != "card.json"]
    assert shipped == card(tmp_path) | {"bytes": sum(path.stat().st_size for path in files)}


def test_the_judge_says_which_template_and_budget_suit_it(tmp_path: Path) -> None:
    """A candidate says nothing of the kind."""
    write_card(tmp_path, JUDGE, {})
    assert card(tmp_path)["judge"] == {"template": "tiny", "max_tokens": 64}
    write_card(tmp_path, CANDIDATES[0], {})
    assert "judge" not in card(tmp_path)


def test_the_prompt_set_and_the_template_are_those_of_the_recipe() -> None:
    """A question or a form changed by hand would no longer be what the models were trained for."""
    assert (data_folder("prompts") / "sets" / "tiny.json").read_text(encoding="utf-8") == prompt_set()
    assert (data_folder("prompts") / "judge" / "tiny.md").read_text(encoding="utf-8") == judge_template()
