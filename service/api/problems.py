"""Problems: the one table from what went wrong to what a client sees (RFC 9457, application/problem+json)."""

import logging
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response
from litestar.datastructures import ResponseHeader
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ExceptionHandlersMap
from msgspec import UNSET, Struct, UnsetType

from service import errors
from service.api.choices import cure, name_choices

MEDIA_TYPE = "application/problem+json"
AnyRequest = Request[Any, Any, Any]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One sort of problem; its page, at `slug`, has its words from ``pages/problems.yaml``."""

    slug: str
    status: int
    title: str


class ErrorItem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fault: where in the body (JSON pointer) or which parameter, and what to do."""

    detail: str
    pointer: str | UnsetType = UNSET
    parameter: str | UnsetType = UNSET


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer that is not what was asked for."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str | UnsetType = UNSET
    errors: list[ErrorItem] | UnsetType = UNSET


KINDS = (
    Kind(slug="unparsable", status=400, title="The request cannot be read"),
    Kind(slug="wrong-host", status=400, title="This service is not known under that host"),
    Kind(slug="unauthorised", status=401, title="An access token is needed"),
    Kind(slug="foreign-origin", status=403, title="Another site's page may not call this service"),
    Kind(slug="forbidden", status=403, title="This is not allowed"),
    Kind(slug="not-found", status=404, title="There is nothing under this name"),
    Kind(slug="method-not-allowed", status=405, title="This address does not take that method"),
    Kind(slug="not-acceptable", status=406, title="There is no such format"),
    Kind(slug="too-slow", status=408, title="The body took too long to arrive"),
    Kind(slug="conflict", status=409, title="Not in the present state"),
    Kind(slug="too-large", status=413, title="The body is too large"),
    Kind(slug="not-json", status=415, title="Only JSON bodies are taken"),
    Kind(slug="invalid", status=422, title="The request does not make sense as it stands"),
    Kind(slug="too-many-requests", status=429, title="Too many requests for now"),
    Kind(slug="broken-file", status=500, title="A file of this service does not fit its schema"),
    Kind(slug="unexpected", status=500, title="A fault of the service"),
    Kind(slug="unavailable", status=503, title="Something the service needs is not there now"),
)
BY_SLUG = {kind.slug: kind for kind in KINDS}
_BY_STATUS = {kind.status: kind for kind in reversed(KINDS)} | {
    500: BY_SLUG["unexpected"],
    403: BY_SLUG["forbidden"],
}
_BY_ERROR: dict[type[Exception], Kind] = {
    errors.NotFound: BY_SLUG["not-found"],
    errors.InvalidFile: BY_SLUG["broken-file"],
    errors.Invalid: BY_SLUG["invalid"],
    errors.Conflict: BY_SLUG["conflict"],
    errors.QueueFull: BY_SLUG["too-many-requests"],
    errors.Unavailable: BY_SLUG["unavailable"],
}


_WAIT = {429: "60", 503: "5"}
"""Seconds after which it is worth trying again."""


class ProblemException(HTTPException):
    """A refusal that no domain error stands for: a foreign host, a wrong media type."""

    def __init__(self, slug: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail=detail, status_code=BY_SLUG[slug].status, headers=headers)
        self.slug = slug


def answer_service_error(request: AnyRequest, error: errors.ServiceError) -> Response[Problem]:
    """Turn one of our own errors into a problem."""
    kind = next((_BY_ERROR[base] for base in type(error).__mro__ if base in _BY_ERROR), BY_SLUG["unexpected"])
    if kind.slug == "unexpected":
        return answer_unexpected(request, error)
    faults = error.faults if isinstance(error, errors.Invalid) else ()
    items = [
        ErrorItem(pointer=fault.pointer, detail=fault.detail)
        if fault.parameter is None
        else ErrorItem(parameter=fault.parameter, detail=fault.detail)
        for fault in faults
    ]
    headers = {"Retry-After": _WAIT[kind.status]} if kind.status in _WAIT else {}
    return _response(request, kind, error.message, items, headers)


