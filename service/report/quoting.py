"""Quoting: text that a model or stranger wrote, made harmless inside Markdown, CSV and HTML."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_LONE = re.compile("[\ud800-\udfff]")
_MARKUP = re.compile(r"[\\`*_\[\]|~]")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;"}
_LINKS = re.compile(r"(?i)(?<=www)\.|:(?=//)|(?<=mailto):|(?<=xmpp):")
_LEADING = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$))|(?=[#+=-]))")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
ELLIPSIS = " …"


def inline(text: str, *, most: int = 300) -> str:
    r"""Return `text` as one line of Markdown that shows it as it is: no markup, no HTML, no links, no table borders.

    Examples
    --------
    >>> print(inline("a | *b*\n<img src=x>"))
    a \| \*b\* &lt;img src=x&gt;
    >>> inline("https://evil.example, tiny-s")
    'https&#58;//evil.example, tiny-s'
    """
    line = " ".join(_CONTROL.sub(" ", text).split())
    if len(line) > most:
        line = line[:most].rstrip() + ELLIPSIS
    line = "".join(_ENTITIES.get(sign, sign) for sign in line)
    line = _LINKS.sub(lambda match: f"&#{ord(match[0])};", _MARKUP.sub(r"\\\g<0>", line))
    return _LEADING.sub(r"\1\\", line)


def block(text: str, *, most: int = 2000) -> str:
    """Return `text` as a fenced Markdown block that it cannot leave.

    Examples
    --------
    >>> print(block("one ``` two"))
    ````text
    one ``` two
    ````
    """
    body = visible(text)
    if len(body) > most:
        body = body[:most] + ELLIPSIS
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{body}\n{fence}"


def visible(text: str) -> str:
    r"""Return `text` with a replacement sign for each sign that would be invisible or turn the text around.

    Line breaks and tabs stay; half a surrogate pair, which no file can hold, is replaced too.

    Examples
    --------
    >>> visible("a\x00b\u202ec\r\nd")
    'a\ufffdb\ufffdc\nd'
    """
    shown = _CONTROL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    return shown if shown.isascii() else _LONE.sub("\ufffd", shown)


def cell(text: str | None) -> str:
    """Return `text` for a CSV cell; what a spreadsheet would take for a formula gets an apostrophe in front.

    Examples
    --------
    >>> cell("=1+1"), cell("plain"), cell(None)
    ("'=1+1", 'plain', '')
    """
    if text is None:
        return ""
    return "'" + text if text.startswith(_FORMULA) else text
