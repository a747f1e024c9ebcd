"""The HTML report put together, in the order in which somebody who has to decide would ask."""

from service.domain.findings import Findings
from service.report.markup import Markup, element, together
from service.report.page.answers import answers
from service.report.page.background import closing, failures, judges, run
from service.report.page.choice import choice, clipped, opening
from service.report.page.look import POLICY, STYLE
from service.report.page.measured import facets, front, latency, ranking
from service.report.page.people import people

PLACES = (
    ("ranking", "Ranking"),
    ("front", "Quality against latency"),
    ("facets", "Facets"),
    ("latency", "Latency"),
    ("answers", "Answers"),
    ("judge", "The judge"),
    ("people", "People"),
    ("failed", "What failed"),
    ("run", "What was run"),
)


def html_page(findings: Findings) -> str:
    """Return the report as one HTML file; whatever a model or a file said is shown, never interpreted."""
    parts = (ranking, front, facets, latency, answers, judges, people, failures, run)
    shown = [(place, part(findings)) for place, part in zip(PLACES, parts, strict=True)]
    links = [
        element("li", element("a", title, href=f"#{anchor}"))
        for (anchor, title), part in shown
        if part is not None
    ]
    main = element(
        "main",
        choice(findings),
        element("nav", element("ul", *links), aria_label="Contents"),
        *(part for _, part in shown),
    )
    body = element("body", opening(findings), main, closing(findings))
    return f"<!DOCTYPE html>\n{element('html', _head(findings), body, lang='en')}\n"


def _head(findings: Findings) -> Markup:
    return together(
        [
            element(
                "head",
                element("meta", charset="utf-8"),
                element("meta", http_equiv="Content-Security-Policy", content=POLICY),
                element("meta", name="referrer", content="no-referrer"),
                element("meta", name="viewport", content="width=device-width, initial-scale=1"),
                element("title", f"{clipped(findings.evaluation.name, 100)}: slm-judge report"),
                element("style", Markup(STYLE)),
            )
        ]
    )
