"""Who is in play and what is in doubt: more samples go where they can decide, and nowhere else."""

import pytest

from service.domain.estimates import Estimate
from service.domain.selection import Ranked
from service.rank.doubts import in_doubt, in_play


def ranked(name: str, p_within: float | None, *, score: float = 0.5, eligible: bool = True) -> Ranked:
    return Ranked(
        candidate=name,
        rank=1 if eligible else None,
        eligible=eligible,
        score=Estimate(value=score, low=score, high=score, n=30),
        gates=(),
        criteria=(),
        p_within=p_within,
    )


def play(*lines: Ranked, prompts: int = 30) -> tuple[str, ...]:
    return in_play(ranked=lines, prompts=prompts, confidence=0.95)


def test_a_candidate_that_is_surely_out_gets_no_more_samples() -> None:
    assert play(ranked("a", 0.7), ranked("b", 0.6), ranked("c", 0.009, score=0.1)) == ("a", "b")


def test_below_twenty_prompts_nobody_is_out() -> None:
    assert play(ranked("a", 1.0), ranked("b", 0.0), prompts=19) == ("a", "b")


def test_once_the_leader_is_sure_nobody_gets_more() -> None:
    # A confidence of .95 asks for .995 in each of many looks.
    assert play(ranked("a", 0.996, score=0.9), ranked("b", 0.3)) == ()
    assert play(ranked("a", 0.99, score=0.9), ranked("b", 0.3)) == ("a", "b")


def test_who_is_barred_or_alone_has_nobody_to_be_told_from() -> None:
    assert play(ranked("a", 0.5), ranked("b", None, eligible=False)) == ()
    assert play() == ()


@pytest.mark.parametrize(
    ("scores", "expectation", "repeat", "doubtful"),
    [
        ([], None, None, False),
        ([4], None, None, True),
        ([4], None, 1.0, True),
        ([4, 4], None, 1.0, False),
        ([4, 5], None, 1.0, True),
        ([4, 4], None, 0.89, True),
        ([4, 4], None, 0.9, False),
        ([4], 4.2, 1.0, False),
        ([4], 4.25, 1.0, True),
        ([4], 3.75, 1.0, True),
        ([4], 3.8, 1.0, False),
        ([4], 4.0, 0.5, True),
    ],
)
def test_a_score_is_in_doubt_where_samples_differ_or_the_level_is_on_the_edge(
    scores: list[float], expectation: float | None, repeat: float | None, doubtful: bool
) -> None:
    assert in_doubt(scores=scores, expectation=expectation, repeat=repeat) is doubtful
