"""The shipped library, and a copy of it that a test may spoil."""

import shutil
from pathlib import Path

import pytest

from service import resources
from service.library import Folders, Library


@pytest.fixture(scope="session")
def library() -> Library:
    return Library(
        Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts"))
    )


@pytest.fixture
def own(tmp_path: Path, library: Library) -> Library:
    """A library in a folder of its own."""
    shutil.copytree(library.folders.rubrics, tmp_path / "rubrics")
    shutil.copytree(library.folders.prompts, tmp_path / "prompts")
    return Library(Folders(rubrics=tmp_path / "rubrics", prompts=tmp_path / "prompts"))
