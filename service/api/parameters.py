"""Parameters that several addresses share, with their limits."""

from typing import Annotated, Any, get_args
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, PathParameter, QueryParameter

from service.domain.selection import Use
from service.errors import Fault, Invalid

Connection = ASGIConnection[Any, Any, Any, Any]

EvaluationId = FromPath[UUID]
Name = Annotated[str, PathParameter(max_length=200)]
ShelfName = Annotated[str, PathParameter(max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Limit = Annotated[int, QueryParameter(ge=1, le=200)]
Cursor = Annotated[
    str | None,
    QueryParameter(
        max_length=1000, pattern=r"^[A-Za-z0-9_-]+$", description="`next_cursor` of the page before."
    ),
]
Word = Annotated[str | None, QueryParameter(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]
WantedUse = FromQuery[Use | None]
FormatName = Annotated[str | None, QueryParameter(name="format", description="Wins over the Accept header.")]


async def refuse_unknown_parameters(connection: Connection, handler: BaseRouteHandler) -> None:
    """Refuse query parameters that are unknown, given twice or empty: they would silently change nothing.

    Raises
    ------
    Invalid
        With each of them.
    """
    if not connection.query_params:
        return
    known = parameter_names(handler)
    faults = []
    for name in connection.query_params:
        if name not in known:
            detail = f"unknown parameter: remove it or correct its spelling ({', '.join(known) or 'there are none here'})"
            faults.append(Fault(pointer="", parameter=name, detail=detail))
        elif len(connection.query_params.getall(name)) > 1:
            faults.append(Fault(pointer="", parameter=name, detail="give it once"))
        elif connection.query_params[name] == "" or (
            connection.query_params[name].lower() == "null" and name not in free_text(handler)
        ):
            faults.append(Fault(pointer="", parameter=name, detail="give it a value, or leave it away"))
    if faults:
        raise Invalid(f"{faults[0].parameter}: {faults[0].detail}", faults)


def parameter_names(handler: BaseRouteHandler) -> list[str]:
    """Return the query parameters of a route, as clients write them."""
    names = []
    for name, field in handler.parsed_fn_signature.parameters.items():
        kind = field.kwarg_definition
        if isinstance(kind, QueryParameter):
            names.append(kind.name or name)
    return names


def free_text(handler: BaseRouteHandler) -> set[str]:
    """Return the query parameters that may say anything; for any other one the framework takes null for nothing."""
    return {
        getattr(field.kwarg_definition, "name", None) or name
        for name, field in handler.parsed_fn_signature.parameters.items()
        if str in (field.annotation, *get_args(field.annotation))
    }
