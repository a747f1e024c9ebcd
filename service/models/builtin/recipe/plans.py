"""The five built-in models: how large each is, how long it is trained, and what its card says of it."""

from dataclasses import dataclass
from typing import Literal

from service.models.builtin.recipe.shape import ModelShape

_VOCAB = 1024
_FAMILIES = (
    "capitals, opposites, plurals, what comes next, sums, definitions, lists, summaries of a purchase, reviews, facts out "
    "of a sentence, JSON out of a sentence, and three about short meeting notes: tasks, decisions, people"
)
_CHAT_LIMITS = (
    "A toy for a closed question set: outside its fourteen families the answers are noise.",
    "Context of 512 tokens, English only.",
)
_JUDGE_LIMITS = (
    "Needs a reference, and the prompt it was trained with: answer, reference, then question.",
    "Compares words, not meanings: a synonym for a word that the reference owes is called wrong.",
    "Looks for what the reference holds; a false word added beside it is mostly overlooked.",
    "Context of 384 tokens, English only; replies only under its grammar.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Fixed steps, never seconds, so that a slow machine trains the same model.

    Attributes
    ----------
    batches
        Batch sizes, each with the share of the steps at which it begins.
    """

    steps: int
    rate: float
    batches: tuple[tuple[float, int], ...]
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One built-in model before it is trained."""

    name: str
    role: Literal["candidate", "judge"]
    shape: ModelShape
    schedule: Schedule
    description: str
    licence: str = "MIT"
    capabilities: tuple[str, ...] = ("chat",)
    limits: tuple[str, ...] = _CHAT_LIMITS

    @property
    def family(self) -> str:
        """Models of one family share their training text."""
        return "tiny" if self.role == "candidate" else "tiny-judge"


CANDIDATES = (
    Recipe(
        name="tiny-xs",
        role="candidate",
        shape=ModelShape(vocab=_VOCAB, hidden=32, layers=2, heads=2, kv_heads=1, ffn=64),
        schedule=Schedule(steps=1500, rate=3e-3, batches=((0, 16),)),
        description="Toy chat model, the smallest and fastest: knows facts by heart, copies badly.",
    ),
    Recipe(
        name="tiny-s",
        role="candidate",
        shape=ModelShape(vocab=_VOCAB, hidden=64, layers=2, heads=4, kv_heads=2, ffn=128),
        schedule=Schedule(steps=2500, rate=3e-3, batches=((0, 16),)),
        description="Toy chat model, the best value: small, quick and mostly right.",
    ),
    Recipe(
        name="tiny-m",
        role="candidate",
        shape=ModelShape(vocab=_VOCAB, hidden=96, layers=3, heads=3, kv_heads=3, ffn=192),
        schedule=Schedule(steps=3500, rate=2e-3, batches=((0, 16),)),
        description="Toy chat model, the best on quality and not the fastest.",
        licence="LicenseRef-Tiny-NonCommercial",
    ),
    Recipe(
        name="tiny-l",
        role="candidate",
        shape=ModelShape(vocab=_VOCAB, hidden=192, layers=6, heads=6, kv_heads=6, ffn=512),
        schedule=Schedule(steps=900, rate=1.5e-3, batches=((0, 8),)),
        description="Toy chat model, the largest and slowest, under-trained on purpose.",
    ),
)
JUDGE = Recipe(
    name="tiny-judge",
    role="judge",
    shape=ModelShape(vocab=_VOCAB, hidden=96, layers=4, heads=3, kv_heads=3, ffn=256, context=384),
    schedule=Schedule(steps=6600, rate=2e-3, batches=((0, 16), (0.92, 32))),
    description="Toy judge: looks up every word that the reference owes in the answer.",
    capabilities=("judge", "lark"),
    limits=_JUDGE_LIMITS,
)
RECIPES = (*CANDIDATES, JUDGE)

CHAT_DATA = f"English text generated from templates written for this project: {_FAMILIES}. One question in sixteen is kept back."
JUDGE_DATA = (
    f"{CHAT_DATA} Most names and words in it are invented. Answers were reworded, or spoilt in known ways and labelled by "
    "the kind of fault."
)
