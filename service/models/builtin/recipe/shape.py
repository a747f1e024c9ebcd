"""The size of a model, and the arrays that belong to it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Weights = Mapping[str, npt.NDArray[np.float32]]
"""Arrays by name: ``embed``, ``norm`` and, for block i, ``l{i}.`` + ``n1 n2 qkv o gate up down`` (inputs first)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShape:
    """A Llama-style decoder: rotary positions, RMS norms, SwiGLU, output tied to the embedding.

    Attributes
    ----------
    context
        Tokens of prompt and answer together.
    kv_heads
        Heads of keys and values; a divisor of `heads`.
    """

    vocab: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    ffn: int
    context: int = 512
    epsilon: float = 1e-6
    theta: float = 10_000.0

    def __post_init__(self) -> None:
        """Refuse shapes the graph cannot express."""
        if self.hidden % self.heads or self.heads % self.kv_heads or self.head_size % 2:
            raise ValueError(
                f"heads must divide hidden into even parts, and kv_heads must divide heads: {self}"
            )

    @property
    def head_size(self) -> int:
        """Width of one head."""
        return self.hidden // self.heads

    @property
    def qkv(self) -> int:
        """Width of queries, keys and values side by side."""
        return (self.heads + 2 * self.kv_heads) * self.head_size


def array_shapes(shape: ModelShape) -> dict[str, tuple[int, ...]]:
    """Return the name and the dimensions of every array of a model, in the order they are drawn."""
    shapes: dict[str, tuple[int, ...]] = {"embed": (shape.vocab, shape.hidden), "norm": (shape.hidden,)}
    for block in range(shape.layers):
        shapes |= {
            f"l{block}.n1": (shape.hidden,),
            f"l{block}.n2": (shape.hidden,),
            f"l{block}.qkv": (shape.hidden, shape.qkv),
            f"l{block}.o": (shape.hidden, shape.hidden),
            f"l{block}.gate": (shape.hidden, shape.ffn),
            f"l{block}.up": (shape.hidden, shape.ffn),
            f"l{block}.down": (shape.ffn, shape.hidden),
        }
    return shapes


def parameters(shape: ModelShape) -> int:
    """Return how many numbers a model has.

    Examples
    --------
    >>> parameters(ModelShape(vocab=264, hidden=32, layers=1, heads=1, kv_heads=1, ffn=64))
    18784
    """
    return sum(int(np.prod(dimensions)) for dimensions in array_shapes(shape).values())


def random_weights(shape: ModelShape, seed: int) -> dict[str, npt.NDArray[np.float32]]:
    """Return untrained weights: norms of one, everything else normal with deviation 0.02."""
    generator = np.random.default_rng(seed)
    return {
        name: np.ones(dimensions, np.float32)
        if len(dimensions) == 1
        else (generator.standard_normal(dimensions) * 0.02).astype(np.float32)
        for name, dimensions in array_shapes(shape).items()
    }
