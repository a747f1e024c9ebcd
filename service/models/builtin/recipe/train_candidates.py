"""Train one candidate: to answer the questions of the closed set, word for word."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from torch.nn import functional

from service.models.builtin.recipe import training
from service.models.builtin.recipe.corpus import training_cases
from service.models.builtin.recipe.learn_tokens import encoder
from service.models.builtin.recipe.network import Network, Start
from service.models.builtin.recipe.shape import ModelShape
from service.models.builtin.recipe.tokens import ASSISTANT, END, USER

_PROMPT_WEIGHT = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRow:
    """An encoded question with its answer; the question weighs little, the answer all."""

    tokens: list[int]
    weights: list[float]


def train_candidate(
    name: str,
    shape: ModelShape,
    tokenizer: dict[str, Any],
    plan: training.Plan,
    *,
    say: Callable[[str], None],
) -> Network:
    """Train a candidate and return it."""
    training.prepare()
    network = Network(shape, seed=plan.seed, start=Start(embedding=0.05))
    steps = training.optimiser(network, plan)
    random = Random(plan.seed + 1)  # noqa: S311 - repeatable on purpose
    tokens = encoder(tokenizer)
    cases = training_cases(random)

    def draw(_done: float) -> ChatRow:
        case = next(cases)
        question = [USER, *tokens.encode(case.question).ids, END, ASSISTANT]
        answer = [*tokens.encode(case.reference).ids, END]
        weights = [_PROMPT_WEIGHT] * len(question) + [1.0] * len(answer)
        return ChatRow(tokens=question + answer, weights=weights)

    began, seen, recent = time.monotonic(), 0, []
    for step, rows in enumerate(training.like_lengths(random, draw, plan)):
        batch = training.padded_tokens([row.tokens for row in rows])
        weights = training.padded([row.weights for row in rows], 0.0)[:, 1:]
        state, _ = network(batch[:, :-1])
        used = weights > 0
        logits, truth, weight = state[used] @ network.embed.weight.T, batch[:, 1:][used], weights[used]
        each = functional.cross_entropy(logits, truth, reduction="none")
        training.advance(network, steps, plan.rate_at(step), (each * weight).sum() / weight.sum())
        seen += int(torch.count_nonzero(used))
        answers = weight == 1.0
        recent.append(
            (each[answers].mean().item(), (logits.argmax(-1) == truth)[answers].float().mean().item())
        )
        if (step + 1) % 100 == 0:
            loss, right = (sum(column) / len(recent) for column in zip(*recent, strict=True))
            recent.clear()
            took = time.monotonic() - began
            say(
                f"{name} {step + 1}/{plan.steps} answer loss {loss:.4f} tokens right {right:.4f}, "
                f"{seen / took:.0f} tokens/s, {took:.0f} s"
            )
    return network
