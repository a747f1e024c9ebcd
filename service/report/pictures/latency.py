"""How latency is spread: every timed answer counted into bins on one logarithmic axis, with p50 and p95 below."""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from service.domain.findings import Findings
from service.domain.measurements import CandidateScores
from service.report.document import in_order
from service.report.figures import say
from service.report.markup import Markup, element, number
from service.report.pictures.marks import (
    NARROW,
    WIDE,
    Frame,
    Picture,
    canvas,
    ends,
    ground,
    interval,
    label,
    line,
)
from service.report.pictures.scales import Scale, log_over

BINS = 60
HILL = 34.0


def latency_picture(findings: Findings) -> Picture | None:
    """Draw each candidate's latencies; ``None`` before anything was timed."""
    by_name = {scores.candidate: scores for scores in findings.scores}
    found = [
        by_name[one.candidate]
        for one in in_order(findings)
        if one.candidate in by_name and samples(by_name[one.candidate])
    ]
    if not found:
        return None
    says = "Distribution of latency. " + "; ".join(
        f"{one.candidate}: half within {say(one.latency.p50.value, 'seconds')}, "
        f"95 % within {say(one.latency.p95.value, 'seconds')}, n {one.latency.n}"
        for one in found
    )
    return Picture(wide=_draw(found, WIDE, says), narrow=_draw(found, NARROW, says), says=says)


def samples(scores: CandidateScores) -> list[float]:
    """Return every timed latency of a candidate, sorted."""
    return sorted(value for group in scores.latency_by_prompt for value in group)


def heights(values: Sequence[float], edges: Sequence[float]) -> list[int]:
    """Count values between consecutive edges; what lies outside counts at its end.

    Examples
    --------
    >>> heights([0.5, 1.5, 1.6, 9.0], [0, 1, 2, 3])
    [1, 2, 1]
    """
    inner = edges[1:-1]
    counts = [0] * (len(edges) - 1)
    for value in values:
        counts[bisect_right(inner, value)] += 1
    return counts


def _draw(found: Sequence[CandidateScores], frame: Frame, says: str) -> Markup:
    step, left, right = (92.0, 20.0, 14.0) if frame.narrow else (66.0, 190.0, 170.0)
    bottom = 6 + step * len(found)
    seen = [value for one in found for value in (samples(one)[0], samples(one)[-1], *ends(one.latency.p95))]
    scale = log_over(seen, start=left, end=frame.width - right)
    rows = [mark for at, one in enumerate(found) for mark in _row(one, frame, scale, 6 + step * at, step)]
    title = label(
        (scale.start + scale.end) / 2,
        bottom + 34,
        "latency: further left is faster",
        kind="tick",
        anchor="middle",
    )
    most = 5 if frame.narrow else 8
    return canvas(frame, bottom + 42, says, *ground(scale, 4, bottom, "seconds", most), *rows, title)


def _row(scores: CandidateScores, frame: Frame, scale: Scale, top: float, step: float) -> Iterator[Markup]:
    base = top + step - 20
    p50, p95 = scores.latency.p50, scores.latency.p95
    said = (f"p50 {say(p50.value, 'seconds')}", f"p95 {say(p95.value, 'seconds')}")
    if frame.narrow:
        yield label(2, top + 16, scores.candidate, kind="name", room=frame.width - 170)
        yield label(frame.width, top + 16, ", ".join(said), kind="value", anchor="end")
    else:
        yield label(2, base - 6, scores.candidate, kind="name", room=scale.start - 20)
        for at, words in enumerate(said):
            yield label(scale.end + 14, base - 12 + 20 * at, words, kind="value")
    yield _hill(samples(scores), scale, base)
    yield line(scale.start, base, scale.end, base, "base")
    if p50.value is not None:
        yield line(scale.at(p50.value), base, scale.at(p50.value), base + 12, "half")
    yield from interval(scale, base + 9, p95)


def _hill(values: Sequence[float], scale: Scale, base: float) -> Markup:
    low, high = math.log(scale.low), math.log(scale.high)
    edges = [math.exp(low + (high - low) * at / BINS) for at in range(BINS + 1)]
    counts = heights(values, edges)
    places = [(scale.at(first), scale.at(second)) for first, second in pairwise(edges)]
    path = f"M{number(scale.start)},{number(base)}"
    for (_, end), count in zip(places, counts, strict=True):
        path += f"V{number(base - HILL * count / max(counts))}H{number(end)}"
    return element("path", d=f"{path}V{number(base)}Z", class_="hill")
