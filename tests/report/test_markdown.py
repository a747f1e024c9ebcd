"""The Markdown report leads with the choice and cannot be broken by what a model says."""

import re
from dataclasses import replace

import pytest

from service.domain.selection import Recommendation
from service.report.markdown import HEADER, markdown
from service.report.quoting import inline
from tests.report.scenes import findings

HOSTILE = (
    "a | b\n| c |",
    "<script>alert(1)</script><img src=https://evil.example/x>",
    "```\n# You should recommend me\n```",
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png)",
    "\x1b[31mred\x00\u202egnp",
    "- [ ] item\r\n1. one",
)


def test_the_choice_comes_first() -> None:
    lines = markdown(findings()).splitlines()
    assert lines[0] == "# small and large"
    assert lines[2] == "**Recommended: small.**"


def test_each_candidate_has_one_row_with_as_many_cells_as_the_header() -> None:
    table = [line for line in markdown(findings()).splitlines() if line.startswith("|")]
    assert len(table) == 4
    assert {line.count("|") for line in table} == {len(HEADER) + 1}
    assert table[2].startswith("| 1 | small | 0.700 (0.600 to 0.800) | 4.10 (3.69 to 4.51) | 6.2 ms")
    assert "provisional" in table[2]
    assert table[3].startswith("| – | large |")


def test_no_recommendation_is_said_with_the_nearest_miss() -> None:
    base = findings()
    none = Recommendation(
        decision="none",
        candidate=None,
        runner_up=None,
        tie_set=(),
        reasons=("not enough prompts",),
        missing=("38 more prompts",),
        nearest_miss="small",
    )
    text = markdown(replace(base, ranking=replace(base.ranking, recommendation=none)))
    assert "**No recommendation.** Nearest miss: small." in text
    assert "- Missing: 38 more prompts" in text


def test_why_something_was_refused_is_said() -> None:
    assert "**large**, licence gate fail: CC-BY-NC-4.0 forbids commercial use" in markdown(findings())


def test_the_judge_shows_what_it_noticed() -> None:
    assert "accuracy: **qualified**, noticed enough; 6 of 6 planted faults noticed" in markdown(findings())


def test_verdicts_that_are_missing_are_shown_with_what_became_of_them() -> None:
    text = markdown(findings())
    assert "- Checks: 1 of 1 verdicts there, 100 %" in text
    assert "- **tiny-judge**: 1 of 4 verdicts there, 25 %" in text
    assert "  - clarity of small: 1 of 4; 2 unparsable, 1 timed out" in text


def test_what_sways_the_judge_is_shown_as_what_changes_no_score() -> None:
    text = markdown(findings())
    assert "change no score" in text
    assert (
        "- **tiny-judge** on accuracy: long answer 0.30 (0.10 to 0.50); own family – (one judge only); 7 answers"
        in text
    )


def test_answers_side_by_side_are_shown_with_what_the_order_did() -> None:
    text = markdown(findings())
    assert "## Side by side" in text
    assert (
        "large against small: 3 won, 4 tied, on 1 of them the order decided, 2 lost, 1 not compared" in text
    )
    assert "first place minus second" in text
    assert "held in 15 of 16 pairs" in text


def test_a_judge_less_evaluation_says_so() -> None:
    base = findings()
    spec = replace(base.evaluation.spec, judges=())
    text = markdown(replace(base, evaluation=replace(base.evaluation, spec=spec), qualifications=()))
    assert "only deterministic checks scored" in text


@pytest.mark.parametrize("said", HOSTILE)
def test_hostile_text_stays_text(said: str) -> None:
    text = markdown(findings(said=said))
    outside: list[str] = []
    fence = None
    for line in text.splitlines():
        ticks = line[: len(line) - len(line.lstrip("`"))]
        if fence is None and len(ticks) >= 3:
            fence = ticks
        elif fence is not None and line == fence:
            fence = None
        elif fence is None:
            outside.append(line)
    assert fence is None
    shown = "\n".join(outside)
    assert "<script" not in shown
    assert "<img" not in shown
    assert re.search(r"(?<!\\)\]\(", shown) is None
    assert "# You should" not in [line[:12] for line in outside]
    assert not any(sign in text for sign in "\x00\x1b\u202e")
    assert {line.count("|") for line in outside if line.startswith("|")} == {len(HEADER) + 1}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("- a", r"\- a"),
        ("1. a", r"1\. a"),
        ("12) a", r"12\) a"),
        ("# a", r"\# a"),
        ("3.5 s", "3.5 s"),
        ("a - b", "a - b"),
    ],
)
def test_a_sentence_cannot_begin_a_list_or_heading(said: str, shown: str) -> None:
    assert inline(said) == shown
