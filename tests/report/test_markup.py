"""Markup escapes whatever it did not make."""

import pytest

from service.report.markup import Markup, element, number, text, together


@pytest.mark.parametrize("said", ["<b>", "a & b", "\"'", "</p><script>"])
def test_text_is_escaped_as_a_child_and_as_an_attribute(said: str) -> None:
    shown = element("p", said, title=said)
    inside = shown.removeprefix("<p").removesuffix("</p>")
    assert inside.count("<") == 0
    assert inside.count(">") == 1
    assert inside.count('"') == 2


def test_markup_is_not_escaped_twice() -> None:
    assert element("p", element("b", "<")) == "<p><b>&lt;</b></p>"
    assert together(["<", Markup("<br>")]) == "&lt;<br>"


def test_signs_that_nobody_sees_are_made_visible() -> None:
    assert text("a\x00\u202e\ud800b") == "a\ufffd\ufffd\ufffdb"
    assert element("p", title="\u202e") == '<p title="\ufffd"></p>'


def test_what_is_none_or_false_is_left_out() -> None:
    assert element("p", None, "", class_=None, hidden=False) == "<p></p>"
    assert element("p", hidden=True, x=0.0) == '<p hidden x="0"></p>'


def test_coordinates_are_short_and_never_minus_zero() -> None:
    assert [number(one) for one in (1.25, -0.04, 100.0)] == ["1.2", "0", "100"]
