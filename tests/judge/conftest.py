"""A scripted judge: it answers by a function of the question and remembers what it was asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from service import resources
from service.domain.asking import Answer, Question
from service.domain.failures import Failure
from service.domain.models import Judge, Model
from service.domain.responses import Response, Slot, Timing
from service.judge import Seat
from service.library import Folders, Library

Script = Callable[[Question], str | Answer | Failure]


def answered(text: str, finish: str = "stop") -> Answer:
    return Answer(
        text=text,
        finish=finish,
        prompt_tokens=9,
        completion_tokens=9,
        sent=0,
        first=1,
        last=2,
        end=3,
    )


@dataclass
class ScriptedJudge:
    """An `Ask` that follows a script; `asked` holds every question."""

    script: Script
    asked: list[Question] = field(default_factory=list)

    async def __call__(self, question: Question) -> Answer | Failure:
        self.asked.append(question)
        said = self.script(question)
        return answered(said) if isinstance(said, str) else said


@pytest.fixture
def scripted() -> type[ScriptedJudge]:
    return ScriptedJudge


@pytest.fixture
def answer() -> Callable[..., Answer]:
    return answered


@pytest.fixture(scope="session")
def library() -> Library:
    return Library(
        Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts"))
    )


@pytest.fixture(scope="session")
def seat(library: Library) -> Seat:
    """The toy judge's seat."""
    return Seat(
        judge=Judge(model="tiny-judge", template="tiny", max_tokens=64),
        model=Model(name="tiny-judge", source="builtin", version="v1"),
        template=library.judge_template("tiny"),
    )


@pytest.fixture(scope="session")
def general_seat(library: Library) -> Seat:
    """The seat of a general judge, which gets the long template."""
    return Seat(
        judge=Judge(model="phi", temperature=0.5),
        model=Model(name="phi", source="catalog"),
        template=library.judge_template("joint"),
    )


@pytest.fixture
def now() -> Callable[[], datetime]:
    return lambda: datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def respond() -> Callable[..., Response]:
    """A response of a candidate to a prompt."""

    def make(prompt: str, text: str, candidate: str = "a", round_number: int = 1) -> Response:
        return Response(
            evaluation="e",
            slot=Slot(candidate=candidate, prompt=prompt, pass_number=1, round_number=round_number),
            load="l",
            text=text,
            finish="stop",
            timing=Timing(first=1, last=2, end=3, prompt_tokens=1, completion_tokens=1, chunks=1),
            order=0,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )

    return make
