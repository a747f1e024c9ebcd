"""Tokens are kept as digests, found by id, and revoked for good."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from service.domain.tokens import Scope, id_in
from service.errors import NotFound
from service.store import tokens
from service.store.database import Database, reading


async def test_a_token_comes_back_without_its_secret(database: Database) -> None:
    token, secret = await tokens.issue(database, "laptop", Scope.RUN)
    assert id_in(secret) == token.id
    assert await tokens.find(database, token.id) == token
    assert token.is_secret(secret)
    assert not token.is_secret(secret[:-1] + ("a" if secret[-1] != "a" else "b"))
    async with reading(database) as connection:
        row = (await connection.execute(sa.text("SELECT * FROM tokens"))).one()
    random = secret.removeprefix(f"slmj_{token.id}_")
    assert len(random) == 43  # 32 random bytes
    assert random not in str(row)


async def test_two_secrets_differ(database: Database) -> None:
    assert (await tokens.issue(database, "a", Scope.READ))[1] != (
        await tokens.issue(database, "a", Scope.READ)
    )[1]


async def test_a_revoked_token_counts_no_more_and_stays_listed(database: Database) -> None:
    assert not await tokens.any_active(database)
    token, secret = await tokens.issue(database, "laptop", Scope.READ)
    assert await tokens.any_active(database)
    (revoked,) = await tokens.revoke(database, token.id)
    assert revoked.id == token.id
    assert not await tokens.any_active(database)
    (kept,) = await tokens.all_of(database)
    assert kept.revoked_at is not None
    assert not kept.is_secret(secret)
    with pytest.raises(NotFound, match="tokens list"):
        await tokens.revoke(database, token.id)


async def test_a_name_revokes_all_of_that_name(database: Database) -> None:
    for name in ("ci", "ci", "other"):
        await tokens.issue(database, name, Scope.READ)
    assert len(await tokens.revoke(database, "ci")) == 2
    assert [one.name for one in await tokens.all_of(database) if one.revoked_at is None] == ["other"]


async def test_its_last_use_is_noted(database: Database) -> None:
    token, _ = await tokens.issue(database, "laptop", Scope.READ)
    moment = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    await tokens.note_use(database, token.id, moment)
    (kept,) = await tokens.all_of(database)
    assert kept.last_used_at == moment