def answer_http_error(request: AnyRequest, error: HTTPException) -> Response[Problem]:
    """Turn what the framework or a guard raised into a problem."""
    if isinstance(error, ProblemException):
        return _response(request, BY_SLUG[error.slug], error.detail, headers=dict(error.headers or {}))
    if isinstance(error, ValidationException):
        return _response(
            request, BY_SLUG["invalid"], "The request has faults.", _validation_items(request, error)
        )
    kind = _BY_STATUS.get(error.status_code)
    if kind is None or kind.status >= 500:
        return answer_unexpected(request, error)
    detail = kind.title + "." if kind.status in {400, 404} else error.detail
    return _response(request, kind, detail, headers=dict(error.headers or {}))


def answer_too_deep(request: AnyRequest, _: RecursionError) -> Response[Problem]:
    """Refuse JSON that nests deeper than the interpreter can follow."""
    return _response(request, BY_SLUG["unparsable"], "The body nests too deep: make it flatter.")


def answer_unexpected(request: AnyRequest, error: Exception) -> Response[Problem]:
    """Log a fault of ours and say nothing of its inside."""
    _log.error("%s %s failed", request.scope["method"], request.scope["path"], exc_info=error)
    return _response(
        request, BY_SLUG["unexpected"], "Something went wrong inside the service; its log says what."
    )


HANDLERS: ExceptionHandlersMap = {
    errors.ServiceError: answer_service_error,
    HTTPException: answer_http_error,
    RecursionError: answer_too_deep,
    Exception: answer_unexpected,
}


EVERYWHERE = (
    "wrong-host",
    "unauthorised",
    "foreign-origin",
    "too-many-requests",
    "unavailable",
    "unexpected",
)


def documented(*slugs: str) -> dict[int, ResponseSpec]:
    """Describe problems for the OpenAPI document, in their true shape: these and those that may come anywhere."""
    slow = ("too-slow",) if "too-large" in slugs else ()  # where there is a body
    kinds = {BY_SLUG[slug].status: BY_SLUG[slug] for slug in (*EVERYWHERE, *slugs, *slow)}
    return {
        status: ResponseSpec(
            data_container=Problem, media_type=MEDIA_TYPE, description=kind.title, generate_examples=False
        )
        for status, kind in kinds.items()
    }


def _response(
    request: AnyRequest,
    kind: Kind,
    detail: str,
    items: list[ErrorItem] | None = None,
    headers: dict[str, str] | None = None,
) -> Response[Problem]:
    problem = Problem(
        type=f"/problems/{kind.slug}",
        title=kind.title,
        status=kind.status,
        detail=detail,
        instance=request.scope["path"],
        request_id=request.scope["state"].get("request_id", UNSET),
        errors=items or UNSET,
    )
    shown = [ResponseHeader(name=name, value=value) for name, value in (headers or {}).items()]
    return Response(problem, status_code=kind.status, media_type=MEDIA_TYPE, headers=shown)


def _validation_items(request: AnyRequest, error: ValidationException) -> list[ErrorItem]:
    """Name the parameter, as clients write it, or the place of each fault that the framework found."""
    found = error.extra if isinstance(error.extra, list) else []
    signature = request.scope["route_handler"].parsed_fn_signature.parameters
    items = []
    for one in found:
        place, message = str(one.get("key", "")), str(one.get("message", ""))
        if one.get("source") in {"query", "path", "header"}:
            field = signature.get(place)
            known = None if field is None else field.kwarg_definition
            detail = cure(message if field is None else name_choices(message, field.annotation))
            items.append(ErrorItem(parameter=getattr(known, "name", None) or place, detail=detail))
        else:
            items.append(ErrorItem(pointer="/" + place.replace(".", "/") if place else "", detail=message))
    return items
