"""Access tokens: issued, found, revoked; of the secret only its digest is kept."""

import secrets
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from service.domain.tokens import Scope, Token, digest_of, write_secret
from service.errors import NotFound
from service.store.database import Database, reading, writing
from service.store.tables import TokenRow

# The row has the fields of the dataclass, name for name.
FIELDS = tuple(Token.__dataclass_fields__)


async def issue(database: Database, name: str, scope: Scope) -> tuple[Token, str]:
    """Add a token and return it with its secret, which nobody can find out again."""
    identity = secrets.token_hex(6)
    secret = write_secret(identity, secrets.token_urlsafe(32))
    token = Token(id=identity, name=name, scope=scope, digest=digest_of(secret), created_at=datetime.now(UTC))
    async with writing(database) as connection:
        await connection.execute(sa.insert(TokenRow).values({one: getattr(token, one) for one in FIELDS}))
    return token, secret


async def find(database: Database, identity: str) -> Token | None:
    """Return the token under an id, a revoked one too."""
    async with reading(database) as connection:
        row = (await connection.execute(sa.select(TokenRow).where(TokenRow.id == identity))).one_or_none()
    return None if row is None else _token(row)


async def all_of(database: Database) -> tuple[Token, ...]:
    """Return every token, oldest first, revoked ones too."""
    query = sa.select(TokenRow).order_by(TokenRow.created_at, TokenRow.id)
    async with reading(database) as connection:
        return tuple(map(_token, (await connection.execute(query)).all()))


async def any_active(database: Database) -> bool:
    """Return whether there is a token that lets anybody in."""
    query = sa.select(TokenRow.id).where(TokenRow.revoked_at.is_(None)).limit(1)
    async with reading(database) as connection:
        return (await connection.scalar(query)) is not None


async def note_use(database: Database, identity: str, moment: datetime) -> None:
    """Write down when a token was last used; call it once a minute, not with every request."""
    await _set(database, TokenRow.id == identity, last_used_at=moment)


async def revoke(database: Database, wanted: str) -> tuple[Token, ...]:
    """Revoke the token with the id `wanted`, or every active one of that name, and return them.

    Raises
    ------
    NotFound
        If there is no active token called so.
    """
    found = [
        token for token in await all_of(database) if wanted in {token.id, token.name} and not token.revoked_at
    ]
    exact = [token for token in found if token.id == wanted] or found
    if not exact:
        raise NotFound(f"There is no active token '{wanted}': `slm-judge tokens list` shows all of them.")
    moment = datetime.now(UTC)
    await _set(database, TokenRow.id.in_([token.id for token in exact]), revoked_at=moment)
    return tuple(exact)


async def _set(database: Database, which: sa.ColumnElement[bool], **values: datetime) -> None:
    async with writing(database) as connection:
        await connection.execute(sa.update(TokenRow).where(which).values(values))


def _token(row: sa.Row[Any]) -> Token:
    return Token(**{name: getattr(row, name) for name in FIELDS} | {"scope": Scope(row.scope)})
