"""Problem pages: what the `type` of a problem points to, for people and for terminals."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from litestar import Request, Response, get

from service.api.formats import HTML, TEXT, Format, choose
from service.api.parameters import FormatName, Name
from service.api.problems import BY_SLUG, Kind, documented
from service.api.scopes import OPEN
from service.errors import NotFound
from service.report.markup import element, together

WORDS = Path(__file__).with_name("pages") / "problems.yaml"
FORMATS = (TEXT, HTML)


@get(
    "/problems",
    operation_id="list_problems",
    security=OPEN,
    opt={"formats": FORMATS},
    tags=["entrance"],
    responses=documented("not-acceptable"),
)
async def problem_list(request: Request[Any, Any, Any], format_: FormatName = None) -> Response[str]:
    """List the sorts of problems, as text or HTML."""
    kind = choose(request, format_, FORMATS)
    if kind is TEXT:
        return _page(
            "".join(f"{one.status} /problems/{one.slug}  {one.title}\n" for one in BY_SLUG.values()), kind
        )
    rows = [
        element("li", element("a", one.title, href=f"/problems/{one.slug}"), f" ({one.status})")
        for one in BY_SLUG.values()
    ]
    return _page(_html("Problems", element("ul", *rows)), kind)


@get(
    "/problems/{slug:str}",
    operation_id="get_problem",
    security=OPEN,
    opt={"formats": FORMATS},
    tags=["entrance"],
    responses=documented("not-found", "not-acceptable"),
)
async def problem_page(
    request: Request[Any, Any, Any], slug: Name, format_: FormatName = None
) -> Response[str]:
    """Explain one sort of problem, as text or HTML."""
    problem = BY_SLUG.get(slug)
    if problem is None:
        raise NotFound(f"There is no problem '{slug[:60]}'. Known problems: {', '.join(BY_SLUG)}.")
    kind = choose(request, format_, FORMATS)
    said = words()[problem.slug]
    if kind is TEXT:
        return _page("\n\n".join([_heading(problem), *said]) + "\n", kind)
    paragraphs = [element("p", one) for one in said]
    return _page(
        _html(_heading(problem), *paragraphs, element("p", element("a", "All problems", href="/problems"))),
        kind,
    )


HANDLERS = (problem_list, problem_page)


@cache
def words() -> Mapping[str, list[str]]:
    """Return the paragraphs of each page, by slug."""
    read: dict[str, list[str]] = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return read


def _heading(problem: Kind) -> str:
    return f"{problem.title} ({problem.status})"


def _html(title: str, *children: str) -> str:
    head = element("head", element("meta", charset="utf-8"), element("title", title))
    body = element("body", element("h1", title), *children)
    return together([element("html", head, body, lang="en")]).replace("<html", "<!DOCTYPE html>\n<html", 1)


def _page(text: str, kind: Format) -> Response[str]:
    return Response(text, media_type=kind.media_type, headers={"Vary": "Accept"})
