"""The ranking as a picture: each score with its interval, ties marked, and those a gate bars drawn hollow."""

from collections.abc import Iterator, Sequence

from service.domain.findings import Findings
from service.domain.selection import Ranked, Recommendation
from service.report.document import in_order
from service.report.figures import NONE, say
from service.report.markup import Markup
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
from service.report.pictures.scales import Scale, linear_over


def ranking_picture(findings: Findings) -> Picture:
    """Draw the candidates in order, the best at the top."""
    ranked, made = in_order(findings), findings.ranking.recommendation
    says = f"Scores of {len(ranked)} candidates with their intervals. " + "; ".join(
        f"{one.candidate} {say(one.score.value, 'score')}{_aside(one, made)}" for one in ranked
    )
    return Picture(wide=_draw(ranked, made, WIDE, says), narrow=_draw(ranked, made, NARROW, says), says=says)


def standing(one: Ranked, made: Recommendation) -> str:
    """Return in a word or two what became of a candidate; empty for one that only has a rank.

    Examples
    --------
    >>> from service.domain.estimates import undefined
    >>> one = Ranked(candidate="a", rank=None, eligible=False, score=undefined("-"), gates=(), criteria=())
    >>> made = Recommendation(decision="none", candidate=None, runner_up=None, tie_set=(), reasons=())
    >>> standing(one, made)
    'not ranked'
    """
    if one.rank is None:
        return "not ranked"
    words = ["recommended"] if one.candidate == made.candidate else []
    words += ["tied"] if one.candidate in made.tie_set else []
    return ", ".join(words)


def kind_of(one: Ranked, made: Recommendation) -> str:
    """Return the class to draw a candidate with."""
    if one.rank is None:
        return "barred"
    return "chosen" if one.candidate == made.candidate else ""


def _aside(one: Ranked, made: Recommendation) -> str:
    said = standing(one, made)
    return f" ({said})" if said else ""


def _draw(ranked: Sequence[Ranked], made: Recommendation, frame: Frame, says: str) -> Markup:
    step, left, right = (50.0, 10.0, 60.0) if frame.narrow else (36.0, 330.0, 70.0)
    bottom = 10 + step * len(ranked)
    values = [value for one in ranked for value in ends(one.score)]
    scale = linear_over(values, start=left, end=frame.width - right, limits=(0.0, 1.0))
    rows = [
        mark for at, one in enumerate(ranked) for mark in _row(one, made, frame, scale, 10 + step * at, step)
    ]
    title = label(
        (scale.start + scale.end) / 2,
        bottom + 34,
        "score, 0 to 1: higher is better",
        kind="tick",
        anchor="middle",
    )
    return canvas(frame, bottom + 42, says, *ground(scale, 6, bottom, None), *rows, title)


def _row(
    one: Ranked, made: Recommendation, frame: Frame, scale: Scale, top: float, step: float
) -> Iterator[Markup]:
    y = top + step - 16 if frame.narrow else top + step / 2
    name_y = top + 15 if frame.narrow else y + 4.5
    place = NONE if one.rank is None else str(one.rank)
    said, edge = standing(one, made), frame.width if frame.narrow else scale.start - 12
    if one.candidate in made.tie_set:
        yield line(2, top + 3, 2, top + step - 3, "tie")
    room = edge - 46 - 7 * len(said)
    yield label(10, name_y, place, kind="rank")
    yield label(32, name_y, one.candidate, kind="name", room=room)
    yield label(edge, name_y, said, kind="aside", anchor="end")
    yield from interval(scale, y, one.score, kind_of(one, made))
    yield label(frame.width, y + 4.5, say(one.score.value, "score"), kind="value", anchor="end")
