"""Where the files that ship with the service are: in a checkout, or inside the installed wheel."""

from pathlib import Path
from typing import Literal

Folder = Literal["rubrics", "prompts", "alembic"]


def data_folder(name: Folder) -> Path:
    """Return the folder `name`, from the wheel if it is installed there, else next to the package.

    Raises
    ------
    FileNotFoundError
        If the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    for place in (package / "_data" / name, package.parent / name):
        if place.is_dir():
            return place
    msg = f"the folder '{name}' is missing from the installation: install slm-judge again"
    raise FileNotFoundError(msg)


def builtin_models_folder() -> Path:
    """Return the folder with the directories of the built-in models."""
    return Path(__file__).resolve().parent / "models" / "builtin" / "weights"
