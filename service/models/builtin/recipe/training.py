"""What both trainings share: fixed steps, one thread, one schedule, batches of like length."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol, TypeVar

import torch
import torch.utils.deterministic
from torch import Tensor

from service.models.builtin.recipe.network import Network


class Sized(Protocol):
    """An encoded example."""

    @property
    def tokens(self) -> list[int]:
        """Prompt and answer."""


Example = TypeVar("Example", bound=Sized)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long and how hard to train.

    Attributes
    ----------
    batches
        Batch sizes, each with the share of the steps at which it begins: many small steps first.
    """

    steps: int
    rate: float
    batches: tuple[tuple[float, int], ...]
    seed: int = 0
    decay: float = 0.02
    warm_up: int = 100
    floor: float = 0.03

    def rate_at(self, step: int) -> float:
        """Return the learning rate: a warm-up, then half a cosine down to the floor."""
        cosine = 0.5 * (1 + math.cos(math.pi * step / self.steps))
        return self.rate * min(1.0, (step + 1) / self.warm_up) * (cosine * (1 - self.floor) + self.floor)

    def batch_at(self, step: int) -> int:
        """Return the batch size."""
        return [size for share, size in self.batches if step >= share * self.steps][-1]


def prepare() -> None:
    """Make torch repeat itself: one thread, and no operation whose order of sums may vary."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    torch.utils.deterministic.fill_uninitialized_memory = False


def optimiser(network: Network, plan: Plan) -> torch.optim.Optimizer:
    """Return AdamW that leaves norms undecayed."""
    matrices = [weight for weight in network.parameters() if weight.dim() > 1]
    others = [weight for weight in network.parameters() if weight.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": plan.decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98), fused=True)


def like_lengths(
    random: Random, draw: Callable[[float], Example], plan: Plan, pool: int = 16
) -> Iterator[Sequence[Example]]:
    """Yield one batch for each step, its examples of similar length so that little is padding.

    `draw` is told which share of the steps is done.
    """
    waiting: list[list[Example]] = []
    for step in range(plan.steps):
        if not waiting:
            size = plan.batch_at(step)
            drawn = sorted((draw(step / plan.steps) for _ in range(size * pool)), key=lambda x: len(x.tokens))
            waiting = [drawn[start : start + size] for start in range(0, len(drawn), size)]
            random.shuffle(waiting)
        yield waiting.pop()


def padded(rows: Sequence[Sequence[float]], value: float) -> Tensor:
    """Return rows of unequal length as one tensor."""
    length = max(map(len, rows))
    return torch.tensor([[*row, *[value] * (length - len(row))] for row in rows], dtype=torch.float32)


def padded_tokens(rows: Sequence[Sequence[int]]) -> Tensor:
    """Return rows of token ids as one tensor, padded with token 0."""
    length = max(map(len, rows))
    return torch.tensor([[*row, *[0] * (length - len(row))] for row in rows])


def advance(network: Network, steps: torch.optim.Optimizer, rate: float, loss: Tensor) -> None:
    """Take one step down the gradient, clipped to a norm of one."""
    for group in steps.param_groups:
        group["lr"] = rate
    steps.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    steps.step()
