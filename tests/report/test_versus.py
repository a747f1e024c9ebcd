"""A comparison in Markdown: the verdict first, every figure in a row, names harmless."""

from dataclasses import replace

import pytest

from service.domain.comparisons import Compared, EvaluationComparison, Match
from service.domain.estimates import Estimate, undefined
from service.report.versus import HEADER, comparison_markdown, comparison_record, say_detectable, say_effect

LATENCY = Compared(
    figure="latency",
    unit="seconds",
    candidate=0.006,
    against=0.003,
    kind="ratio",
    effect=Estimate(value=2.0, low=1.5, high=2.6666666666, n=24),
    margin=0.05,
    verdict="worse",
    minimum_detectable=0.25,
    p_value=0.001,
    p_adjusted=0.004,
)
MATCH = Match(candidate="small", against="small", figures=(LATENCY,), verdict="worse")
FOUND = EvaluationComparison(
    evaluation="now", baseline="then", matches=(MATCH,), verdict="worse", changed=("a | b",)
)


def test_the_verdict_comes_first_and_each_figure_has_a_row() -> None:
    text = comparison_markdown(FOUND)
    assert text.startswith("# Worse: now against then\n")
    assert "| latency | 6 ms | 3 ms | × 2 (1.5 to 2.67) | **worse** | 25 % |" in text
    assert "- a \\| b" in text


@pytest.mark.parametrize("name", ["a | b", "<img src=x>", "`x`"])
def test_a_name_cannot_break_the_table(name: str) -> None:
    hostile = replace(MATCH, figures=(replace(LATENCY, figure=f"facet:{name}", note=name),))
    text = comparison_markdown(replace(FOUND, matches=(hostile,)))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {row.replace("\\|", "").count("|") for row in rows} == {len(HEADER) + 1}
    assert "<img" not in text


def test_what_is_missing_has_its_reason() -> None:
    one = replace(LATENCY, effect=undefined("another judge"), minimum_detectable=None)
    assert (say_effect(one), say_detectable(one)) == ("– (another judge)", "–")


def test_differences_carry_their_sign_and_hopeless_comparisons_no_figure() -> None:
    points = replace(
        LATENCY, kind="difference", unit="points", effect=Estimate(value=0.5, low=-0.1, high=1.1, n=9)
    )
    assert say_effect(points) == "+0.50 (-0.10 to +1.10)"
    assert say_detectable(replace(LATENCY, minimum_detectable=36.0)) == "over 1000 %"


def test_the_record_has_nine_digits() -> None:
    figure = comparison_record(FOUND)["matches"][0]["figures"][0]
    assert figure["effect"]["high"] == 2.66666667
