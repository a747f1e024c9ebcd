"""Column types that mean the same on SQLite and PostgreSQL: names, times, model-made text, encoded objects."""

from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

T = TypeVar("T")

# Bytewise order on both databases: a cursor or a canonical order must not depend on the server's language.
Name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

# SQLite numbers rows by itself only where the key is a plain INTEGER.
Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Moment(TypeDecorator[datetime]):
    """A time with its zone, always UTC on the way out; SQLite alone would forget the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone: nobody could say later what it meant."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"a time without a zone cannot be stored: {value.isoformat()}"
            raise ValueError(msg)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Said(TypeDecorator[str]):
    """Text that a model or runtime made: what no database can hold becomes U+FFFD instead of an error.

    PostgreSQL has no NUL in text, and neither database takes half a surrogate pair; small models emit both.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what cannot be stored, alike on both databases."""
        del dialect
        if value is None:
            return None
        replaced = value.replace("\0", "\ufffd")
        return (
            "".join("\ufffd" if "\ud800" <= sign <= "\udfff" else sign for sign in replaced)
            if (not replaced.isascii())
            else replaced
        )


class Encoded(TypeDecorator[Any]):
    """A frozen dataclass as JSON text; floats come back bit for bit."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, kind: type[T]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Encode with sorted keys, so that equal objects give equal text."""
        del dialect
        return None if value is None else msgspec.json.encode(value, order="deterministic").decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Decode and check against the dataclass."""
        del dialect
        return None if value is None else msgspec.json.decode(value, type=self.kind)
