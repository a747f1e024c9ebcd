"""A judge in its seat: its model as it was found, the text it gets, and how its replies can be constrained."""

from dataclasses import dataclass
from typing import Literal

from service.domain.models import Judge, Model
from service.domain.templates import JudgeTemplate

Output = Literal["lark", "json_schema", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Everything about a judge that can change what it says, except the question.

    Attributes
    ----------
    output
        What the endpoint enforces: a Lark grammar, a raw JSON schema (keys may come in any order), or nothing.
    """

    judge: Judge
    model: Model
    template: JudgeTemplate
    output: Output = "lark"

    @property
    def identity(self) -> dict[str, object]:
        """What a content address must hold of this judge."""
        return {
            "model": self.model.name,
            "version": self.model.version,
            "template": self.template.fingerprint,
            "mode": self.judge.mode,
            "output": self.output,
            "temperature": float(self.judge.temperature),
            "max_tokens": self.judge.max_tokens,
        }
