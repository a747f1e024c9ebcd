"""Replies as small judges really give them: an answer that is there is found, and what is no answer is never a score."""

from collections.abc import Callable
from random import Random

import pytest

from service.domain.asking import Answer
from service.domain.failures import Failure, FailureKind
from service.judge.parsing import Reply, parse_reply
from tests.judge.reply_kinds import ANSWERED, UNANSWERED

ALL = ("accuracy", "completeness", "relevance", "clarity")
DRAWS = 200
KINDS = {
    "thinking_without_end": {FailureKind.TRUNCATED},
    "cut_before_scores": {FailureKind.TRUNCATED},
    "blanks_instead": {FailureKind.TRUNCATED},
    "refusal": {FailureKind.REFUSED},
    "refusal_in_the_form": {FailureKind.REFUSED},
}


def drawn(kind: str, facets: tuple[str, ...], draw: int) -> tuple[dict[str, int], Random]:
    random = Random(f"{kind} {len(facets)} {draw}")
    return {facet: random.randint(1, 5) for facet in facets}, random


@pytest.mark.parametrize(
    "facets", [ALL, ("accuracy",), ("follows_rules", "tone")], ids=["four", "one", "two"]
)
@pytest.mark.parametrize("kind", ANSWERED)
def test_an_answer_that_is_there_is_found(
    kind: str, facets: tuple[str, ...], answer: Callable[..., Answer]
) -> None:
    usable = 0
    for draw in range(DRAWS):
        scores, random = drawn(kind, facets, draw)
        reply = parse_reply(answer(*ANSWERED[kind](scores, random)), facets)
        if isinstance(reply, Reply):
            assert reply.scores == scores, reply.raw
            usable += 1
    assert usable >= 0.99 * DRAWS


@pytest.mark.parametrize("facets", [ALL, ("accuracy",)], ids=["four", "one"])
@pytest.mark.parametrize("kind", UNANSWERED)
def test_what_is_no_answer_is_never_a_score(
    kind: str, facets: tuple[str, ...], answer: Callable[..., Answer]
) -> None:
    for draw in range(DRAWS):
        scores, random = drawn(kind, facets, draw)
        failure = parse_reply(answer(*UNANSWERED[kind](scores, random)), facets)
        assert isinstance(failure, Failure), failure.raw
        assert failure.kind in KINDS.get(kind, {FailureKind.UNPARSABLE}), failure
        assert failure.raw
