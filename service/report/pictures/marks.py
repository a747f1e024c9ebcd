"""Marks: what every picture is drawn with. Places are in pixels; colours come from the page's classes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from service.domain.estimates import Estimate
from service.domain.units import Unit
from service.report.figures import say
from service.report.markup import Child, Markup, element, number, text
from service.report.pictures.scales import Scale

LETTER = 7.4
"""About how wide a letter is, in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The width to draw for; on a narrow one names stand above their rows instead of beside them."""

    width: float
    narrow: bool


WIDE = Frame(width=920, narrow=False)
NARROW = Frame(width=360, narrow=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The same picture for wide and narrow pages, with a sentence for those who cannot see it."""

    wide: Markup
    narrow: Markup
    says: str


def canvas(frame: Frame, height: float, says: str, *marks: Child) -> Markup:
    """Return a drawing of the frame's width."""
    box = f"0 0 {number(frame.width)} {number(height)}"
    return element("svg", *marks, viewBox=box, width=frame.width, height=height, role="img", aria_label=says)


def label(
    x: float,
    y: float,
    said: str,
    *,
    kind: str = "",
    anchor: Literal["start", "middle", "end"] = "start",
    room: float | None = None,
) -> Markup:
    """Return a line of text with its baseline at `y`, shortened to `room`."""
    shown = said if room is None else shortened(said, room)
    return element("text", text(" ".join(shown.split())), x=x, y=y, class_=kind or None, text_anchor=anchor)


def shortened(said: str, room: float) -> str:
    """Return the text with its middle left out if it needs more than `room` pixels: names often differ at the end.

    Examples
    --------
    >>> shortened("phi-4-mini-instruct-cpu-2", 100)
    'phi-4-…-cpu-2'
    """
    most = max(3, int(room / LETTER))
    if len(said) <= most:
        return said
    return f"{said[: most // 2]}…{said[len(said) - (most - 1) // 2 :]}"


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """Return a straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def dot(x: float, y: float, kind: str, r: float = 5.5) -> Markup:
    """Return a round mark; one of class ``barred`` is hollow."""
    return element("circle", cx=x, cy=y, r=r, class_=f"dot {kind}".strip())


def interval(scale: Scale, y: float, estimate: Estimate, kind: str = "") -> Iterator[Markup]:
    """Yield an estimate on a horizontal axis: a line with ends for the interval, and the value as a dot."""
    if estimate.value is None:
        return
    if estimate.low is not None and estimate.high is not None:
        low, high = scale.at(estimate.low), scale.at(estimate.high)
        yield line(low, y, high, y, f"span {kind}".strip())
        for end in (low, high):
            yield line(end, y - 4, end, y + 4, f"span {kind}".strip())
    yield dot(scale.at(estimate.value), y, kind)


def ground(scale: Scale, top: float, bottom: float, unit: Unit | None, most: int = 6) -> Iterator[Markup]:
    """Yield a horizontal axis: a faint line and a figure for each round value."""
    for tick in scale.ticks(most):
        x = scale.at(tick)
        yield line(x, top, x, bottom, "grid")
        said = f"{tick:g}" if unit is None else say(tick, unit)
        yield label(x, bottom + 16, said, kind="tick", anchor="middle")


def ends(estimate: Estimate) -> tuple[float, ...]:
    """Return what of an estimate has to fit on the axis."""
    return tuple(one for one in (estimate.value, estimate.low, estimate.high) if one is not None)
