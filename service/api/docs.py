"""The API's documentation in a browser: Swagger UI from the installed package, with no request to anywhere else."""

import asyncio
import importlib.util
from functools import cache
from pathlib import Path

from litestar import Response, get

from service.api.parameters import Name
from service.api.scopes import OPEN
from service.errors import NotFound

PAGES = Path(__file__).with_name("pages")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""The page runs what this service sends and talks to this service only."""
PACKAGED = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui-standalone-preset.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
OWN = {"start.js": "text/javascript", "look.css": "text/css", "favicon.svg": "image/svg+xml"}


@get("/docs", operation_id="get_docs", security=OPEN, include_in_schema=False)
async def page() -> Response[bytes]:
    """Show the documentation."""
    found = await asyncio.to_thread((PAGES / "docs" / "index.html").read_bytes)
    return Response(found, media_type="text/html", headers={"Content-Security-Policy": POLICY})


@get("/docs/{name:str}", operation_id="get_docs_file", security=OPEN, include_in_schema=False)
async def asset(name: Name) -> Response[bytes]:
    """Send one of the files that the page names."""
    if name in OWN:
        return Response(await asyncio.to_thread((PAGES / "docs" / name).read_bytes), media_type=OWN[name])
    if name in PACKAGED:
        return Response(await asyncio.to_thread(packaged, name), media_type=PACKAGED[name])
    raise NotFound(f"The documentation has no file '{name[:60]}': it begins at /docs.")


HANDLERS = (page, asset)


@cache
def packaged(name: str) -> bytes:
    """Return a file of Swagger UI; the package's own Python is never run."""
    spec = importlib.util.find_spec("swagger_ui")
    places = (spec and spec.submodule_search_locations) or ()
    found = next(
        (Path(place, "static", name) for place in places if Path(place, "static", name).is_file()), None
    )
    if found is None:
        raise NotFound("The package swagger-ui-py is not installed as it should be: install slm-judge again.")
    return found.read_bytes()
