"""Each facet by model: one small plot a facet, all on the scale of 1 to 5, rows in order of rank."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from service.domain.estimates import Estimate, undefined
from service.domain.findings import Findings
from service.report.document import in_order
from service.report.figures import say
from service.report.markup import Markup
from service.report.pictures.marks import (
    LETTER,
    NARROW,
    WIDE,
    Frame,
    Picture,
    canvas,
    ends,
    ground,
    interval,
    label,
)
from service.report.pictures.ranking import kind_of
from service.report.pictures.scales import Scale, linear_over

ROW, HEAD, FOOT = 26.0, 34.0, 34.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One facet: its title, and each candidate's name, estimate and class."""

    title: str
    rows: tuple[tuple[str, Estimate, str], ...]


def facets_picture(findings: Findings) -> Picture | None:
    """Draw the facets, and quality first; ``None`` before anything was scored."""
    found = panels(findings)
    if not found:
        return None
    says = "Scores by facet. " + ". ".join(
        f"{panel.title}: "
        + ", ".join(f"{name} {say(estimate.value, 'points')}" for name, estimate, _ in panel.rows)
        for panel in found
    )
    return Picture(wide=_draw(found, WIDE, says), narrow=_draw(found, NARROW, says), says=says)


def panels(findings: Findings) -> tuple[Panel, ...]:
    """Return what to draw: the weighted quality, then each facet of the rubric."""
    made = findings.ranking.recommendation
    by_name = {scores.candidate: scores for scores in findings.scores}
    order = [(one, by_name[one.candidate]) for one in in_order(findings) if one.candidate in by_name]
    if not order:
        return ()
    named = [("quality, weighted", {one.candidate: scores.quality for one, scores in order})]
    for facet in findings.evaluation.spec.rubric.facets:
        found = {
            one.candidate: own for one, scores in order for own in scores.facets if own.facet == facet.name
        }
        counts = all(own.decides for own in found.values())
        title = facet.name if counts else f"{facet.name} (not counted)"
        named.append((title, {name: own.estimate for name, own in found.items()}))
    return tuple(
        Panel(
            title=title,
            rows=tuple(
                (one.candidate, by.get(one.candidate, undefined("not scored")), kind_of(one, made))
                for one, _ in order
            ),
        )
        for title, by in named
    )


def _draw(found: Sequence[Panel], frame: Frame, says: str) -> Markup:
    across = 1 if frame.narrow else 2
    wide = (frame.width - 40 * (across - 1)) / across
    tall = HEAD + ROW * len(found[0].rows) + FOOT
    names = max(len(name) for name, _, _ in found[0].rows)
    values = [value for panel in found for _, estimate, _ in panel.rows for value in ends(estimate)]
    scale = linear_over(values, start=min(0.4 * wide, names * LETTER + 20), end=wide - 50, limits=(1.0, 5.0))
    marks = [
        mark
        for at, panel in enumerate(found)
        for mark in _panel(panel, scale, (at % across) * (wide + 40), (at // across) * tall, wide)
    ]
    return canvas(frame, tall * -(-len(found) // across), says, *marks)


def _panel(panel: Panel, shared: Scale, x: float, y: float, wide: float) -> Iterator[Markup]:
    scale = replace(shared, start=x + shared.start, end=x + shared.end)
    bottom = y + HEAD + ROW * len(panel.rows)
    yield label(x, y + 18, panel.title, kind="head", room=wide)
    yield from ground(scale, y + HEAD - 6, bottom, None)
    for at, (name, estimate, kind) in enumerate(panel.rows):
        middle = y + HEAD + ROW * (at + 0.5)
        yield label(x, middle + 4.5, name, kind="name", room=shared.start - 12)
        yield from interval(scale, middle, estimate, kind)
        yield label(x + wide, middle + 4.5, say(estimate.value, "points"), kind="value", anchor="end")
