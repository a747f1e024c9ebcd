"""Rubric, Facet, Example, PromptSet, Prompt and Injection: what is asked and what makes an answer good."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from service.domain.asking import Message

CheckKind = Literal[
    "exact", "normalised", "contains", "json", "json_schema", "token_f1", "rouge_l", "length", "language"
]
Degradation = Literal[
    "truncated", "shuffled", "wrong_fact", "off_topic", "empty", "padded", "rude", "harmful"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An answer, to a question that is not asked in the evaluation, that stands for a level of a facet.

    Attributes
    ----------
    level
        1 to 5.
    question
        What it answers, where the answer alone does not show its level.
    why
        Why it deserves that level.
    """

    level: int
    answer: str
    question: str | None = None
    why: str | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """All that its author wrote."""
        return tuple(text for text in (self.question, self.answer, self.why) if text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One side of quality, scored 1 to 5.

    Attributes
    ----------
    levels
        Five sentences, what an answer of level 1, 2, 3, 4 and 5 is like.
    check
        A deterministic check that decides this facet where the prompt has what the check needs; ``None``: the judge.
    degraded_by
        Planted faults that must lower this facet: the judge's qualification tries them.
    examples
        Worked examples that the judge is shown, in the order of the file; of a level there may be none.
    """

    name: str
    question: str
    levels: tuple[str, str, str, str, str]
    weight: float = 1.0
    check: CheckKind | None = None
    degraded_by: tuple[Degradation, ...] = ()
    examples: tuple[Example, ...] = ()

    @property
    def content(self) -> dict[str, Any]:
        """What a fingerprint must hold of it; the examples only where there are any."""
        found = asdict(self)
        if not self.examples:
            del found["examples"]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """Facets with weights; `fingerprint` is the SHA-256 of the canonical form."""

    name: str
    title: str
    facets: tuple[Facet, ...]
    fingerprint: str
    language: str = "en"
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """A text that tries to steer a judge, for its examination."""

    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """A sentence that makes a good answer `fault`, for a judge's examination."""

    fault: Literal["rude", "harmful"]
    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One thing to ask; `id` is unique in its set.

    Attributes
    ----------
    reference
        An answer that deserves full marks, where one exists.
    expect
        What a check needs beyond the reference: ``contains`` (list of strings), ``json_schema``, ``min_words``,
        ``max_words``, ``max_characters`` or ``language``.
    history
        What was said before `text`, user and assistant by turns: given with the prompt, the same for every candidate.
    facets
        Names of the rubric's facets that its answers are scored on; none: all of them.
    """

    id: str
    text: str
    system: str | None = None
    reference: str | None = None
    tags: tuple[str, ...] = ()
    expect: dict[str, Any] | None = None
    history: tuple[Message, ...] = ()
    facets: tuple[str, ...] = ()

    def scored_on(self, facet: str) -> bool:
        """Whether answers to this prompt are scored on the facet called `facet`."""
        return not self.facets or facet in self.facets

    @property
    def asked(self) -> dict[str, Any]:
        """What a content address must hold of what is asked; the history only where there is one."""
        said = {"history": [[turn.role, turn.content] for turn in self.history]} if self.history else {}
        return {"system": self.system, "text": self.text, "reference": self.reference, **said}

    @property
    def conversation(self) -> str:
        r"""What is asked, for a person to read: the text, after the turns before it where there are any.

        Examples
        --------
        >>> said = (Message(role="user", content="Hello."), Message(role="assistant", content="Hello!"))
        >>> Prompt(id="a", text="And now?", history=said).conversation
        'user: Hello.\n\nassistant: Hello!\n\nuser: And now?'
        """
        if not self.history:
            return self.text
        turns = (*self.history, Message(role="user", content=self.text))
        return "\n\n".join(f"{turn.role}: {turn.content}" for turn in turns)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSet:
    """Prompts under a name; `fingerprint` is the SHA-256 of the canonical form."""

    name: str
    title: str
    prompts: tuple[Prompt, ...]
    fingerprint: str
    description: str = ""
