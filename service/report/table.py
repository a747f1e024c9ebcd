"""CSV: one row per candidate, and one row per answer. Numbers stay numbers; text cannot become a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

from service.domain.estimates import Estimate
from service.domain.findings import Findings, Item
from service.domain.measurements import CandidateScores
from service.domain.selection import Ranked
from service.report.document import in_order
from service.report.figures import rounded
from service.report.quoting import cell

Cell = str | float | int | None
CANDIDATE_COLUMNS = (
    *("rank", "candidate", "model", "eligible", "reason"),
    *("score", "score_low", "score_high", "p_best"),
    *("quality", "quality_low", "quality_high"),
    *(
        "latency_mean_s",
        "latency_p50_s",
        "latency_p95_s",
        "latency_p95_low_s",
        "latency_p95_high_s",
        "latency_p99_s",
    ),
    *("first_token_s", "decode_tokens_per_s", "end_to_end_tokens_per_s", "workshop_tokens_per_s"),
    *("memory_resident_bytes", "memory_peak_bytes", "disk_bytes", "load_s"),
    *("licence", "licence_allowed", "expected", "answered", "failed", "truncated", "loads"),
)
ITEM_COLUMNS = (
    *("candidate", "prompt", "pass", "round", "question", "answer", "reference", "finish"),
    *("first_token_s", "first_visible_s", "latency_s", "completion_tokens", "rationale"),
)


OF_A_FACET = ("score", "by", "expectation")


def candidates_csv(findings: Findings) -> str:
    """Return one row per candidate, the best first; an empty cell is a figure that is missing."""
    by_name = {scores.candidate: scores for scores in findings.scores}
    rows = [_candidate_row(ranked, by_name.get(ranked.candidate)) for ranked in in_order(findings)]
    return rows_csv([CANDIDATE_COLUMNS, *rows])


def item_columns(facets: Sequence[str]) -> tuple[str, ...]:
    """Return the header of the items' table: three columns more for each facet."""
    return (*ITEM_COLUMNS, *(f"{kind}_{facet}" for facet in facets for kind in OF_A_FACET))


def item_rows(items: Iterable[Item], facets: Sequence[str]) -> list[tuple[Cell, ...]]:
    """Return one row per answer, to go under `item_columns`."""
    return [
        (
            *(item.candidate, item.prompt, item.pass_number, item.round_number),
            *(item.question, item.answer, item.reference, item.finish),
            *(item.first_token_seconds, item.first_visible_seconds, item.latency_seconds),
            *(item.completion_tokens, item.rationale),
            *(value for facet in facets for value in _of_facet(item, facet)),
        )
        for item in items
    ]


def _of_facet(item: Item, facet: str) -> tuple[Cell, Cell, Cell]:
    """Return its score, by whom, and what their tokens' probabilities come to, the mean of several judges."""
    by = item.by.get(facet)
    kind, _, names = (by or "").partition(":")
    voters = names.split("+") if kind == "jury" else [names]
    told = [one.value for judge, one in item.expectations.get(facet, {}).items() if judge in voters]
    known = [value for value in told if value is not None]
    return item.scores.get(facet), by, sum(known) / len(known) if known else None


def rows_csv(rows: Iterable[Sequence[Cell]]) -> str:
    r"""Return rows as CSV (RFC 4180).

    Examples
    --------
    >>> rows_csv([("a", "b"), ("=cmd", -1.5)])
    "a,b\r\n'=cmd,-1.5\r\n"
    """
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([[_shown(value) for value in row] for row in rows])
    return out.getvalue()


def _shown(value: Cell) -> str | int | float:
    if isinstance(value, float):
        return rounded(value)
    return value if isinstance(value, int) else cell(value)


def _candidate_row(ranked: Ranked, scores: CandidateScores | None) -> tuple[Cell, ...]:
    return (
        *(ranked.rank, ranked.candidate, None if scores is None else scores.model),
        *("yes" if ranked.eligible else "no", ranked.reason),
        *(*_triple(ranked.score), ranked.p_best),
        *([None] * (len(CANDIDATE_COLUMNS) - 9) if scores is None else _measured(scores)),
    )


def _measured(scores: CandidateScores) -> tuple[Cell, ...]:
    latency = scores.latency
    return (
        *_triple(scores.quality),
        *(latency.mean.value, latency.p50.value, *_triple(latency.p95), latency.p99.value),
        *(scores.first_token.value, scores.decode_rate.value),
        *(scores.end_to_end_rate.value, scores.workshop_rate.value),
        *(scores.memory.value, scores.memory_peak.value, scores.disk.value, scores.load_seconds.value),
        *(scores.licence.licence, scores.licence.allowed),
        *(scores.expected, scores.answered, scores.failed, scores.truncated, scores.loads),
    )


def _triple(estimate: Estimate) -> tuple[float | None, float | None, float | None]:
    return estimate.value, estimate.low, estimate.high
