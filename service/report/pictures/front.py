"""Quality against p95 latency, with the Pareto front: whom nobody beats on both at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.domain.estimates import Estimate
from service.domain.findings import Findings
from service.report.document import in_order
from service.report.figures import say
from service.report.markup import Markup, element, number
from service.report.pictures.marks import (
    LETTER,
    NARROW,
    WIDE,
    Frame,
    Picture,
    canvas,
    dot,
    ends,
    ground,
    label,
    line,
)
from service.report.pictures.ranking import kind_of
from service.report.pictures.scales import Scale, linear_over, log_over


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One candidate that has both figures.

    Attributes
    ----------
    on_front
        Nobody who passes the gates is both faster and better; ``None`` for one that does not pass them.
    """

    candidate: str
    quality: Estimate
    p95: Estimate
    kind: str
    on_front: bool | None


def front_picture(findings: Findings) -> Picture | None:
    """Draw the candidates that have a quality and a p95; ``None`` without any."""
    found = spots(findings)
    if not found:
        return None
    says = "Quality against p95 latency. " + "; ".join(
        f"{one.candidate} {say(one.quality.value, 'points')} at {say(one.p95.value, 'seconds')}"
        + (", on the front" if one.on_front else "")
        for one in found
    )
    return Picture(wide=_draw(found, WIDE, says), narrow=_draw(found, NARROW, says), says=says)


def spots(findings: Findings) -> tuple[Spot, ...]:
    """Return the candidates to draw, in order of rank."""
    made = findings.ranking.recommendation
    by_name = {scores.candidate: scores for scores in findings.scores}
    known = [
        (one, by_name[one.candidate])
        for one in in_order(findings)
        if one.candidate in by_name
        and by_name[one.candidate].quality.value is not None
        and by_name[one.candidate].latency.p95.value is not None
    ]
    eligible = [(_of(scores.quality), _of(scores.latency.p95)) for one, scores in known if one.eligible]
    return tuple(
        Spot(
            candidate=one.candidate,
            quality=scores.quality,
            p95=scores.latency.p95,
            kind=kind_of(one, made),
            on_front=not beaten(_of(scores.quality), _of(scores.latency.p95), eligible)
            if one.eligible
            else None,
        )
        for one, scores in known
    )


def beaten(quality: float, p95: float, others: Sequence[tuple[float, float]]) -> bool:
    """Say whether one of the others is at least as good and as fast, and better at one of them.

    Examples
    --------
    >>> beaten(4.0, 2.0, [(4.0, 2.0), (4.5, 3.0)]), beaten(4.0, 2.0, [(4.0, 1.9)])
    (False, True)
    """
    return any(other >= quality and fast <= p95 and (other > quality or fast < p95) for other, fast in others)


def _of(estimate: Estimate) -> float:
    return 0.0 if estimate.value is None else estimate.value


def _draw(found: Sequence[Spot], frame: Frame, says: str) -> Markup:
    height, left = (300.0, 34.0) if frame.narrow else (380.0, 44.0)
    bottom, most = height - 44, 4 if frame.narrow else 8
    xs = log_over((x for one in found for x in ends(one.p95)), start=left, end=frame.width - 12)
    ys = linear_over((y for one in found for y in ends(one.quality)), start=bottom, end=26, limits=(1.0, 5.0))
    marks = [mark for one in found for mark in _cross(one, xs, ys)]
    across = [
        mark
        for tick in ys.ticks()
        for mark in (
            line(left, ys.at(tick), frame.width - 12, ys.at(tick), "grid"),
            label(left - 6, ys.at(tick) + 4, f"{tick:g}", kind="tick", anchor="end"),
        )
    ]
    names = _placed(found, [_said(one) for one in found], xs, ys, frame)
    key: list[Markup] = []
    if names is None:
        # No room for names: numbers at the dots, and the names below.
        names = _placed(found, [str(at) for at in range(1, len(found) + 1)], xs, ys, frame) or []
        columns = 1 if frame.narrow else 4
        key = list(_key(found, height + 12, columns, frame))
        height += 12 + 17 * -(-len(found) // columns)
    return canvas(
        frame,
        height,
        says,
        *_front(found, xs, ys),
        *ground(xs, 26, bottom, "seconds", most),
        *across,
        label(2, 14, "quality, 1 to 5: higher is better", kind="tick"),
        label(
            frame.width - 12, bottom + 36, "p95 latency: further left is faster", kind="tick", anchor="end"
        ),
        *marks,
        *names,
        *key,
    )


def _cross(one: Spot, xs: Scale, ys: Scale) -> Iterator[Markup]:
    x, y = xs.at(_of(one.p95)), ys.at(_of(one.quality))
    kind = f"span {one.kind}".strip()
    if one.p95.low is not None and one.p95.high is not None:
        yield line(xs.at(one.p95.low), y, xs.at(one.p95.high), y, kind)
    if one.quality.low is not None and one.quality.high is not None:
        yield line(x, ys.at(one.quality.low), x, ys.at(one.quality.high), kind)
    yield dot(x, y, one.kind, 6.5)


def _front(found: Sequence[Spot], xs: Scale, ys: Scale) -> Iterator[Markup]:
    """Yield the front as steps, over the shaded field below and to the right of it: whoever lies there is beaten."""
    on = sorted((xs.at(_of(one.p95)), ys.at(_of(one.quality))) for one in found if one.on_front)
    if on:
        steps = f"M{number(on[0][0])},{number(ys.start)}V{number(on[0][1])}"
        steps += "".join(f"H{number(x)}V{number(y)}" for x, y in on[1:]) + f"H{number(xs.end)}"
        yield element("path", d=f"{steps}V{number(ys.start)}Z", class_="beaten")
        yield element("path", d=steps, class_="front")


def _said(one: Spot) -> str:
    return one.candidate + (" (not ranked)" if one.kind == "barred" else "")


def _placed(
    found: Sequence[Spot], names: Sequence[str], xs: Scale, ys: Scale, frame: Frame
) -> list[Markup] | None:
    """Return each name beside its dot, covering no other dot or name; ``None`` where some name has no such place.

    Numbers, which need little room, are placed somewhere in any case.
    """
    taken = [(xs.at(_of(one.p95)) - 8, ys.at(_of(one.quality)) - 8, 16.0, 16.0) for one in found]
    labels: list[Markup] = []
    for one, said in zip(found, names, strict=True):
        x, y, wide = xs.at(_of(one.p95)), ys.at(_of(one.quality)), min(len(said), 24) * LETTER
        places = [
            (x + dx if dx > 0 else x + dx - wide, y + dy - 12, wide, 16.0)
            for dy in (-8, 20, -26, 38)
            for dx in (10, -10)
        ]
        inside = [
            one for one in places if one[0] >= xs.start - 30 and one[0] + wide <= frame.width and one[1] > 14
        ]
        free = [place for place in inside if not any(_overlap(place, other) for other in taken)]
        if not free and not said.isdigit():
            return None
        spot = (free or inside or places)[0]
        taken.append(spot)
        labels.append(label(spot[0], spot[1] + 12, said, kind="name", room=24 * LETTER))
    return labels


def _key(found: Sequence[Spot], top: float, columns: int, frame: Frame) -> Iterator[Markup]:
    """Yield which number is whose, row by row."""
    room = frame.width / columns
    for at, one in enumerate(found):
        x, y = (at % columns) * room, top + 17 * (at // columns)
        yield label(x + 2, y, f"{at + 1} {one.candidate}", kind="name", room=room - 28)


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
