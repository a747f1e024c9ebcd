"""Pictures show what the findings hold, in words and shapes as well as colours."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from service.domain.estimates import Estimate, undefined
from service.domain.findings import Findings
from service.domain.selection import Recommendation
from service.report.markup import Markup
from service.report.pictures.facets import facets_picture, panels
from service.report.pictures.front import front_picture, spots
from service.report.pictures.latency import latency_picture
from service.report.pictures.marks import Picture
from service.report.pictures.ranking import ranking_picture
from tests.report.scenes import findings, measured, ranked

PICTURES = (ranking_picture, front_picture, facets_picture, latency_picture)


def many(names: list[str], *, tied: tuple[str, ...] = ()) -> Findings:
    """So many ranked candidates, each a little slower and better than the one before."""
    base = findings()
    scores = []
    for at, name in enumerate(names):
        one = measured(name, "tiny-s", quality=2.0 + at * 0.3)
        p95 = Estimate(value=0.004 * (at + 1), low=0.003 * (at + 1), high=0.006 * (at + 1), n=80)
        scores.append(replace(one, latency=replace(one.latency, p95=p95)))
    order = tuple(ranked(name, at + 1, 0.8 - at * 0.05) for at, name in enumerate(names))
    made = Recommendation(
        decision="tie" if tied else "model", candidate=names[0], runner_up=None, tie_set=tied, reasons=()
    )
    ranking = replace(base.ranking, candidates=order, recommendation=made)
    return replace(base, scores=tuple(scores), ranking=ranking)


def drawn(picture: Picture | None) -> list[ET.Element]:
    assert picture is not None
    return [ET.fromstring(one) for one in (picture.wide, picture.narrow)]


def words(svg: ET.Element) -> list[str]:
    return [one.text or "" for one in svg.iter("text")]


def kinds(svg: ET.Element, tag: str) -> list[str]:
    return [one.get("class", "") for one in svg.iter(tag)]


@pytest.mark.parametrize("draw", PICTURES)
def test_each_picture_says_in_words_what_it_shows(draw: object) -> None:
    picture = draw(findings())  # type: ignore[operator]
    for svg in drawn(picture):
        assert svg.get("role") == "img"
        assert svg.get("aria-label") == picture.says
        assert "small" in picture.says


@pytest.mark.parametrize("draw", PICTURES)
def test_nothing_is_drawn_outside_its_box(draw: object) -> None:
    for svg in drawn(draw(many([f"candidate-number-{n:02}" for n in range(10)]))):  # type: ignore[operator]
        _, _, width, height = map(float, str(svg.get("viewBox")).split())
        for one in svg.iter():
            for name, most in (("x", width), ("x1", width), ("x2", width), ("cx", width)):
                assert 0 <= float(one.get(name, 0)) <= most
            for name in ("y", "y1", "y2", "cy"):
                assert 0 <= float(one.get(name, 0)) <= height


def test_a_barred_candidate_is_hollow_and_called_not_ranked() -> None:
    for svg in drawn(ranking_picture(findings())):
        assert "not ranked" in words(svg)
        assert "recommended" in words(svg)
    base = findings()
    score = Estimate(value=0.6, low=0.5, high=0.7, n=2)
    barred = replace(base.ranking.candidates[0], score=score)
    ranking = replace(base.ranking, candidates=(barred, base.ranking.candidates[1]))
    for svg in drawn(ranking_picture(replace(base, ranking=ranking))):
        assert "dot barred" in kinds(svg, "circle")
        assert "span barred" in kinds(svg, "line")


def test_those_who_are_tied_are_marked_and_named() -> None:
    for svg in drawn(ranking_picture(many(["a", "b", "c"], tied=("a", "b")))):
        assert kinds(svg, "line").count("tie") == 2
        assert words(svg).count("tied") == 1
        assert "recommended, tied" in words(svg)


def test_intervals_reach_from_low_to_high() -> None:
    # score 0.8 (0.7 to 0.9) alone: the axis spans 0.7 to 0.9 from x 330 to 850
    wide, _ = drawn(ranking_picture(many(["a"])))
    span = next(one for one in wide.iter("line") if one.get("class") == "span chosen")
    assert (span.get("x1"), span.get("x2")) == ("330", "850")
    dot = next(wide.iter("circle"))
    assert dot.get("cx") == "590"


def test_the_front_leaves_out_who_is_beaten_and_who_is_barred() -> None:
    base = many(["a", "b", "c"])
    slow = replace(base.scores[1], quality=Estimate(value=1.5, low=1.4, high=1.6, n=9))
    found = spots(replace(base, scores=(base.scores[0], slow, base.scores[2])))
    assert [(one.candidate, one.on_front) for one in found] == [("a", True), ("b", False), ("c", True)]
    assert [one.on_front for one in spots(findings())] == [True, None]


def test_who_has_no_p95_is_not_drawn() -> None:
    base = many(["a", "b"])
    few = replace(base.scores[0].latency, p95=undefined("insufficient: 4 of 20", n=4))
    one = replace(base, scores=(replace(base.scores[0], latency=few), base.scores[1]))
    assert [spot.candidate for spot in spots(one)] == ["b"]
    assert front_picture(replace(base, scores=())) is None


def test_names_beside_dots_do_not_cover_each_other() -> None:
    for svg in drawn(front_picture(many([f"model-{n}" for n in range(8)]))):
        boxes = [
            (float(str(one.get("x"))), float(str(one.get("y"))), len(one.text or "") * 7.4)
            for one in svg.iter("text")
            if one.get("class") == "name"
        ]
        for at, (x, y, wide) in enumerate(boxes):
            for other_x, other_y, other in boxes[at + 1 :]:
                assert x + wide <= other_x or other_x + other <= x or abs(y - other_y) >= 16


def test_a_facet_that_may_not_decide_says_so() -> None:
    base = findings()
    barred = tuple(
        replace(
            one, facets=tuple(replace(facet, decides=False, note="missed 5 of 9") for facet in one.facets)
        )
        for one in base.scores
    )
    titles = [panel.title for panel in panels(replace(base, scores=barred))]
    assert titles[:2] == ["quality, weighted", "accuracy (not counted)"]


def test_the_size_of_the_latency_picture_does_not_grow_with_the_samples() -> None:
    base = many(["a"])
    few = latency_picture(base)
    samples = tuple(tuple(0.003 + 0.0001 * (at % 37) for at in range(50)) for _ in range(40))
    more = latency_picture(replace(base, scores=(replace(base.scores[0], latency_by_prompt=samples),)))
    assert few is not None
    assert more is not None
    assert len(more.wide) < len(few.wide) + 500


def test_before_anything_was_measured_there_is_nothing_to_draw() -> None:
    nothing = replace(findings(), scores=())
    assert [front_picture(nothing), facets_picture(nothing), latency_picture(nothing)] == [None] * 3


def test_text_in_a_picture_is_only_text() -> None:
    picture = ranking_picture(many(["<script>alert(1)</script>"]))
    assert isinstance(picture.wide, Markup)
    assert re.search(r"<(?!/?(svg|text|line|circle|path)[ >])", picture.wide) is None


def crowd(count: int) -> Findings:
    """Candidates that lie within a few pixels of each other, with long names."""
    base = findings()
    scores = tuple(
        replace(measured(f"a-rather-long-name-{at:02d}", "m"), quality=about(4.0 + at / 500))
        for at in range(count)
    )
    lines = tuple(ranked(one.candidate, at + 1, 0.5) for at, one in enumerate(scores))
    return replace(base, scores=scores, ranking=replace(base.ranking, candidates=lines))


def about(value: float) -> Estimate:
    return Estimate(value=value, low=value - 0.2, high=value + 0.2, n=9)


def test_names_that_would_cover_each_other_become_numbers_with_a_key() -> None:
    few, many = front_picture(crowd(2)), front_picture(crowd(10))
    assert few is not None
    assert many is not None
    assert ">a-rather-long-name-01<" in few.narrow
    for at in range(10):
        assert f">{at + 1}<" in many.narrow
        assert f">{at + 1} a-rather-long-name-{at:02d}<" in many.narrow
