"""The recipe end to end in its smoke version, and the shipped models against their cards."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.models.builtin.recipe.plans import RECIPES
from service.models.builtin.recipe.shape import parameters
from service.resources import builtin_models_folder

NEEDED = ("torch", "tokenizers", "onnx", "foundry_local_sdk")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]

MEASURE = """
import json
import sys
from pathlib import Path
from service.models.builtin.recipe.contest import contest, contest_cases, contest_rows
from service.models.builtin.recipe.measure_judge import BALANCED, balanced_row
from service.models.builtin.recipe.plans import CANDIDATES, JUDGE
from service.models.builtin.recipe.runtime import runtime

folder, count = Path(sys.argv[2]), int(sys.argv[3])
cases = contest_cases()
with runtime(Path(sys.argv[1])) as started:
    contests = [contest(each.name, started.load(folder / each.name), cases) for each in CANDIDATES]
    judge = started.load(folder / JUDGE.name)
    rows = [balanced_row(judge, name, draw, count=count, miss=str) for name, draw in BALANCED.items()]
    rows += contest_rows(judge, contests, cases)
print(json.dumps({
    "exact": {each.name: each.exact_match for each in contests},
    "rows": {row.name: row.value for row in rows},
}))
"""


def run(tmp_path: Path, *arguments: str) -> str:
    """Run a Python process with its own home, and return what it printed."""
    finished = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "HOME": str(tmp_path), "ORT_DISABLE_TELEMETRY": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    return finished.stdout


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(bool(MISSING), reason=f"the recipe needs {', '.join(MISSING)}")
def test_the_smoke_version_trains_exports_and_measures_all_five(tmp_path: Path) -> None:
    """Every part of the recipe runs, and each model comes out with a card."""
    run(tmp_path, "-m", "service.models.builtin.recipe", "--smoke", "--to", str(tmp_path / "models"))
    for recipe in RECIPES:
        card = json.loads((tmp_path / "models" / recipe.name / "card.json").read_text())
        assert card["parameters"] == parameters(recipe.shape)
        assert card["measured"]["tolerance"] == 0.05


def cards() -> dict[str, dict[str, object]]:
    """Return the shipped cards by name."""
    return {
        path.parent.name: json.loads(path.read_text()) for path in builtin_models_folder().glob("*/card.json")
    }


FROM_HERE = all("name" in card for card in cards().values())


def test_all_shipped_models_fit_the_wheel() -> None:
    """Twelve megabytes for all of them."""
    files = [path for path in builtin_models_folder().rglob("*") if path.is_file()]
    assert 0 < sum(path.stat().st_size for path in files) <= 12_000_000


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not FROM_HERE, reason="the shipped models are the first set, not this recipe's")
def test_the_shipped_models_are_as_good_as_their_cards_say(tmp_path: Path) -> None:
    """Measured again through the real runtime, within the tolerance of the card."""
    folder = str(builtin_models_folder())
    measured = json.loads(run(tmp_path, "-c", MEASURE, str(tmp_path / "scratch"), folder, "100"))
    shipped = {name: json.loads((Path(folder) / name / "card.json").read_text()) for name in cards()}
    for name, exact in measured["exact"].items():
        card = shipped[name]["measured"]
        assert exact == pytest.approx(card["exact_match"], abs=card["tolerance"]), name
    card = shipped["tiny-judge"]["measured"]
    for name, value in measured["rows"].items():
        assert value == pytest.approx(card["rows"][name], abs=card["tolerance"]), name
