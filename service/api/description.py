"""Description: the OpenAPI document, with what holds for every route and the examples, which no single route declares."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml
from litestar import Litestar, MediaType, Request
from litestar.handlers.http_handlers.base import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from service.api.formats import EVENT_STREAM, JSON, Format
from service.api.problems import BY_SLUG, MEDIA_TYPE
from service.api.scopes import COMPONENTS
from service.api.wire import Request as Body

WORDS = Path(__file__).with_name("pages") / "description.yaml"
METHODS = ("get", "post", "put", "patch", "delete")
Tree = dict[str, Any]
REFERENCE = "#/components/schemas/{name}"

HEADERS: Mapping[str, Tree] = {
    "ETag": {"description": "Names this state: send it as If-None-Match.", "schema": {"type": "string"}},
    "Link": {"description": "Where the next page is (rel=next).", "schema": {"type": "string"}},
    "Location": {"description": "Where to look.", "schema": {"type": "string", "format": "uri-reference"}},
    "Retry-After": {
        "description": "Seconds to wait until asking again.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {"description": "What is missing.", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "True: this is the answer that the same request got before.",
        "schema": {"type": "boolean"},
    },
}
EVENT: Tree = {
    "type": "object",
    "description": "One event of the stream; `data` holds the JSON of one of the page's items.",
    "properties": {"id": {"type": "string"}, "event": {"type": "string"}, "data": {"type": "string"}},
    "required": ["id", "event", "data"],
}
IF_NONE_MATCH: Tree = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "Tags that the client has already: 304 without a body where one of them still holds.",
    "schema": {"type": "string"},
}


def openapi_config(version: str) -> OpenAPIConfig:
    """Return how the service describes itself, under ``/schema/openapi.json``."""
    return OpenAPIConfig(
        title="slm-judge",
        version=version,
        components=COMPONENTS,
        use_handler_docstrings=True,
        path="/schema",
        render_plugins=[Described(path="/openapi.json", media_type=MediaType.JSON)],
    )


class Described(JsonRenderPlugin):
    """Writes the document once it is complete."""

    written: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: Tree) -> bytes:
        """Return the document as JSON; it is the same for every request."""
        if self.written is None:
            # Written and read once: some keys are members of enumerations, which no string finds.
            document: Tree = msgspec.json.decode(self.render_json(request, openapi_schema))
            complete(document, offered_formats(request.app), words())
            describe_bodies(document, taken_types(request.app))
            self.written = msgspec.json.encode(document)
        return self.written


@cache
def words() -> Tree:
    """Return the texts and examples of the description."""
    read: Tree = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return read


def offered_formats(app: Litestar) -> dict[str, tuple[Format, ...]]:
    """Return the formats of each operation that has several: those it declares as ``opt={"formats": …}``."""
    return {name: opt["formats"] for name, opt in declared(app) if "formats" in opt}


def taken_types(app: Litestar) -> dict[str, Mapping[str, Any]]:
    """Return what each operation takes that reads its body itself: types as ``opt={"takes": …}``, JSON as ``body``."""
    return {name: opt for name, opt in declared(app) if "takes" in opt}


def declared(app: Litestar) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield what each operation declares of itself."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler):
                yield str(handler.operation_id), handler.opt


def complete(document: Tree, formats: Mapping[str, tuple[Format, ...]], said: Tree) -> None:
    """Add to every operation what the guards, the tags and the formats do to it, and its examples."""
    document["info"]["description"] = said["about"]
    document["tags"] = [{"name": name, "description": text} for name, text in said["tags"].items()]
    components = document.setdefault("components", {})
    components["headers"] = dict(HEADERS)
    components.setdefault("parameters", {})["IfNoneMatch"] = IF_NONE_MATCH
    _write_request_schemas(components["schemas"])
    for schema in components["schemas"].values():
        # Two rooms may have a class of one name; generators of clients would take the title for the class's name.
        schema.pop("title", None)
    for method, operation in operations(document):
        responses = operation["responses"]
        operation["summary"] = operation.get("description", "").split("\n")[0].rstrip(".")
        for parameter in operation.get("parameters", ()):
            _write_parameter(parameter, formats.get(operation["operationId"], ()))
        for slug in _everywhere(method):
            kind = BY_SLUG[slug]
            responses.setdefault(str(kind.status), _problem(kind.title))
        if method == "get":
            operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IfNoneMatch"})
            responses["304"] = {"description": "What the client has still holds", "headers": _refer("ETag")}
        if operation["operationId"] in formats:
            _write_formats(responses["200"], formats[operation["operationId"]])
        for status, response in responses.items():
            _write_headers(method, status, operation, response)
        _write_examples(operation, said)
        operation["responses"] = dict(sorted(responses.items()))


def describe_bodies(document: Tree, taken: Mapping[str, Mapping[str, Any]]) -> None:
    """Describe the bodies that handlers read themselves, unknown to the framework."""
    for _, operation in operations(document):
        opt = taken.get(operation["operationId"])
        if opt is None:
            continue
        content: Tree = {kind: {"schema": {"type": "string"}} for kind in opt["takes"]}
        if "body" in opt:
            (schema,), named = msgspec.json.schema_components([opt["body"]], ref_template=REFERENCE)
            document["components"]["schemas"].update(named)
            content["application/json"] = {"schema": schema}
        operation["requestBody"] = {"required": True, "content": content}


def operations(document: Tree) -> Iterator[tuple[str, Tree]]:
    """Yield every operation with its method."""
    for path in document["paths"].values():
        yield from ((method, path[method]) for method in METHODS if method in path)


def _everywhere(method: str) -> tuple[str, ...]:
    """Return the problems that the guards may answer with before a handler is asked."""
    return ("invalid", "not-acceptable") if method == "get" else ("invalid", "too-large", "not-json")


def _write_request_schemas(schemas: Tree) -> None:
    """Describe what requests may say with all limits; the framework drops those of entries of lists."""
    kinds = [one for one in every_kind(Body) if one.__name__ in schemas]
    _, exact = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
    schemas.update(exact)


def every_kind(kind: type[Body]) -> Iterator[type[Body]]:
    """Yield all that requests may be made of."""
    for one in kind.__subclasses__():
        yield one
        yield from every_kind(one)


def _write_parameter(parameter: Tree, offered: tuple[Format, ...]) -> None:
    """Say what a parameter may be where it is given: the framework says null for one that is left away."""
    schema = parameter.get("schema", {})
    kinds = [one for one in schema.get("oneOf", ()) if one != {"type": "null"}]
    if len(kinds) == 1:
        del schema["oneOf"]
        schema.update(kinds[0])
    if parameter.get("name") == "format" and offered:
        schema["enum"] = [one.name for one in offered]


def _problem(title: str) -> Tree:
    return {
        "description": title,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _write_formats(response: Tree, offered: tuple[Format, ...]) -> None:
    had = response.get("content", {}).get("application/json", {"schema": {"type": "string"}})
    response["content"] = {
        one.media_type: had
        if one == JSON
        else {"schema": EVENT if one == EVENT_STREAM else {"type": "string"}}
        for one in offered
    }


def _write_headers(method: str, status: str, operation: Tree, response: Tree) -> None:
    named: set[str] = set()
    if method == "get" and status == "200":
        named.add("ETag")
        if any(parameter.get("name") == "cursor" for parameter in operation["parameters"]):
            named.add("Link")
    if status == "202":
        named |= {"Location", "Retry-After"}
    if status in {"429", "503"}:
        named.add("Retry-After")
    if status == "401":
        named.add("WWW-Authenticate")
    if status in {"201", "202"} and any(
        parameter.get("name") == "Idempotency-Key" for parameter in operation.get("parameters", ())
    ):
        named.add("Idempotent-Replayed")
    if named:
        response["headers"] = {**response.get("headers", {}), **_refer(*sorted(named))}


def _refer(*names: str) -> Tree:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _write_examples(operation: Tree, said: Tree) -> None:
    name = operation["operationId"]
    for media in operation.get("requestBody", {}).get("content", {}).values():
        if name in said["requests"]:
            media["examples"] = said["requests"][name]
    for status, examples in said["responses"].get(name, {}).items():
        operation["responses"][str(status)]["content"]["application/json"]["examples"] = examples
    problems = [one for one in operation["responses"].values() if MEDIA_TYPE in one.get("content", {})]
    for response in problems:
        examples = said["problems"].get(response["description"])
        if examples is not None:
            response["content"][MEDIA_TYPE]["examples"] = {"problem": {"value": examples}}
