"""The head of the HTML report: what was evaluated, the choice, the five figures that matter, and why."""

from collections.abc import Iterator
from datetime import UTC, datetime

from service.domain.findings import Findings
from service.domain.measurements import CandidateScores
from service.domain.selection import Ranked, Recommendation
from service.report.figures import say
from service.report.markup import Markup, element, together
from service.report.page.tables import bullets, estimate_cell
from service.report.quoting import ELLIPSIS


def opening(findings: Findings) -> Markup:
    """Return the title and what, when, where and for what use."""
    evaluation, spec = findings.evaluation, findings.evaluation.spec
    finished = evaluation.finished_at
    when = "not finished" if finished is None else f"finished {_day(finished)}"
    judges = ", ".join(judge.model for judge in spec.judges)
    said = (
        f"{len(spec.candidates)} candidates on {len(spec.prompt_set.prompts)} prompts of {spec.prompt_set.name}",
        f"judged by {judges}" if judges else "scored by checks alone",
        f"for {spec.use} use on the device {spec.device}",
        when,
    )
    unfinished = None
    if not evaluation.status.over:
        words = f"This evaluation is {evaluation.status.value}: what follows is what is known so far."
        unfinished = element("p", words, class_="note")
    return element(
        "header",
        element("h1", clipped(evaluation.name, 200)),
        element("p", "; ".join(said), class_="meta"),
        unfinished,
    )


def choice(findings: Findings) -> Markup:
    """Return the recommendation with its figures and reasons."""
    made = findings.ranking.recommendation
    reasons = [clipped(reason, 1000) for reason in made.reasons]
    return element(
        "section",
        element("h2", headline(made)),
        element("p", reasons[0], class_="lead") if reasons else None,
        _cards(findings, made),
        bullets(reasons[1:]),
        *_lists(made),
        class_="choice" if made.candidate else "choice none",
    )


def headline(made: Recommendation) -> str:
    """Return the choice in a few words.

    Examples
    --------
    >>> headline(Recommendation(decision="none", candidate=None, runner_up=None, tie_set=(), reasons=()))
    'No recommendation'
    """
    if made.candidate is None:
        near = "" if made.nearest_miss is None else f"; nearest miss: {made.nearest_miss}"
        return f"No recommendation{near}"
    if made.decision == "tie":
        others = ", ".join(made.equals)
        how = ", preferred with the answers side by side" if made.settled_by == "pairs" else ""
        return f"Recommended: {made.candidate}, " + (
            f"tied with {others}{how}" if others else "not for certain"
        )
    return f"Recommended: {made.candidate}"


def clipped(said: str, most: int) -> str:
    """Return at most so many signs of a text."""
    return said if len(said) <= most else said[:most].rstrip() + ELLIPSIS


def _day(moment: datetime) -> str:
    there = moment.astimezone(UTC)
    return f"{there.day} {there:%B %Y, %H:%M} UTC"


def _lists(made: Recommendation) -> Iterator[Markup]:
    groups = (
        ("Cautions", made.cautions),
        ("What the licence asks for", made.obligations),
        ("What is missing", made.missing),
        ("What would change it", made.would_change),
    )
    for title, sentences in groups:
        if sentences:
            listed = bullets(clipped(sentence, 1000) for sentence in sentences)
            yield together([element("h3", title), listed])


def _cards(findings: Findings, made: Recommendation) -> Markup | None:
    ranked = next((one for one in findings.ranking.candidates if one.candidate == made.candidate), None)
    scores = next((one for one in findings.scores if one.candidate == made.candidate), None)
    if ranked is None or scores is None:
        return None
    cards = _figures(ranked, scores)
    return element(
        "dl",
        *(element("div", element("dt", title), element("dd", shown)) for title, shown in cards),
        class_="cards",
    )


def _figures(ranked: Ranked, scores: CandidateScores) -> Iterator[tuple[str, Markup]]:
    provisional = "provisional" if scores.latency.provisional else None
    yield "Score, 0 to 1", estimate_cell(ranked.score, "score")
    yield "Quality, 1 to 5", estimate_cell(scores.quality, "points")
    yield "p95 latency", estimate_cell(scores.latency.p95, "seconds", provisional)
    yield "Memory", estimate_cell(scores.memory, "bytes")
    licence = scores.licence
    yield (
        "Licence",
        together([licence.licence or "unknown", element("small", f"use allowed: {licence.allowed}")]),
    )
    if ranked.p_best is not None:
        yield "Chance to be the best", together([say(ranked.p_best, "share")])
