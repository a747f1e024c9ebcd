"""The middle of the HTML report: ranking, quality against latency, facets and latency, each picture with its table."""

from collections.abc import Iterator

from service.domain.estimates import Estimate
from service.domain.findings import Findings
from service.domain.measurements import CandidateScores
from service.domain.selection import Ranked, Sensitivity
from service.report.document import in_order
from service.report.figures import NONE, say
from service.report.markup import Child, Markup, element, together
from service.report.page.tables import bullets, estimate_cell, figure, section, table
from service.report.pictures.facets import facets_picture, panels
from service.report.pictures.front import front_picture, spots
from service.report.pictures.latency import latency_picture
from service.report.pictures.ranking import ranking_picture, standing

NOTHING = "Nothing was measured yet."


def ranking(findings: Findings) -> Markup | None:
    """Return the order of the candidates, what it rests on, and who was barred by what."""
    made = findings.ranking.recommendation
    rows = [_place(one, standing(one, made)) for one in in_order(findings)]
    caption = "Dot: the score. Line: its interval. Hollow and dashed: not ranked, because a gate bars it or a figure is missing."
    tied = " A bar at the left edge marks the tie: these cannot be told apart." if made.tie_set else ""
    return section(
        "Ranking",
        "ranking",
        figure(ranking_picture(findings), caption + tied, NOTHING),
        table(
            "Ranking in figures",
            (
                "Candidate",
                "Rank",
                "Standing",
                "Score",
                "Behind the first",
                "P(best)",
                "P(good enough)",
                "Regret",
            ),
            rows,
            words=frozenset({0, 2}),
            chosen=made.candidate,
        ),
        bullets(_barred(findings)),
        _profile(findings),
        table(
            "What each candidate costs and gives",
            (
                "Candidate",
                "Quality",
                "p95 latency",
                "First token",
                "Throughput",
                "Memory",
                "On disk",
                "Licence",
            ),
            [_figures(one) for one in _ordered(findings)],
            words=frozenset({0, 7}),
            chosen=made.candidate,
        ),
    )


def front(findings: Findings) -> Markup | None:
    """Return quality against p95 latency."""
    found = spots(findings)
    drawn = {one.candidate for one in found}
    left_out = [
        f"{scores.candidate} is not drawn: {scores.latency.p95.reason or scores.quality.reason}"
        for scores in findings.scores
        if scores.candidate not in drawn
    ]
    caption = (
        "Up is better, left is faster; crosses are intervals. Whoever lies on the dashed line is not beaten on both at once "
        "by anyone who passes the gates."
    )
    words = {True: "yes", False: "no", None: "not ranked"}
    return section(
        "Quality against latency",
        "front",
        figure(front_picture(findings), caption, NOTHING),
        table(
            "Quality and p95 latency",
            ("Candidate", "Quality", "p95 latency", "On the front"),
            [
                (
                    one.candidate,
                    estimate_cell(one.quality, "points"),
                    estimate_cell(one.p95, "seconds"),
                    words[one.on_front],
                )
                for one in found
            ],
            words=frozenset({0, 3}),
            chosen=findings.ranking.recommendation.candidate,
        )
        if found
        else None,
        bullets(left_out),
    )


def facets(findings: Findings) -> Markup | None:
    """Return each facet by model, how much of it was scored, and why one does not count."""
    found = panels(findings)
    scored = {
        (scores.candidate, one.facet): f"{one.scored} of {one.expected} scored"
        for scores in findings.scores
        for one in scores.facets
        if one.scored != one.expected
    }
    names = [None, *(facet.name for facet in findings.evaluation.spec.rubric.facets)]
    rows = [
        (
            candidate,
            *(
                estimate_cell(panel.rows[at][1], "points", name and scored.get((candidate, name)))
                for panel, name in zip(found, names, strict=True)
            ),
        )
        for at, candidate in enumerate(row[0] for row in (found[0].rows if found else ()))
    ]
    notes = {
        f"{one.facet} is not counted: {one.note}"
        for scores in findings.scores
        for one in scores.facets
        if not one.decides
    }
    return section(
        "Quality by facet",
        "facets",
        figure(
            facets_picture(findings),
            "Mean score of each facet, 1 to 5, with its interval over prompts.",
            NOTHING,
        ),
        table(
            "Scores by facet",
            ("Candidate", *(panel.title for panel in found)),
            rows,
            chosen=findings.ranking.recommendation.candidate,
        )
        if found
        else None,
        bullets(sorted(notes)),
    )


def latency(findings: Findings) -> Markup | None:
    """Return how latency is spread, with starts reported apart."""
    caption = (
        "How often each latency was measured. Below each hill: a tick at the median, and a dot with its interval at the "
        "95th percentile."
    )
    changed = [f"{one.candidate}: {one.latency.drift}" for one in findings.scores if one.latency.drift]
    return section(
        "Latency",
        "latency",
        figure(latency_picture(findings), caption, NOTHING),
        table(
            "Latency in figures",
            (
                *("Candidate", "Answers", "Mean", "p50", "p95", "p99", "Slowest", "Outliers"),
                *("Load", "First request, cold"),
            ),
            [_latency(one) for one in _ordered(findings)],
            chosen=findings.ranking.recommendation.candidate,
        )
        if findings.scores
        else None,
        _reported(findings),
        bullets(changed),
    )


