"""The network that is trained: the same arithmetic as the exported graph, in torch."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from service.models.builtin.recipe.shape import ModelShape

_MATRICES = ("qkv", "o", "gate", "up", "down")


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How large the weights are at first; the embedding matters for learning to copy."""

    embedding: float = 0.05
    gain: float = 0.7


class _Block(nn.Module):
    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.shape = shape
        self.n1 = nn.Parameter(torch.ones(shape.hidden))
        self.n2 = nn.Parameter(torch.ones(shape.hidden))
        self.qkv = nn.Linear(shape.hidden, shape.qkv, bias=False)
        self.o = nn.Linear(shape.hidden, shape.hidden, bias=False)
        self.gate = nn.Linear(shape.hidden, shape.ffn, bias=False)
        self.up = nn.Linear(shape.hidden, shape.ffn, bias=False)
        self.down = nn.Linear(shape.ffn, shape.hidden, bias=False)

    def forward(self, state: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        shape = self.shape
        batch, length, _ = state.shape
        size, heads, pairs = shape.head_size, shape.heads, shape.kv_heads
        both = (
            self.qkv(self.normalised(state, self.n1))
            .view(batch, length, heads + 2 * pairs, size)
            .transpose(1, 2)
        )
        turned, values = both.split([heads + pairs, pairs], 1)
        left, right = turned.chunk(2, -1)
        turned = torch.cat([left * cos - right * sin, right * cos + left * sin], -1)
        queries, keys = turned.split([heads, pairs], 1)
        if heads != pairs:
            keys = keys.repeat_interleave(heads // pairs, 1)
            values = values.repeat_interleave(heads // pairs, 1)
        mixed = functional.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        state = state + self.o(mixed.transpose(1, 2).reshape(batch, length, shape.hidden))
        hidden = self.normalised(state, self.n2)
        return state + self.down(functional.silu(self.gate(hidden)) * self.up(hidden))

    def normalised(self, state: Tensor, scale: Tensor) -> Tensor:
        return functional.rms_norm(state, (self.shape.hidden,), scale, self.shape.epsilon)


class Network(nn.Module):
    """A decoder with a probe on the state before its last block; the probe is not exported.

    Parameters
    ----------
    probes
        How many yes-or-no questions the probe answers at every token.
    """

    def __init__(self, shape: ModelShape, *, seed: int, probes: int = 0, start: Start | None = None) -> None:
        super().__init__()
        torch.manual_seed(seed)
        start = start or Start()
        self.shape = shape
        self.embed = nn.Embedding(shape.vocab, shape.hidden)
        self.blocks = nn.ModuleList(_Block(shape) for _ in range(shape.layers))
        self.norm = nn.Parameter(torch.ones(shape.hidden))
        self.probe_norm = nn.Parameter(torch.ones(shape.hidden))
        self.probe = nn.Linear(shape.hidden, max(1, probes))
        inverse = 1 / shape.theta ** (torch.arange(0, shape.head_size, 2) / shape.head_size)
        angles = torch.outer(torch.arange(shape.context).float(), inverse)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        for name, weight in self.named_parameters():
            if weight.dim() > 1:
                depth = 1 / math.sqrt(2 * shape.layers) if name.endswith(("o.weight", "down.weight")) else 1.0
                nn.init.normal_(weight, std=start.gain / math.sqrt(weight.shape[1]) * depth)
        nn.init.normal_(self.embed.weight, std=start.embedding)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return the last state of every token, normalised, and what the probe says of it."""
        state = self.embed(tokens)
        cos, sin = self.get_buffer("cos")[: tokens.shape[1]], self.get_buffer("sin")[: tokens.shape[1]]
        probed = state
        for number, block in enumerate(self.blocks):
            state = block(state, cos, sin)
            if number == self.shape.layers - 2:
                probed = state
        width = (self.shape.hidden,)
        looked_at = functional.rms_norm(probed, width, self.probe_norm, self.shape.epsilon)
        return functional.rms_norm(state, width, self.norm, self.shape.epsilon), self.probe(looked_at)

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the arrays that are exported, inputs first."""
        arrays = {"embed": self.embed.weight, "norm": self.norm}
        for number, block in enumerate(self.blocks):
            arrays |= {f"l{number}.{name}": block.get_parameter(name) for name in ("n1", "n2")}
            arrays |= {f"l{number}.{name}": block.get_parameter(f"{name}.weight").T for name in _MATRICES}
        return {
            name: np.ascontiguousarray(array.detach().numpy(), np.float32) for name, array in arrays.items()
        }
