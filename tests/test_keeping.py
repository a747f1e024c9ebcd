"""Verdicts that arrive together share a transaction; each is stored when its `keep` returns, and none is lost with another."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from service.domain.verdicts import Verdict
from service.errors import Conflict
from service.keeping import Verdicts
from service.store import verdicts
from service.telling import Teller
from tests import samples


def verdict(key: str) -> Verdict:
    return Verdict(
        key=key,
        evaluation="e",
        facet="f",
        score=4.0,
        by="judge:j",
        rationale=None,
        sample=1,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


class Store:
    """Transactions that take a while; those that hold a key of `refused` fail."""

    def __init__(self) -> None:
        self.transactions: list[list[str]] = []
        self.refused: set[str] = set()
        self.slow = 0.005

    async def keep(self, _database: object, found: Sequence[Verdict], _tell: object) -> None:
        keys = [one.key for one in found]
        await asyncio.sleep(self.slow)
        if self.refused & set(keys):
            raise Conflict("refused")
        self.transactions.append(keys)

    @property
    def kept(self) -> list[str]:
        return [key for keys in self.transactions for key in keys]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store()
    monkeypatch.setattr(verdicts, "keep", made.keep)
    return made


def book() -> Verdicts:
    return Verdicts(
        evaluation="e",
        database=cast(Any, None),
        teller=Teller(samples.evaluation(), cast(Any, None)),
    )


async def test_eight_at_once_take_two_transactions(store: Store) -> None:
    kept = book()
    await asyncio.gather(*(kept.keep([verdict(str(at))]) for at in range(8)))
    # The first goes alone, whoever came meanwhile goes together.
    assert [len(keys) for keys in store.transactions] in ([8], [1, 7])
    assert sorted(store.kept) == [str(at) for at in range(8)]


async def test_what_is_kept_is_stored_on_return(store: Store) -> None:
    kept = book()

    async def one(key: str) -> None:
        await kept.keep([verdict(key)])
        assert key in store.kept

    await asyncio.gather(*(one(str(at)) for at in range(20)))
    assert sorted(store.kept, key=int) == [str(at) for at in range(20)]


async def test_a_transaction_that_fails_takes_no_other_verdict_with_it(store: Store) -> None:
    store.refused = {"3"}
    kept = book()
    found = await asyncio.gather(*(kept.keep([verdict(str(at))]) for at in range(8)), return_exceptions=True)
    assert [at for at, one in enumerate(found) if isinstance(one, Conflict)] == [3]
    assert sorted(store.kept) == ["0", "1", "2", "4", "5", "6", "7"]


async def test_whoever_is_cancelled_while_writing_loses_his_own_only(store: Store) -> None:
    store.slow = 0.05
    kept = book()
    tasks = [asyncio.create_task(kept.keep([verdict(str(at))])) for at in range(4)]
    await asyncio.sleep(0.01)
    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert {"1", "2", "3"} <= set(store.kept)
    assert tasks[0].cancelled()
