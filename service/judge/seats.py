"""A judge in its seat: its model as it was found, the text it gets, and how its replies can be constrained."""

from dataclasses import dataclass
from typing import Literal

from service.domain.models import Judge, Model
from service.domain.templates import JudgeTemplate

Output = Literal["lark", "json_schema", "tool", "json_object", "text", "tagged"]

THINKS = frozenset({"reasoning", "thinking"})
"""What a model that thinks aloud says of itself among its capabilities."""
THINKING_TOKENS = 2048
"""What such a model gets for it unless the judge's own setting says otherwise."""
LOGPROBS = "logprobs"
"""What a model behind an endpoint that tells how likely its tokens are has among its capabilities."""
SAMPLING_TEMPERATURE = 0.5
"""At which a judge of temperature 0 gives its samples after the first: the same question would get the same reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Everything about a judge that can change what it says, except the question.

    Attributes
    ----------
    output
        What the endpoint enforces: a Lark grammar, a raw JSON schema (keys may come in any order), the arguments of a
        tool that must be called, any JSON object, or nothing, where the judge is asked for JSON (``text``) or, if it
        fails at that, for tags (``tagged``).
    """

    judge: Judge
    model: Model
    template: JudgeTemplate
    output: Output = "lark"

    @property
    def thinking_tokens(self) -> int:
        """Tokens for thinking, on top of those for the reply."""
        if self.judge.thinking_tokens is not None:
            return self.judge.thinking_tokens
        return THINKING_TOKENS if THINKS & set(self.model.capabilities) else 0

    @property
    def logprobs(self) -> bool:
        """Whether the endpoint was seen to tell how likely tokens are."""
        return self.model.runner == "http" and LOGPROBS in self.model.capabilities

    def temperature(self, sample: int) -> float:
        """Return the temperature of a sample: further ones are always drawn."""
        own = self.judge.temperature
        return own if own > 0 or sample == 1 else SAMPLING_TEMPERATURE

    @property
    def tagged(self) -> bool:
        """Whether the judge is asked for tags."""
        return self.output == "tagged" and bool(self.template.tag_form)

    @property
    def identity(self) -> dict[str, object]:
        """What a content address must hold of this judge."""
        thinking = {"thinking_tokens": self.thinking_tokens} if self.thinking_tokens else {}
        asked = {"logprobs": True} if self.logprobs else {}
        return {
            **thinking,
            **asked,
            "model": self.model.name,
            "version": self.model.version,
            "template": self.template.fingerprint,
            "mode": self.judge.mode,
            "output": self.output,
            "temperature": float(self.judge.temperature),
            "max_tokens": self.judge.max_tokens,
        }
