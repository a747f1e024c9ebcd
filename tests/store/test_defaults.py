"""Adoptions are only ever added; the newest of each use and device counts."""

from dataclasses import replace
from typing import Any

import uuid_utils

from service.domain.defaults import Basis, Default, Fingerprinted
from service.domain.evaluations import Status
from service.store import defaults, evaluations
from service.store.database import Database
from tests.store import examples

BASIS = Basis(
    evaluation_name="old and new \u00fc",
    decision="tie",
    recommended=None,
    score=1 / 3,
    p_best=None,
    versions=(("tiny-s", "v1"), ("tiny-judge", None)),
    files=(Fingerprinted(kind="prompt set", name="four", fingerprint="e" * 64),),
)


def default(**changes: Any) -> Default:
    base = Default(
        id=str(uuid_utils.uuid7()),
        use="commercial",
        device="local",
        candidate="a",
        model="tiny-s",
        evaluation="e1",
        note=None,
        adopted_at=examples.WHEN,
        basis=BASIS,
    )
    return replace(base, **changes)


async def test_an_adoption_comes_back_as_it_was(database: Database) -> None:
    kept = default(note="why\x00not")
    await defaults.add(database, kept)
    assert await defaults.page(database) == (replace(kept, note="why\ufffdnot"),)


async def test_the_newest_of_each_use_and_device_counts(database: Database) -> None:
    made = [
        default(),
        default(device="edge"),
        default(candidate="b"),
        default(use="research", candidate="c"),
    ]
    for one in made:
        await defaults.add(database, one)
    assert [one.id for one in await defaults.current(database)] == [made[1].id, made[2].id, made[3].id]
    assert [one.id for one in await defaults.current(database, use="research")] == [made[3].id]
    assert [one.id for one in await defaults.current(database, device="edge")] == [made[1].id]
    assert await defaults.current(database, device="moon") == ()


async def test_the_history_is_paged_newest_first(database: Database) -> None:
    made = [default(candidate=name) for name in "abc"]
    for one in made:
        await defaults.add(database, one)
    first = await defaults.page(database, limit=2)
    assert [one.candidate for one in first] == ["c", "b"]
    assert [one.candidate for one in await defaults.page(database, after=first[-1].id)] == ["a"]
    assert await defaults.page(database, use="research") == ()


async def test_deleting_the_evaluation_leaves_the_record(database: Database) -> None:
    about = examples.evaluation()
    await evaluations.add(database, about)
    await defaults.add(database, default(evaluation=about.id))
    await evaluations.set_status(database, about.id, Status.FAILED, only_from=frozenset(Status))
    await evaluations.delete(database, about.id)
    (kept,) = await defaults.current(database)
    assert kept.evaluation == about.id
