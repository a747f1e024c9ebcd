"""Make one built-in model: learn the tokens, train, export."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from service.models.builtin.recipe.corpus import training_cases
from service.models.builtin.recipe.graph import write_model_directory
from service.models.builtin.recipe.judging import example, prompt, reply
from service.models.builtin.recipe.learn_tokens import learned_tokenizer
from service.models.builtin.recipe.plans import Recipe
from service.models.builtin.recipe.train_candidates import train_candidate
from service.models.builtin.recipe.train_judge import train_judge
from service.models.builtin.recipe.training import Plan

_CHAT_TEXTS, _JUDGE_TEXTS = 8000, 12_000
_TOKEN_SEED = 0


def tokenizer_for(recipe: Recipe) -> dict[str, Any]:
    """Learn the vocabulary of a model from the kind of text that it will read and write."""
    random = Random(_TOKEN_SEED)  # noqa: S311 - repeatable on purpose
    texts = _chat_texts(random) if recipe.role == "candidate" else _judge_texts(random)
    return learned_tokenizer(texts, recipe.shape.vocab)


def _chat_texts(random: Random) -> Iterable[str]:
    for case in islice(training_cases(random), _CHAT_TEXTS):
        yield from (case.question, case.reference)


def _judge_texts(random: Random) -> Iterator[str]:
    for _ in range(_JUDGE_TEXTS):
        found = example(random)
        yield from (
            prompt(found.question, found.answer, found.reference),
            reply(found.rationale, found.scores),
        )


def build(recipe: Recipe, folder: Path, *, share: float, say: Callable[[str], None]) -> Path:
    """Train a model and write its directory, without a card; `share` shortens the training for a trial."""
    tokenizer = tokenizer_for(recipe)
    schedule = replace(recipe.schedule, steps=max(20, round(recipe.schedule.steps * share)))
    plan = Plan(steps=schedule.steps, rate=schedule.rate, batches=schedule.batches, seed=schedule.seed)
    if recipe.role == "candidate":
        network = train_candidate(recipe.name, recipe.shape, tokenizer, plan, say=say)
    else:
        network = train_judge(recipe.shape, tokenizer, plan, say=say)
    return write_model_directory(folder / recipe.name, recipe.shape, network.weights(), tokenizer, "fp16")
