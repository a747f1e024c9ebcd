"""Tables and pictures as the HTML report lays them out: captions, header cells, and figures with their intervals."""

from collections.abc import Iterable, Sequence

from service.domain.estimates import Estimate
from service.domain.units import Unit
from service.report.figures import NONE, say
from service.report.markup import Child, Markup, element, together
from service.report.pictures.marks import Picture


def table(
    caption: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Child]],
    *,
    words: frozenset[int] = frozenset({0}),
    chosen: str | None = None,
) -> Markup:
    """Return a table that scrolls by itself where it is too wide.

    Parameters
    ----------
    words
        Columns of words, from 0; the others hold numbers and stand to the right.
    chosen
        The row whose first cell says this is lifted out.
    """
    head = element(
        "tr",
        *(
            element("th", one, scope="col", class_=None if at in words else "n")
            for at, one in enumerate(header)
        ),
    )
    body = [
        element(
            "tr",
            element("th", row[0], scope="row"),
            *(
                element("td", one, class_=None if at in words else "n")
                for at, one in enumerate(row[1:], start=1)
            ),
            class_="chosen" if chosen is not None and row[0] == chosen else None,
        )
        for row in rows
    ]
    inner = element(
        "table", element("caption", element("span", caption)), element("thead", head), element("tbody", *body)
    )
    return element("div", inner, class_="scroll", role="region", aria_label=caption, tabindex="0")


def figure(picture: Picture | None, caption: str, instead: str) -> Markup:
    """Return a picture under its caption; a sentence `instead` where there is none."""
    if picture is None:
        return element("p", instead, class_="note")
    return element(
        "figure",
        element("figcaption", caption),
        element("div", picture.wide, class_="wide"),
        element("div", picture.narrow, class_="narrow"),
    )


def estimate_cell(estimate: Estimate | None, unit: Unit, note: str | None = None) -> Markup:
    """Return a figure with its interval below it, or a dash with the reason."""
    if estimate is None or estimate.value is None:
        reason = None if estimate is None else estimate.reason
        return together([NONE, reason and element("small", reason, class_="why")])
    return together([say(estimate.value, unit), _between(estimate, unit), note and element("small", note)])


def _between(estimate: Estimate, unit: Unit) -> Markup | None:
    if estimate.low is None or estimate.high is None or estimate.low == estimate.high:
        return None
    low, high = say(estimate.low, unit), say(estimate.high, unit)
    figure_of_low, _, sign = low.partition(" ")
    return element("small", f"{figure_of_low if sign and high.endswith(f' {sign}') else low} to {high}")


def bullets(sentences: Iterable[Child], kind: str | None = None) -> Markup | None:
    """Return sentences as a list; ``None`` without any."""
    items = [element("li", one) for one in sentences]
    return element("ul", *items, class_=kind) if items else None


def section(title: str, anchor: str, *parts: Child) -> Markup | None:
    """Return a section under its heading; ``None`` without any content."""
    if not any(parts):
        return None
    return element("section", element("h2", title, id=anchor), *parts)