def _reported(findings: Findings) -> Markup | None:
    """Return what servers said of their own answers, where any did."""
    rows: list[tuple[Child, ...]] = [
        (scores.candidate, name, NONE if estimate.value is None else f"{estimate.value:.6g}")
        for scores in _ordered(findings)
        for name, estimate in (*_visible(scores), *scores.server_reported)
    ]
    if not any(scores.server_reported for scores in findings.scores):
        return None
    title = "What the servers reported themselves: medians, in their own names and units; they enter no score"
    return table(title, ("Candidate", "Figure", "Median"), rows, words=frozenset({0, 1}))


def _visible(scores: CandidateScores) -> tuple[tuple[str, Estimate], ...]:
    return (
        (("first text that is not reasoning, measured here, seconds", scores.first_visible),)
        if scores.first_visible.value is not None
        else ()
    )


def _ordered(findings: Findings) -> list[CandidateScores]:
    by_name = {scores.candidate: scores for scores in findings.scores}
    return [by_name[one.candidate] for one in in_order(findings) if one.candidate in by_name]


def _place(one: Ranked, said: str) -> tuple[Child, ...]:
    return (
        one.candidate,
        NONE if one.rank is None else str(one.rank),
        said or NONE,
        estimate_cell(one.score, "score"),
        NONE if one.gap is None else estimate_cell(one.gap, "score"),
        say(one.p_best, "share"),
        say(one.p_within, "share"),
        say(one.expected_regret, "score"),
    )


def _figures(scores: CandidateScores) -> tuple[Child, ...]:
    provisional = "provisional" if scores.latency.provisional else None
    return (
        scores.candidate,
        estimate_cell(scores.quality, "points"),
        estimate_cell(scores.latency.p95, "seconds", provisional),
        estimate_cell(scores.first_token, "seconds"),
        estimate_cell(scores.end_to_end_rate, "rate"),
        estimate_cell(scores.memory, "bytes"),
        estimate_cell(scores.disk, "bytes"),
        together(
            [scores.licence.licence or "unknown", element("small", f"use allowed: {scores.licence.allowed}")]
        ),
    )


def _latency(scores: CandidateScores) -> tuple[Child, ...]:
    found = scores.latency
    return (
        scores.candidate,
        together([str(scores.answered), element("small", f"of {scores.expected}")]),
        estimate_cell(found.mean, "seconds"),
        estimate_cell(found.p50, "seconds"),
        estimate_cell(found.p95, "seconds", "provisional" if found.provisional else None),
        estimate_cell(found.p99, "seconds"),
        say(found.maximum, "seconds"),
        str(found.outliers),
        estimate_cell(scores.load_seconds, "seconds"),
        estimate_cell(scores.cold_first_token, "seconds"),
    )


def _barred(findings: Findings) -> Iterator[Markup]:
    for ranked in in_order(findings):
        for gate in ranked.gates:
            if gate.status != "pass":
                words = f", {gate.gate.replace('_', ' ')} gate {gate.status}: {gate.reason}"
                yield together([element("strong", ranked.candidate), words])
        if ranked.rank is None and ranked.reason is not None:
            yield together([element("strong", ranked.candidate), f" is not ranked: {ranked.reason}"])


def _profile(findings: Findings) -> Markup | None:
    """Return what counts how much: utilities by criterion, and between which weights the first stays the first."""
    ranked = in_order(findings)
    held = {one.criterion: one for one in findings.ranking.sensitivity}
    rows = [
        (
            spec.criterion.replace("_", " "),
            say(held[spec.criterion].weight, "share")
            if spec.criterion in held
            else say(spec.weight, "score"),
            _holds(held.get(spec.criterion)),
            *(say(_utility(one, spec.criterion), "score") for one in ranked),
        )
        for spec in (ranked[0].criteria if ranked else ())
    ]
    if not rows:
        return None
    header = ("Criterion", "Weight", "The first stays first", *(one.candidate for one in ranked))
    title = f"What the score is made of: utility from 0 to 1 on the anchors of the profile {findings.ranking.profile}"
    return table(title, header, rows, words=frozenset({0, 2}))


def _utility(one: Ranked, criterion: str) -> float | None:
    return next((result.utility for result in one.criteria if result.criterion == criterion), None)


def _holds(found: Sensitivity | None) -> str:
    if found is None:
        return NONE
    if found.low is None and found.high is None:
        return "at any weight"
    low = "" if found.low is None else f"from {say(found.low, 'share')}"
    high = "" if found.high is None else f"up to {say(found.high, 'share')}"
    return " ".join(part for part in (low, high) if part)
