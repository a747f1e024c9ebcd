"""The card of a model: what it is, what it learned from, what it cannot do and how good it was found to be."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from service.models.builtin.recipe.contest import Contest
from service.models.builtin.recipe.judging import REPLY_TOKENS, TEMPLATE
from service.models.builtin.recipe.measure_judge import Row
from service.models.builtin.recipe.plans import CHAT_DATA, JUDGE_DATA, Recipe
from service.models.builtin.recipe.shape import parameters

TOLERANCE = 0.05
"""How far a repeated training or another processor may come out from the card."""


def measured_candidate(contest: Contest) -> dict[str, Any]:
    """Return a candidate's measured quality."""
    return {
        "exact_match": round(contest.exact_match, 3),
        "exact_match_by_family": contest.by_family,
        "prompts": len(contest.exact),
        "tolerance": TOLERANCE,
        "note": "questions kept from training, greedy, in Foundry Local",
    }


def measured_judge(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the judge's table."""
    return {
        "rows": {row.name: round(row.value, 3) for row in rows},
        "answers": {row.name: row.count for row in rows},
        "tolerance": TOLERANCE,
        "note": "balanced accuracy of calling an answer right, unless the row says otherwise; in Foundry Local",
    }


def write_card(folder: Path, recipe: Recipe, measured: dict[str, Any]) -> None:
    """Write ``card.json`` beside the model."""
    card = {
        "name": recipe.name,
        "description": recipe.description,
        "recommended_use": "toy",
        "licence": recipe.licence,
        "family": recipe.family,
        "capabilities": list(recipe.capabilities),
        "role": recipe.role,
        "parameters": parameters(recipe.shape),
        "bytes": sum(path.stat().st_size for path in folder.iterdir() if path.name != "card.json"),
        "precision": "fp16",
        "context": recipe.shape.context,
        "data": CHAT_DATA if recipe.role == "candidate" else JUDGE_DATA,
        "limits": list(recipe.limits),
        "measured": measured,
    }
    if recipe.role == "judge":
        card["judge"] = {"template": TEMPLATE, "max_tokens": REPLY_TOKENS}
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
