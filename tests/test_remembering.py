"""What is remembered between two rankings is never stale: other weights cost no reading, any change does."""

from dataclasses import replace

import numpy as np
import pytest

from service import pipeline, resources, surveying
from service.domain.archives import Archive
from service.domain.evaluations import Status
from service.gathering import Rows
from service.keeping import House
from service.library import Folders, Library
from service.remembering import Recent
from service.store import evaluations, verdicts
from service.store.archives import put
from service.store.database import Database
from tests.synthetic import Truth, evaluation, rows

TRUTHS = (
    Truth(name="a", quality=4.2, latency=1.0, memory=2.0**30),
    Truth(name="b", quality=3.2, latency=2.0, memory=2.0**31),
)


@pytest.fixture
def library() -> Library:
    return Library(
        Folders(rubrics=resources.data_folder("rubrics"), prompts=resources.data_folder("prompts"))
    )


async def test_a_second_ranking_reads_nothing_and_says_the_same(
    database: Database, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    balanced = library.profile("balanced")
    made = evaluation(TRUTHS, profile=balanced, prompts=20, rounds=2, facets=2)
    found = rows(made, TRUTHS, np.random.default_rng(1))
    archive = Archive(
        evaluation=made,
        loads=found.loads,
        responses=found.answers,
        verdicts=found.verdicts[:-1],
        attempts=(),
        qualifications=found.qualifications,
    )
    await put(database, archive)
    read = 0
    really_read = surveying.read

    async def counted(identity: str, of: Database) -> Rows:
        nonlocal read
        read += 1
        return await really_read(identity, of)

    monkeypatch.setattr(surveying, "read", counted)
    refuse: object = None
    house = House(database=database, library=library, open_session=refuse)  # type: ignore[arg-type]
    stored = await evaluations.get(database, made.id)
    first = await pipeline.find(stored, house)
    other = replace(
        balanced, criteria=tuple(replace(one, weight=1.0) for one in balanced.criteria), use="research"
    )
    changed = await pipeline.find(stored, house, other)
    assert await pipeline.find(stored, house) == first
    assert read == 1
    fresh = House(database=database, library=library, open_session=refuse)  # type: ignore[arg-type]
    assert await pipeline.find(stored, fresh, other) == changed
    await verdicts.keep(database, found.verdicts[-1:])
    assert (await pipeline.find(stored, house)).progress.verdicts_kept == len(found.verdicts)
    assert read == 2


async def test_while_it_runs_nothing_is_remembered(database: Database, library: Library) -> None:
    made = replace(
        evaluation(TRUTHS, profile=library.profile("balanced"), prompts=4, rounds=1, facets=1),
        status=Status.RUNNING,
        finished_at=None,
    )
    await evaluations.add(database, made)
    refuse: object = None
    house = House(database=database, library=library, open_session=refuse)  # type: ignore[arg-type]
    await pipeline.find(made, house)
    assert not house.memory.surveys._kept
    assert not house.memory.draws._kept


def test_what_was_not_used_for_longest_is_forgotten_first() -> None:
    recent: Recent[str] = Recent(4, len)
    recent.keep(1, "aa")
    recent.keep(2, "bb")
    assert recent.find(1) == "aa"
    recent.keep(3, "c")
    assert (recent.find(1), recent.find(2), recent.find(3)) == ("aa", None, "c")
    recent.keep(4, "far too long")
    assert recent.find(4) is None
