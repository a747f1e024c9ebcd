"""CSV keeps numbers as numbers and never hands a spreadsheet a formula."""

import csv
import io
from dataclasses import replace

import pytest

from service.domain.verdicts import Expected
from service.report.table import CANDIDATE_COLUMNS, candidates_csv, item_columns, item_rows, rows_csv
from tests.report.scenes import findings, item


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_there_is_one_row_per_candidate_with_the_best_first() -> None:
    rows = read(candidates_csv(findings()))
    assert [row["candidate"] for row in rows] == ["small", "large"]
    assert rows[0]["latency_p95_s"] == "0.0062"
    assert rows[0]["latency_p99_s"] == ""
    assert rows[1]["rank"] == ""
    assert all(None not in row and len(row) == len(CANDIDATE_COLUMNS) for row in rows)


def test_a_candidate_without_measurements_has_empty_cells() -> None:
    rows = read(candidates_csv(replace(findings(), scores=())))
    assert len(rows[0]) == len(CANDIDATE_COLUMNS)
    assert rows[0]["quality"] == ""


@pytest.mark.parametrize("answer", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_text_that_looks_like_a_formula_gets_an_apostrophe(answer: str) -> None:
    facets = ("accuracy", "clarity")
    (row,) = read(rows_csv([item_columns(facets), *item_rows([item(answer=answer)], facets)]))
    assert row["answer"] == "'" + answer
    assert row["score_accuracy"] == "5.0"
    assert row["by_accuracy"] == "judge:tiny-judge"
    assert row["score_clarity"] == ""


@pytest.mark.parametrize(
    ("by", "told", "shown"),
    [
        ("judge:phi", {"phi": Expected(value=4.25), "gemma": Expected(value=1.0)}, "4.25"),
        ("jury:phi+gemma", {"phi": Expected(value=4.0), "gemma": Expected(value=2.5)}, "3.25"),
        ("jury:phi+gemma", {"phi": Expected(value=4.0), "gemma": Expected(reason="no top_logprobs")}, "4.0"),
        ("judge:phi", {"phi": Expected(reason="no top_logprobs")}, ""),
        ("check:contains", {}, ""),
    ],
)
def test_what_the_probabilities_come_to_stands_beside_the_score_it_belongs_to(
    by: str, told: dict[str, Expected], shown: str
) -> None:
    one = replace(item(), by={"accuracy": by}, expectations={"accuracy": told})
    (row,) = read(rows_csv([item_columns(("accuracy",)), *item_rows([one], ("accuracy",))]))
    assert (row["by_accuracy"], row["expectation_accuracy"]) == (by, shown)


def test_a_negative_number_stays_a_number() -> None:
    assert rows_csv([(-1.5, "-1.5")]) == "-1.5,'-1.5\r\n"


def test_quotes_commas_and_line_breaks_survive() -> None:
    (row,) = read(rows_csv([("a",), ('he said "1,\n2"',)]))
    assert row["a"] == 'he said "1,\n2"'
