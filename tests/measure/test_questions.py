"""What a candidate is sent: the instructions of the set and its own, what was said before, and the question."""

from service.domain.asking import Message
from service.domain.models import Candidate
from service.domain.rubrics import Prompt
from service.measure.questions import question

HISTORY = (Message(role="user", content="I am Vera."), Message(role="assistant", content="Hello, Vera."))


def roles(prompt: Prompt, candidate: Candidate) -> list[tuple[str, str]]:
    asked = question(candidate, prompt, seed=1, deadline=1.0)
    return [(message.role, message.content) for message in asked.messages]


def test_a_conversation_goes_out_as_it_stands_behind_one_system_message() -> None:
    prompt = Prompt(id="p", text="My name?", system="Be brief.", history=HISTORY)
    assert roles(prompt, Candidate(name="c", model="m", system="Be kind.")) == [
        ("system", "Be brief.\n\nBe kind."),
        ("user", "I am Vera."),
        ("assistant", "Hello, Vera."),
        ("user", "My name?"),
    ]


def test_a_plain_prompt_is_one_message() -> None:
    assert roles(Prompt(id="p", text="Why?"), Candidate(name="c", model="m")) == [("user", "Why?")]
