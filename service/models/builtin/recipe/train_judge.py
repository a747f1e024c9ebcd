"""Train the judge: scores and rationale, with a dense second task on every token of the reference."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from service.models.builtin.recipe import training
from service.models.builtin.recipe.judging import example
from service.models.builtin.recipe.labels import FIRST_SCORE, PROBED, JudgeRow, encoded
from service.models.builtin.recipe.learn_tokens import encoder
from service.models.builtin.recipe.network import Network
from service.models.builtin.recipe.shape import ModelShape

_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """The parts of the loss, and the share of first scores that are right."""

    reply: Tensor
    copy: Tensor
    probe: Tensor
    order: Tensor
    right: float

    def total(self, done: float) -> Tensor:
        """Add the parts up; copying counts most at first."""
        return self.reply + (1.0 if done < 0.15 else 0.3) * self.copy + 1.5 * self.probe + 0.75 * self.order


def losses(network: Network, rows: list[JudgeRow]) -> Losses:
    """Return the losses of one batch."""
    tokens = training.padded_tokens([row.tokens for row in rows])
    state, probed = network(tokens[:, :-1])
    reply_weights = training.padded([row.reply for row in rows], 0.0)[:, 1:]
    copy_weights = training.padded([row.copy for row in rows], 0.0)[:, 1:]
    used = (reply_weights + copy_weights) > 0
    logits = state[used] @ network.embed.weight.T
    truth = tokens[:, 1:][used]
    each = functional.cross_entropy(logits, truth, reduction="none")
    weight, copied = reply_weights[used], copy_weights[used]
    labels = torch.stack([training.padded([getattr(row, name) for row in rows], -1.0) for name in PROBED], -1)
    labels = labels[:, :-1]
    known = labels >= 0
    missed = (
        functional.binary_cross_entropy_with_logits(probed, labels.clamp(min=0), reduction="none") * known
    )
    columns = missed.sum((0, 1)) / known.sum((0, 1)).clamp(min=1)
    first = weight >= FIRST_SCORE
    return Losses(
        reply=(each * weight).sum() / weight.sum(),
        copy=(each * copied).sum() / copied.sum().clamp(min=1.0),
        probe=columns[:2].mean(),
        order=columns[2],
        right=float((logits.argmax(-1) == truth)[first].float().mean()),
    )


def _ease(done: float) -> float:
    """Return the share of the plainest task: all of a quarter of the training, little of the second half."""
    return min(1.0, max(0.08, 1 - (done - 0.25) / 0.2))


def train_judge(
    shape: ModelShape,
    tokenizer: dict[str, Any],
    plan: training.Plan,
    *,
    say: Callable[[str], None],
) -> Network:
    """Train a judge and return it.

    It begins with the plainest task alone: mixed with the others from the start, comparing was not learned at all.
    """
    training.prepare()
    network = Network(shape, seed=plan.seed, probes=len(PROBED))
    steps = training.optimiser(network, plan)
    random = Random(plan.seed + 1)  # noqa: S311 - repeatable on purpose
    tokens = encoder(tokenizer)

    def draw(done: float) -> JudgeRow:
        while True:
            row = encoded(tokens, example(random, ease=_ease(done)))
            if len(row.tokens) <= _LONGEST:
                return row

    began, seen, recent = time.monotonic(), 0, []
    for step, rows in enumerate(training.like_lengths(random, draw, plan)):
        found = losses(network, list(rows))
        training.advance(network, steps, plan.rate_at(step), found.total(step / plan.steps))
        seen += sum(len(row.tokens) for row in rows)
        parts = (found.reply, found.copy, found.probe, found.order)
        recent.append((*(part.item() for part in parts), found.right))
        if (step + 1) % 100 == 0:
            reply_, copy, probe, order, right = (
                sum(column) / len(recent) for column in zip(*recent, strict=True)
            )
            recent.clear()
            took = time.monotonic() - began
            say(
                f"judge {step + 1}/{plan.steps} reply {reply_:.4f} copy {copy:.3f} probe {probe:.4f} "
                f"order {order:.4f} right {right:.3f}, {seen / took:.0f} tokens/s, {took:.0f} s"
            )
    return network
