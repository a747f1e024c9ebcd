"""Answers side by side in the HTML report: the question, what each candidate said, its scores and the judge's reason."""

from collections.abc import Iterator, Sequence

from service.domain.findings import Findings, Item
from service.report.document import in_order
from service.report.figures import say
from service.report.markup import Markup, element, together
from service.report.page.choice import clipped
from service.report.page.tables import bullets, section

MOST = 4000
"""Signs of one answer that are shown; the JSON report and the list of items have them all."""


def answers(findings: Findings) -> Markup | None:
    """Return the answers to the prompts on which the candidates differ most."""
    by_prompt: dict[str, list[Item]] = {}
    places = {one.candidate: at for at, one in enumerate(in_order(findings))}
    for item in sorted(findings.samples, key=lambda one: places.get(one.candidate, len(places))):
        by_prompt.setdefault(item.prompt, []).append(item)
    if not by_prompt:
        return None
    words = "The prompts on which the candidates differ most: first answer of each, scored 1 to 5."
    chosen = findings.ranking.recommendation.candidate
    prompts = dict.fromkeys(item.prompt for item in findings.samples)
    shown = [part for prompt in prompts for part in _prompt(by_prompt[prompt], chosen)]
    return section("Answers side by side", "answers", element("p", words, class_="note"), *shown)


def _prompt(items: Sequence[Item], chosen: str | None) -> Iterator[Markup]:
    first = items[0]
    yield element("h3", f"Prompt {first.prompt}")
    asked = [element("div", clipped(first.question, MOST), class_="said", dir="auto")]
    if first.reference is not None:
        asked.append(element("p", "Reference: ", element("bdi", clipped(first.reference, MOST))))
    yield element("div", *asked, class_="question")
    yield element("div", *(_answer(item, item.candidate == chosen) for item in items), class_="answers")


def _answer(item: Item, chosen: bool) -> Markup:
    title = f"{item.candidate} (recommended)" if chosen else item.candidate
    scores = (
        together([f"{facet} ", element("strong", f"{score:.3g}"), _check(item.by.get(facet, ""))])
        for facet, score in item.scores.items()
    )
    reason = None
    if item.rationale:
        said = element("q", element("bdi", clipped(item.rationale, 1000)))
        reason = element("p", "The judge: ", said, class_="reason")
    cut = element("p", "Cut off at the token limit.", class_="note") if item.finish == "length" else None
    return element(
        "article",
        element("h4", title),
        element("div", clipped(item.answer, MOST), class_="said", dir="auto"),
        cut,
        reason,
        bullets(scores, "scores") or element("p", "Not scored.", class_="note"),
        element("p", f"Answered in {say(item.latency_seconds, 'seconds')}{_voices(item)}.", class_="note"),
        class_="chosen" if chosen else None,
    )


def _check(by: str) -> str:
    kind, _, name = by.partition(":")
    return f" (check: {name.replace('_', ' ')})" if kind == "check" else ""


def _voices(item: Item) -> str:
    judges = sorted(
        {name for kind, _, name in (by.partition(":") for by in item.by.values()) if kind == "judge"}
    )
    return f"; scored by {', '.join(judges)}" if judges else ""
