"""The prompt set and the judge template that go with the built-in models, as the files the service reads."""

import json
from collections import Counter

from service.models.builtin.recipe.corpus import fresh_cases
from service.models.builtin.recipe.families import Case
from service.models.builtin.recipe.judging import prompt
from service.models.builtin.recipe.planting import EMPTY_ANSWER

DEMO_SEED = 24
DEMO_PROMPTS = 24


def prompt_set() -> str:
    """Return ``prompts/sets/tiny.json``: questions of every family, none of them seen in training."""
    numbers: Counter[str] = Counter()
    prompts = []
    different: dict[str, Case] = {}
    for case in fresh_cases(DEMO_SEED, 2 * DEMO_PROMPTS):
        different.setdefault(case.reference, case)
    chosen = list(different.values())[:DEMO_PROMPTS]
    for case in sorted(chosen, key=lambda case: case.family.name):
        tag = case.family.name.replace(" ", "-")
        numbers[tag] += 1
        prompts.append(
            {"id": f"{tag}-{numbers[tag]}", "text": case.question, "reference": case.reference, "tags": [tag]}
        )
    described = (
        "Questions of the fourteen families that the built-in toy models were trained on, three of them about short "
        "meeting notes; these very questions were kept from training. Anything outside the families is beyond them."
    )
    lines = ",\n".join("    " + json.dumps(each) for each in prompts)
    title = "Closed question set of the built-in toy models"
    head = f'  "title": {json.dumps(title)},\n  "description": {json.dumps(described)},\n'
    return "{\n" + head + '  "prompts": [\n' + lines + "\n  ]\n}\n"


def judge_template() -> str:
    """Return ``prompts/judge/tiny.md``: the one form that the judge was trained on."""
    user = prompt("{{question}}", "{{answer}}", "{{reference}}")
    return (
        "---\n"
        "title: The one form that the built-in toy judge was trained on\n"
        "rationale_characters: 48\n"
        f"empty_answer: {EMPTY_ANSWER}\n"
        "---\n\n"
        f"# user\n\n{user}\n\n"
        "# with reference\n\n{{reference}}\n\n"
        "# without reference\n\n(none)\n"
    )
