"""The HTML report stands alone, reads without scripts, and nothing a model says becomes part of it."""

import base64
import hashlib
import re
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from html.parser import HTMLParser
from typing import Any

import pytest

from service.domain.evaluations import Status
from service.domain.findings import Findings
from service.domain.selection import Recommendation
from service.report.page import POLICY, html_page
from service.report.page.look import STYLE
from tests.report.scenes import evaluation, findings, item

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><image href=https://evil.example/x>",
    "</style><style>body{background:url(https://evil.example/x)}",
    "</title></head><body onload=alert(1)>",
    "\"><iframe src='javascript:alert(1)'>",
    "' onmouseover='alert(1)",
    "<a href=javascript:alert(1)>click</a>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<base href=https://evil.example/>",
    "<form action=https://evil.example><input autofocus onfocus=alert(1)>",
    "--><script>alert(1)</script><!--",
    "<![CDATA[<script>alert(1)</script>]]>",
    "&lt;script&gt;&#60;script&#62;",
    "\x00<scr\x00ipt>\u202etxet",
    "<template><math><mtext></p><mglyph><style><!--</style><img src onerror=alert(1)>",
    "{{constructor.constructor('alert(1)')()}}",
)
TAGS = """
    html head meta title style body header main footer nav section article figure figcaption h1 h2 h3 h4 p ul li a div dl
    dt dd small strong code q bdi table caption span thead tbody tr th td svg text line circle path
"""
ATTRIBUTES = """
    lang charset http-equiv content name id class href role aria-label tabindex dir scope viewbox width height x y
    x1 y1 x2 y2 cx cy r d text-anchor
"""
VOID = {"meta"}


class Outline(HTMLParser):
    """What a browser would make of a page: elements, attributes, and the text that it shows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.open: list[str] = []
        self.strange: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data

    def handle_comment(self, data: str) -> None:
        self.strange.append(data)

    def unknown_decl(self, data: str) -> None:
        self.strange.append(data)


def poisoned(value: Any, payload: str) -> Any:
    """Return findings in which every string there is ends in the payload."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return value + payload
    if isinstance(value, tuple | frozenset):
        return type(value)(poisoned(one, payload) for one in value)
    if isinstance(value, dict):
        return {poisoned(key, payload): poisoned(one, payload) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changes = {field.name: poisoned(getattr(value, field.name), payload) for field in fields(value)}
        return replace(value, **changes)
    assert value is None or isinstance(value, int | float | datetime | Enum)
    return value


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_runs_nothing_and_loads_nothing(payload: str) -> None:
    page = html_page(poisoned(findings(), payload))
    seen = Outline(page)
    assert set(seen.tags) <= set(TAGS.split())
    assert {name for name, _ in seen.attributes} <= set(ATTRIBUTES.split())
    assert all(value.startswith("#") for name, value in seen.attributes if name == "href")
    assert seen.tags.count("style") == 1
    assert [value for name, value in seen.attributes if name == "http-equiv"] == ["Content-Security-Policy"]
    assert seen.open == []
    assert seen.strange == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_is_shown_as_it_is(payload: str) -> None:
    shown = payload.replace("\x00", "\ufffd").replace("\u202e", "\ufffd")
    seen = Outline(html_page(replace(findings(), samples=(item(answer=payload),))))
    assert shown in seen.text


def test_nothing_is_loaded_from_anywhere() -> None:
    page = html_page(findings())
    assert "<script" not in page
    assert re.search(r"url\(|@import|https?:", page) is None


def test_the_policy_allows_this_stylesheet_and_nothing_else() -> None:
    page = html_page(findings())
    inside = page[page.index("<style>") + 7 : page.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
    assert POLICY.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert "unsafe" not in POLICY
    assert "style=" not in page


def test_the_choice_comes_first_with_its_figures() -> None:
    seen = Outline(html_page(findings()))
    said = seen.text
    assert said.index("small and large") < said.index("Recommended: small") < said.index("Ranking in figures")
    assert "keep the notice" in said


def test_no_recommendation_says_what_is_missing() -> None:
    base = findings()
    none = Recommendation(
        decision="none",
        candidate=None,
        runner_up=None,
        tie_set=(),
        reasons=("not enough prompts",),
        missing=("38 more prompts",),
        nearest_miss="small",
    )
    said = Outline(html_page(replace(base, ranking=replace(base.ranking, recommendation=none)))).text
    assert "No recommendation; nearest miss: small" in said
    assert "38 more prompts" in said


def test_every_picture_has_a_caption_and_a_table() -> None:
    page = html_page(findings())
    parts = page.split("<figure>")[1:]
    assert len(parts) == 4
    for part in parts:
        assert part.startswith("<figcaption>")
        assert part.count("<svg ") == 2
        after = part[part.index("</figure>") + len("</figure>") :]
        assert after.startswith('<div class="scroll" role="region"')
    assert page.count("<table>") == page.count("<caption>")
    assert page.count("<th>") == 0
    assert page.count("<h1>") == 1


def test_links_lead_to_places_that_are_there() -> None:
    page = html_page(findings())
    places = re.findall(r'href="#(\w+)"', page)
    assert places
    assert sorted(places) == sorted(re.findall(r' id="(\w+)"', page))


def test_answers_stand_side_by_side_with_the_judges_reason() -> None:
    said = Outline(html_page(findings(said="forty-two"))).text
    shown = said[said.index("Answers side by side") :]
    assert shown.index("small (recommended)") < shown.index("large")
    assert shown.count("forty-two") >= 2
    assert "it is the reference" in shown
    assert "accuracy 5" in shown


def test_a_long_answer_is_cut_visibly() -> None:
    page = html_page(replace(findings(), samples=(item(answer="x" * 50_000),)))
    assert "x" * 4000 + " …" in page
    assert "x" * 4001 not in page


def test_before_anything_was_measured_the_page_says_so() -> None:
    empty: Findings = replace(
        findings(of=evaluation(status=Status.RUNNING)),
        scores=(),
        qualifications=(),
        samples=(),
        loads=(),
        attempts=(),
    )
    said = Outline(html_page(empty)).text
    assert "This evaluation is running" in said
    assert "Nothing was measured yet." in said


def luminance(colour: str) -> float:
    wide = colour if len(colour) == 7 else "#" + "".join(2 * sign for sign in colour[1:])
    parts = [int(wide[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_text_stands_out_from_what_it_stands_on(scheme: int) -> None:
    block = re.findall(r":root\{([^}]*)\}", STYLE)[scheme]
    colours = dict(re.findall(r"--([\w-]+):(#[0-9a-f]+)", block))
    for ink in ("ink", "soft", "mark", "chosen", "warn"):
        for ground in ("paper", "card"):
            light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
            # WCAG 2.2, 1.4.3: at least 4.5 to 1 for text
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_verdicts_that_are_missing_are_shown_with_what_became_of_them() -> None:
    shown = Outline(html_page(findings())).text
    assert "tiny-judgesmallclarity4125 %2 unparsable, 1 timed out" in shown
    assert "checksmallaccuracy11100 %none" in shown


def test_what_sways_the_judge_is_shown_as_what_changes_no_score() -> None:
    shown = Outline(html_page(findings())).text
    assert "changes no score" in shown
    assert "tiny-judgeaccuracy70.300.10 to 0.50–one judge only" in shown
