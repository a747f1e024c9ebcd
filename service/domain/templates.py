"""JudgeTemplate: what a judge is told, frozen with the evaluation that uses it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeTemplate:
    """The text a judge gets, in sections, and the few facts about it that the judge step needs.

    Attributes
    ----------
    user, system
        The two messages; ``None``: no system message.
    instructions, with_reference, without_reference, facet
        Pieces of `user`: the candidate's system text, the reference where there is one, the words instead where there
        is none, and one facet with its levels.
    json_form, tag_form
        How to say that the reply is to be one JSON object, or tags for judges that fail at JSON; without `tag_form` such
        a judge is asked for JSON too.
    history, turn
        A piece of `user` too: the turns before the question where the prompt brings some, and one of them. Without
        `history` the judge is shown the question alone.
    example, example_question, example_reason
        What follows a facet's levels for each of its worked examples, and the pieces of it for a question and a reason
        where the example has them. Without `example` the judge is shown none.
    repair
        What a judge is told after a reply without scores; ``None``: it is not asked again.
    rationale_characters
        Longest rationale the grammar lets through.
    empty_answer
        What stands for an answer without text.
    """

    name: str
    title: str
    user: str
    system: str | None
    instructions: str
    with_reference: str
    without_reference: str
    facet: str
    repair: str | None
    rationale_characters: int
    empty_answer: str
    fingerprint: str
    json_form: str = ""
    tag_form: str = ""
    history: str = ""
    turn: str = ""
    example: str = ""
    example_question: str = ""
    example_reason: str = ""

    @property
    def of_examples(self) -> tuple[str, ...]:
        """What a content address must hold where a judge is shown examples; nothing for a template that shows none."""
        return (self.example, self.example_question, self.example_reason) if self.example else ()
