"""Markup: HTML and SVG as values. Text is escaped unless it was made here: nothing a model says becomes an element."""

from collections.abc import Iterable
from html import escape

from service.report.quoting import visible

VOID = frozenset({"meta", "br", "col"})


class Markup(str):
    """Text that is HTML already, because `element` made it."""

    __slots__ = ()


Child = str | None
Value = str | float | bool | None


def element(name: str, /, *children: Child, **attributes: Value) -> Markup:
    r"""Return one element of HTML or SVG.

    Parameters
    ----------
    children
        Markup as it is, any other text escaped and with control signs made visible; ``None`` is left out.
    attributes
        ``class_`` for ``class``, ``aria_label`` for ``aria-label``; ``None`` and ``False`` leave the attribute out, and
        ``True`` writes it without a value. Numbers have one decimal.

    Examples
    --------
    >>> element("p", "a < b", class_="x")
    '<p class="x">a &lt; b</p>'
    >>> element("td", element("b", "\x00"), None, colspan=2)
    '<td colspan="2"><b>�</b></td>'
    """
    opened = name + "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Markup(f"<{opened}>")
    return Markup(f"<{opened}>{together(children)}</{name}>")


def together(parts: Iterable[Child]) -> Markup:
    """Return parts one after the other, as `element` would take them."""
    return Markup("".join(part if isinstance(part, Markup) else text(part) for part in parts if part))


def text(said: str) -> Markup:
    """Return text as HTML that shows it as it is."""
    return Markup(escape(visible(said)))


def number(value: float) -> str:
    """Return a coordinate, to a tenth.

    Examples
    --------
    >>> number(3.14), number(2.0), number(-0.01)
    ('3.1', '2', '0')
    """
    shown = f"{value:.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown


def _attribute(key: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    shown = visible(value) if isinstance(value, str) else number(value)
    return f' {name}="{escape(shown)}"'
