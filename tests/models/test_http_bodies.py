"""Chat requests as the dialects take them."""

import json
from typing import Any

import pytest

from service.domain.models import Candidate
from service.domain.rubrics import Prompt
from service.measure.questions import question
from service.models import protocol
from service.models.http_bodies import chat_body


def body(dialect: str | None, *, fresh: bool) -> dict[str, Any]:
    order = protocol.Ask(
        id=1,
        messages=[{"role": "user", "content": "hello"}],
        temperature=0,
        max_tokens=8,
        seed=1,
        deadline=1,
        fresh=fresh,
    )
    return dict(json.loads(chat_body("m", order, dialect)))


def test_llama_cpp_is_told_to_reuse_nothing_for_what_is_timed_and_may_for_a_judge() -> None:
    assert body("llamacpp", fresh=True)["cache_prompt"] is False
    assert "cache_prompt" not in body("llamacpp", fresh=False)


@pytest.mark.parametrize("dialect", [None, "openai", "vllm", "ollama", "foundry"])
def test_nobody_else_gets_a_field_of_llama_cpp(dialect: str | None) -> None:
    assert "cache_prompt" not in body(dialect, fresh=True)


def test_every_question_to_a_candidate_is_fresh() -> None:
    candidate = Candidate(name="one", model="m")
    assert question(candidate, Prompt(id="p", text="hello"), seed=1, deadline=1).fresh
