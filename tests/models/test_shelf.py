"""What a request may name, and what is said of the rest."""

import json
from pathlib import Path

import pytest

from service import resources
from service.errors import InvalidFile, NotFound
from service.models.builtin.recipe.graph import write_micro_model
from service.models.directories import read_directory
from service.models.footprint import footprint
from service.models.shelf import Shelf


def shelf(tmp_path: Path, *own: Path) -> Shelf:
    return Shelf(builtin=resources.builtin_models_folder(), own=own, catalog_file=tmp_path / "catalog.json")


def test_the_built_in_models_are_four_candidates_and_a_judge_with_a_licence_each(tmp_path: Path) -> None:
    models = {model.name: model for model in shelf(tmp_path).models()}
    assert sorted(models) == ["tiny-judge", "tiny-l", "tiny-m", "tiny-s", "tiny-xs"]
    assert all(model.licence for model in models.values())
    assert models["tiny-judge"].family != models["tiny-s"].family


def test_an_own_directory_brings_its_licence_and_capabilities(tmp_path: Path) -> None:
    folder = write_micro_model(tmp_path / "own" / "my-model")
    (folder / "card.json").write_text(
        json.dumps({"licence": "Apache-2.0", "capabilities": ["chat", "notes"], "family": "mine"})
    )
    model = shelf(tmp_path, tmp_path / "own").model("my-model")
    assert (model.licence, model.capabilities, model.family) == ("Apache-2.0", ("chat", "notes"), "mine")
    assert model.disk_bytes == footprint(folder).bytes > 50_000


def test_a_folder_that_is_itself_a_model_is_one_model(tmp_path: Path) -> None:
    folder = write_micro_model(tmp_path / "alone")
    assert shelf(tmp_path, folder).model("alone").path == str(folder)


def test_a_model_without_a_card_has_an_unknown_licence(tmp_path: Path) -> None:
    assert read_directory(write_micro_model(tmp_path / "bare")).licence is None


def test_an_unknown_model_names_the_known_ones_and_the_catalog(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"'phi-4-mini'.*tiny-s.*--catalog"):
        shelf(tmp_path).model("phi-4-mini")


def test_a_directory_without_genai_config_is_left_out_and_said_why_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "own" / "empty-one").mkdir(parents=True)
    place = shelf(tmp_path, tmp_path / "own")
    assert "empty-one" not in {model.name for model in place.models()}
    with pytest.raises(NotFound, match=r"genai_config\.json is missing"):
        place.model("empty-one")


@pytest.mark.parametrize(
    ("card", "word"),
    [
        ('{"licence": 3}', "not right"),
        ("[]", "object"),
        ("{", "cannot be read"),
        ('{"a": ' * 100_000, "cannot be read"),
    ],
)
def test_a_wrong_card_is_refused(tmp_path: Path, card: str, word: str) -> None:
    folder = write_micro_model(tmp_path / "carded")
    (folder / "card.json").write_text(card[:200_000])
    with pytest.raises(InvalidFile, match=word):
        read_directory(folder)


def test_a_folder_whose_name_cannot_be_a_model_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="lower-case"):
        read_directory(write_micro_model(tmp_path / "My Model"))


def test_a_changed_file_changes_the_version(tmp_path: Path) -> None:
    folder = write_micro_model(tmp_path / "changing")
    before = read_directory(folder).version
    (folder / "tokenizer_config.json").write_text("{}")
    assert read_directory(folder).version != before


def test_hard_links_are_counted_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100_000)
    once = footprint(tmp_path).bytes
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    found = footprint(tmp_path)
    assert (found.bytes, found.files) == (once, 1)
    assert footprint(tmp_path / "missing").bytes == 0
