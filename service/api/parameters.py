"""Parameters that several addresses share, with their limits."""

from typing import Annotated
from uuid import UUID

from litestar.params import FromPath, FromQuery, PathParameter, QueryParameter

from service.domain.selection import Use

EvaluationId = FromPath[UUID]
Name = Annotated[str, PathParameter(max_length=200)]
Limit = Annotated[int, QueryParameter(ge=1, le=200)]
Cursor = FromQuery[str | None]
Word = Annotated[str | None, QueryParameter(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]
WantedUse = FromQuery[Use | None]
FormatName = Annotated[str | None, QueryParameter(name="format", description="Wins over the Accept header.")]
