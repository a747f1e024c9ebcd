"""``python -m service.models.builtin.recipe``: train the built-in models, export and measure them, write their cards.

Needs torch (2.13.0, CPU), tokenizers, onnx and the Foundry Local SDK; takes about three quarters of an hour on one
quiet core. The same versions on the same kind of processor give the same bytes.
"""

import argparse
import logging
import tempfile
from pathlib import Path

from service.models.builtin.recipe.build import build
from service.models.builtin.recipe.cards import measured_candidate, measured_judge, write_card
from service.models.builtin.recipe.contest import contest, contest_cases, contest_rows
from service.models.builtin.recipe.measure_judge import judge_rows
from service.models.builtin.recipe.plans import CANDIDATES, JUDGE, RECIPES
from service.models.builtin.recipe.runtime import Runtime, runtime

_WEIGHTS = Path(__file__).resolve().parent.parent / "weights"
_log = logging.getLogger("recipe")


def main() -> None:
    """Read the command line, train what is asked for, measure everything that is there."""
    names = [recipe.name for recipe in RECIPES]
    parser = argparse.ArgumentParser(prog="python -m service.models.builtin.recipe", description=__doc__)
    parser.add_argument("--to", type=Path, default=_WEIGHTS, help="folder of the model directories")
    parser.add_argument("--only", nargs="*", choices=names, help="train these; none: measure only")
    parser.add_argument(
        "--smoke", action="store_true", help="a hundredth of the steps, a few prompts: does it run?"
    )
    wanted = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    for recipe in RECIPES:
        if wanted.only is None or recipe.name in wanted.only:
            folder = build(recipe, wanted.to, share=0.01 if wanted.smoke else 1.0, say=_log.info)
            _log.info("%s written", folder)
    with tempfile.TemporaryDirectory() as scratch, runtime(Path(scratch)) as started:
        measure(started, wanted.to, questions=14 if wanted.smoke else 200, probes=4 if wanted.smoke else 300)


def measure(started: Runtime, folder: Path, *, questions: int, probes: int) -> None:
    """Measure the models in `folder` and write their cards; those that are missing are left out."""
    cases = contest_cases(questions)
    contests = []
    for recipe in CANDIDATES:
        if (folder / recipe.name).is_dir():
            model = started.load(folder / recipe.name)
            contests.append(contest(recipe.name, model, cases))
            model.unload()
            _log.info(
                "%s exact match %.3f, %.2f ms an answer, %s",
                recipe.name,
                contests[-1].exact_match,
                contests[-1].milliseconds,
                contests[-1].by_family,
            )
            write_card(folder / recipe.name, recipe, measured_candidate(contests[-1]))
    if (folder / JUDGE.name).is_dir():
        model = started.load(folder / JUDGE.name)
        rows = judge_rows(model, count=probes, miss=_log.debug)
        if contests:
            rows += contest_rows(model, contests, cases)
        for row in rows:
            _log.info(
                "%-56s %.3f (n=%d, right %s, wrong %s)", row.name, row.value, row.count, row.right, row.wrong
            )
        write_card(folder / JUDGE.name, JUDGE, measured_judge(rows))


if __name__ == "__main__":
    main()
